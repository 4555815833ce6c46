//! Reading a header. Nothing is allocated but what the header's own bytes pay for.

use super::super::carried;
use super::super::codec::Codec;
use super::super::preamble::PREAMBLE_BYTES;
use super::super::transform::{Seed, Transform, Width};
use super::super::varint;
use super::check::{self, Extent};
use super::{Group, Header, Member, PlaneSource, PresentType, Section, Values};
use crate::cursor::Cursor;
use crate::{Error, Limits, Result};

/// Numbers the runs, and knows their sizes.
#[derive(Debug, Default)]
struct Runs {
    sizes: Vec<usize>,
}

impl Runs {
    fn add(&mut self, size: usize) -> PlaneSource {
        self.sizes.push(size);
        PlaneSource::Run(self.sizes.len() - 1)
    }
}

impl Header {
    /// Reads a header, and checks it against the limits and the size of what follows it.
    /// Returns the size of each run as well.
    pub(in super::super) fn read(
        bytes: &[u8],
        codec: Codec,
        body_bytes: usize,
        limits: &Limits,
    ) -> Result<(Self, Vec<usize>)> {
        let mut cursor = Cursor::new(bytes);
        let cursor = &mut cursor;
        let carried = carried::read(cursor, limits)?;
        let record_count = varint::read_u32(cursor)?;
        if record_count > limits.record_count {
            let limit = limits.record_count.into();
            return Err(Error::LimitExceeded { what: "number of records in a block", limit });
        }
        let types = read_types(cursor, record_count)?;
        let mut runs = Runs::default();
        let type_plane = if types.is_empty() {
            PlaneSource::Constant(0)
        } else {
            match cursor.read_u8()? {
                0 => PlaneSource::Constant(cursor.read_u8()?),
                1 => runs.add(record_count as usize),
                _ => return Err(invalid(cursor, "unknown kind of plane")),
            }
        };
        let mut groups = Vec::new();
        let mut members = MemberCounts { counts: vec![0; types.len()], limits };
        for _ in 0..varint::read(cursor)? {
            groups.push(read_group(cursor, &types, &mut members, &mut runs)?);
        }
        let dynamic_count: usize = types
            .iter()
            .filter(|present| present.size == 0)
            .map(|present| present.count as usize)
            .sum();
        let mut sizes = None;
        if dynamic_count > 0 {
            let values = read_values(cursor, dynamic_count, &mut runs)?;
            if values.width.bytes() != 4 {
                return Err(invalid(cursor, "sizes of records are 4 bytes wide"));
            }
            sizes = Some(values);
        }
        let rest_bytes = varint::read(cursor)?;
        let tail_bytes = varint::read(cursor)?;
        let shapes = check::shapes(&types, &groups)?;
        let extent = Extent::of(&types, &shapes, rest_bytes, tail_bytes)?;
        extent.check(bytes.len() + body_bytes, limits)?;
        for size in [extent.rest_bytes, extent.tail_bytes] {
            if size > 0 {
                runs.add(size);
            }
        }
        let sections = read_sections(cursor, &runs.sizes, body_bytes)?;
        if !cursor.is_empty() {
            return Err(invalid(cursor, "bytes follow the header's last part"));
        }
        let header = Self {
            codec,
            carried,
            record_count,
            types,
            shapes,
            type_plane,
            groups,
            sizes,
            sections,
            extent,
        };
        Ok((header, runs.sizes))
    }
}

fn invalid(cursor: &Cursor<'_>, reason: &'static str) -> Error {
    Error::InvalidPlanar { offset: PREAMBLE_BYTES + cursor.position(), reason }
}

fn read_types(cursor: &mut Cursor<'_>, record_count: u32) -> Result<Vec<PresentType>> {
    let mut types: Vec<PresentType> = Vec::new();
    let mut total = 0_u64;
    for _ in 0..varint::read(cursor)? {
        let index = cursor.read_u8()?;
        let size = varint::read_u32(cursor)?;
        let count = varint::read_u32(cursor)?;
        if types.last().is_some_and(|before| before.index >= index) || count == 0 {
            return Err(invalid(cursor, "types do not ascend, or one does not occur"));
        }
        total += u64::from(count);
        types.push(PresentType { index, size, count });
    }
    if total != record_count.into() {
        return Err(invalid(cursor, "the types' records are not as many as the block's"));
    }
    Ok(types)
}

