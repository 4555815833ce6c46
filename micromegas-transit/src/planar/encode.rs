//! From a record buffer to planes.

use super::carried::CarriedSpan;
use super::codec::{Codec, Compressor};
use super::header::HeaderWriter;
use super::plane::GroupWriter;
use super::preamble;
use super::shape::{Part, Shape, Shapes};
use super::transform::Width;
use crate::{Result, TypeLayout};

/// How many records are taken apart before their values go into planes: as many as fit the
/// second-level cache with all their groups.
const CHUNK_RECORDS: usize = 2048;

/// Runs that are smaller share a section with their neighbours.
const SECTION_BYTES_MIN: usize = 1024;

/// Turns the record buffers of one stream into planar buffers.
///
/// It keeps its memory between blocks; make one for a layout and use it again.
#[derive(Debug)]
pub struct Encoder {
    codec: Codec,
    compressor: Compressor,
    shapes: Shapes,
    types: Vec<u8>,
    groups: Vec<GroupWriter>,
    sizes: GroupWriter,
    /// Bytes that no member covers.
    rest: Vec<u8>,
    body: Vec<u8>,
    lump: Vec<u8>,
}

impl Encoder {
    /// An encoder for record buffers whose types are those of `table`: a stream's
    /// [`objects`](crate::StreamLayout::objects).
    ///
    /// # Errors
    /// [`Error::Unsupported`](crate::Error::Unsupported) for a codec that this build lacks.
    pub fn new(table: &[TypeLayout], codec: Codec) -> Result<Self> {
        let shapes = Shapes::of(table);
        let groups = shapes.widths().iter().map(|width| GroupWriter::new(*width)).collect();
        Ok(Self {
            codec,
            compressor: Compressor::new(codec)?,
            groups,
            shapes,
            types: Vec::new(),
            sizes: GroupWriter::new(Width::WORD32),
            rest: Vec::new(),
            body: Vec::new(),
            lump: Vec::new(),
        })
    }

    /// Encodes a record buffer. `carried` is the stack of spans that are open at its first record,
    /// outermost first; none when it is not known, and for streams that have no such stack.
    ///
    /// Bytes that are not whole records of the layout's types are kept as they are, so any buffer
    /// can be encoded, and is rebuilt exactly.
    pub fn encode(&mut self, records: &[u8], carried: Option<&[CarriedSpan]>) -> Vec<u8> {
        self.types.clear();
        self.rest.clear();
        self.body.clear();
        self.sizes.clear();
        self.groups.iter_mut().for_each(GroupWriter::clear);
        let tail = self.take_apart(records);

        let mut header = HeaderWriter::default();
        header.carried(carried);
        let type_plane_is_constant = self.write_types(&mut header);
        self.write_groups(&mut header);
        header.count(self.rest.len());
        header.count(tail.len());
        self.write_sections(&mut header, type_plane_is_constant, tail);
        preamble::assemble(self.codec, &header.into_bytes(), &self.body)
    }