/// How many members each of the types has so far. A group takes many times the memory that its
/// bytes in the header have, so their number is limited apart from the header's size.
struct MemberCounts<'a> {
    counts: Vec<u32>,
    limits: &'a Limits,
}

impl MemberCounts<'_> {
    fn add(&mut self, slot: usize) -> Result<()> {
        self.counts[slot] += 1;
        let limit = self.limits.members_per_record;
        if self.counts[slot] > limit {
            let what = "members of one record of a planar block";
            return Err(Error::LimitExceeded { what, limit: limit.into() });
        }
        Ok(())
    }
}

fn read_group(
    cursor: &mut Cursor<'_>,
    types: &[PresentType],
    counts: &mut MemberCounts<'_>,
    runs: &mut Runs,
) -> Result<Group> {
    let mut members: Vec<Member> = Vec::new();
    let mut count = 0;
    for _ in 0..varint::read(cursor)? {
        let index = cursor.read_u8()?;
        let offset = varint::read_u32(cursor)? as usize;
        let Some(slot) = types.iter().position(|present| present.index == index) else {
            return Err(invalid(cursor, "a member belongs to a type that does not occur"));
        };
        if members.last().is_some_and(|before| before.slot >= slot) {
            return Err(invalid(cursor, "the members of a group do not ascend by type"));
        }
        counts.add(slot)?;
        count += types[slot].count as usize;
        members.push(Member { slot, offset });
    }
    if members.is_empty() {
        return Err(invalid(cursor, "a group has no member"));
    }
    let values = read_values(cursor, count, runs)?;
    Ok(Group { members, values })
}

fn read_values(cursor: &mut Cursor<'_>, count: usize, runs: &mut Runs) -> Result<Values> {
    let width = Width::new(cursor.read_u8()?);
    let width = width.ok_or_else(|| invalid(cursor, "a width is 1 to 8 bytes"))?;
    let offset = PREAMBLE_BYTES + cursor.position();
    let transform = Transform::of_number(cursor.read_u8()?, offset)?;
    let mut seed = Seed::default();
    if matches!(transform, Transform::Delta | Transform::SignedDelta | Transform::DeltaOfDelta) {
        seed.value = varint::read(cursor)?;
    }
    if transform == Transform::DeltaOfDelta {
        seed.step = varint::read(cursor)?;
    }
    let mask = if transform == Transform::Constant { 0 } else { cursor.read_u8()? };
    if u64::from(mask) >> width.bytes() != 0 {
        return Err(invalid(cursor, "a plane lies outside the width"));
    }
    let mut planes = Vec::with_capacity(width.bytes());
    for place in 0..width.bytes() {
        planes.push(if mask >> place & 1 == 1 {
            runs.add(count)
        } else {
            PlaneSource::Constant(cursor.read_u8()?)
        });
    }
    Ok(Values { width, transform, seed, planes, count })
}

/// Reads how the runs are compressed; the sections hold all runs, and fill the body.
fn read_sections(
    cursor: &mut Cursor<'_>,
    runs: &[usize],
    body_bytes: usize,
) -> Result<Vec<Section>> {
    let mut sections = Vec::new();
    let (mut runs, mut body_left) = (runs, body_bytes);
    for _ in 0..varint::read(cursor)? {
        let word = varint::read_u32(cursor)?;
        let run_count = (word >> 1) as usize;
        let Some((own, others)) = runs.split_at_checked(run_count) else {
            return Err(invalid(cursor, "sections hold more runs than there are"));
        };
        runs = others;
        // Runs together are not larger than the record buffer, whose size was checked.
        let raw_bytes = own.iter().sum();
        let coded_bytes = (word & 1 == 1).then(|| varint::read_u32(cursor)).transpose()?;
        let coded_bytes = coded_bytes.map(|bytes| bytes as usize);
        let left = body_left.checked_sub(coded_bytes.unwrap_or(raw_bytes));
        body_left = left.ok_or_else(|| invalid(cursor, "sections are larger than the body"))?;
        sections.push(Section { run_count, raw_bytes, coded_bytes });
    }
    if !runs.is_empty() || body_left > 0 {
        return Err(invalid(cursor, "runs or bytes of the body are in no section"));
    }
    Ok(sections)
}