    /// Distributes the records over types, groups and rest; returns the bytes that are no records.
    fn take_apart<'a>(&mut self, records: &'a [u8]) -> &'a [u8] {
        let mut left = records;
        let mut chunk_count = 0;
        // More records than that are not counted on the wire.
        while self.types.len() < u32::MAX as usize - CHUNK_RECORDS {
            let Some(type_index) = left.first() else { break };
            let taken = if let Some(family) = self.shapes.family_of_type(*type_index) {
                self.take_fixed(left, family, CHUNK_RECORDS - chunk_count)
            } else if let Some(shape) = self.shapes.of_type(*type_index) {
                self.take_dynamic(left, shape)
            } else {
                break;
            };
            let Some((count, bytes)) = taken else { break };
            left = &left[bytes..];
            chunk_count += count;
            if chunk_count == CHUNK_RECORDS {
                self.end_chunk();
                chunk_count = 0;
            }
        }
        self.end_chunk();
        left
    }

    fn end_chunk(&mut self) {
        self.groups.iter_mut().for_each(GroupWriter::end_chunk);
        self.sizes.end_chunk();
    }

    /// Takes up to `count_max` records of one family from the front; returns how many, and their
    /// bytes. None if the first one is cut.
    fn take_fixed(&mut self, left: &[u8], family: u16, count_max: usize) -> Option<(usize, usize)> {
        let own = self.shapes.family(family);
        let stride = 1 + own.size;
        let candidates = left.chunks_exact(stride).take(count_max);
        let is_own = |record: &&[u8]| self.shapes.family_of_type(record[0]) == Some(family);
        let types_before = self.types.len();
        self.types.extend(candidates.take_while(is_own).map(|record| record[0]));
        let types = &self.types[types_before..];
        let (count, first) = (types.len(), types.first()?);
        let run = &left[..count * stride];
        let has_one_type = types.iter().all(|index| index == first);
        for share in &own.shares {
            let Part { group, offset, width } = share.part;
            let group = &mut self.groups[group];
            let records = if own.all_have(share) {
                Selection::All
            } else if !has_one_type {
                Selection::OfTypes(types, &share.is_of_type)
            } else if share.is_of_type[usize::from(*first)] {
                Selection::All
            } else {
                continue;
            };
            gather(group, run, stride, 1 + offset, width, records);
        }
        if !own.gaps.is_empty() {
            for record in run.chunks_exact(stride) {
                for (begin, end) in &own.gaps {
                    self.rest.extend_from_slice(&record[1 + begin..1 + end]);
                }
            }
        }
        Some((count, run.len()))
    }

    /// Takes one dynamic record from the front; none if it is cut, or shorter than its members.
    fn take_dynamic(&mut self, left: &[u8], shape: u16) -> Option<(usize, usize)> {
        let (header, rest) = left.split_first_chunk::<5>()?;
        let [type_index, size @ ..] = *header;
        let size = u32::from_le_bytes(size);
        let payload = rest.get(..size as usize)?;
        let Shape { parts, gaps, covered_end, .. } = self.shapes.get(shape);
        let behind = payload.get(*covered_end..)?;
        for part in parts {
            let bytes = part.width.bytes();
            let group = &mut self.groups[part.group];
            gather(group, payload, size as usize, part.offset, part.width, Selection::All);
            debug_assert!(part.offset + bytes <= *covered_end);
        }
        for (begin, end) in gaps {
            self.rest.extend_from_slice(&payload[*begin..*end]);
        }
        self.rest.extend_from_slice(behind);
        self.sizes.extend(std::iter::once(size.into()));
        self.types.push(type_index);
        Some((1, 5 + payload.len()))
    }

    /// Writes number of records, types that occur, and their plane; true if that is constant.
    fn write_types(&self, header: &mut HeaderWriter) -> bool {
        header.count(self.types.len());
        let mut present = Vec::new();
        for index in self.shapes.type_indices() {
            let count = self.types.iter().filter(|own| **own == index).count();
            if count > 0 {
                present.push((index, count));
            }
        }
        header.count(present.len());
        for (index, count) in &present {
            let shape = self.shapes.of_type(*index).and_then(|shape| self.shapes.get(shape).size);
            header.present_type(*index, shape.unwrap_or(0), *count);
        }
        match present.as_slice() {
            [] => true,
            [(only, _)] => {
                header.plane(Some(*only));
                true
            }
            _ => {
                header.plane(None);
                false
            }
        }
    }

    /// Writes all groups that have values, then the sizes of dynamic records.
    fn write_groups(&self, header: &mut HeaderWriter) {
        header.count(self.groups.iter().filter(|group| group.count() > 0).count());
        let is_present = |index: &u8| self.types.contains(index);
        let present: Vec<_> = self.shapes.type_indices().filter(is_present).collect();
        for (number, group) in self.groups.iter().enumerate() {
            if group.count() == 0 {
                continue;
            }
            let mut members = Vec::new();
            for index in &present {
                let shape = self.shapes.of_type(*index).map(|shape| self.shapes.get(shape));
                let parts = shape.into_iter().flat_map(|shape| &shape.parts);
                members.extend(
                    parts.filter(|part| part.group == number).map(|part| (*index, part.offset)),
                );
            }
            header.count(members.len());
            for (index, offset) in members {
                header.member(index, offset);
            }
            header.values(group);
        }
        if self.sizes.count() > 0 {
            header.values(&self.sizes);
        }
    }

    /// Compresses the runs: large ones each by itself, since every plane has statistics of its own,
    /// small ones together with their neighbours.
    fn write_sections(
        &mut self,
        header: &mut HeaderWriter,
        type_plane_is_constant: bool,
        tail: &[u8],
    ) {
        let types = (!type_plane_is_constant).then_some(self.types.as_slice());
        let groups = self.groups.iter().filter(|group| group.count() > 0);
        let sizes = Some(&self.sizes).filter(|sizes| sizes.count() > 0);
        let others = [self.rest.as_slice(), tail].into_iter().filter(|run| !run.is_empty());
        let planes = groups.chain(sizes).flat_map(GroupWriter::coded_planes);
        let runs: Vec<&[u8]> = types.into_iter().chain(planes).chain(others).collect();

        let mut sections = Vec::with_capacity(runs.len());
        let mut left = runs.as_slice();
        while let Some((first, _)) = left.split_first() {
            let is_small = |run: &&&[u8]| run.len() < SECTION_BYTES_MIN;
            let small_count = left.iter().take_while(is_small).count();
            let (run_count, raw) = if small_count > 1 {
                self.lump.clear();
                left[..small_count].iter().for_each(|run| self.lump.extend_from_slice(run));
                (small_count, self.lump.as_slice())
            } else {
                (1, *first)
            };
            let coded_bytes = self.compressor.compress(raw, &mut self.body);
            if coded_bytes.is_none() {
                self.body.extend_from_slice(raw);
            }
            sections.push((run_count, coded_bytes));
            left = &left[run_count..];
        }
        header.count(sections.len());
        for (run_count, coded_bytes) in sections {
            header.section(run_count, coded_bytes);
        }
    }
}

/// Which records of a run have a value for a group.
#[derive(Debug, Clone, Copy)]
enum Selection<'a> {
    All,
    /// Those of some types: the type of each record, and for each type whether it is one of them.
    OfTypes(&'a [u8], &'a [bool; 256]),
}

/// Gives a group the values at one offset of the selected records.
#[inline]
fn gather(
    group: &mut GroupWriter,
    run: &[u8],
    stride: usize,
    offset: usize,
    width: Width,
    selection: Selection<'_>,
) {
    let records = run.chunks_exact(stride);
    match width.bytes() {
        8 => give(group, records.map(|record| word::<8>(record, offset)), selection),
        4 => give(group, records.map(|record| word::<4>(record, offset)), selection),
        1 => give(group, records.map(|record| word::<1>(record, offset)), selection),
        bytes => {
            let values = records.map(|record| {
                let mut word = [0; 8];
                word[..bytes].copy_from_slice(&record[offset..offset + bytes]);
                u64::from_le_bytes(word)
            });
            give(group, values, selection);
        }
    }
}

#[inline]
fn give(
    group: &mut GroupWriter,
    values: impl ExactSizeIterator<Item = u64>,
    selection: Selection<'_>,
) {
    match selection {
        Selection::All => group.extend(values),
        Selection::OfTypes(types, is_selected) => {
            let are_selected = types.iter().map(|index| is_selected[usize::from(*index)]);
            group.extend_selected(are_selected.zip(values));
        }
    }
}

#[inline]
fn word<const N: usize>(record: &[u8], offset: usize) -> u64 {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&record[offset..offset + N]);
    u64::from_le_bytes(word)
}
