//! From planes back to the record buffer.

use bytes::Bytes;

use super::block::{CHUNK, PlanarBlock};
use super::shape::Shape;
use super::values::ValueReader;
use crate::{Limits, Result};

/// Rebuilds the record buffer that a planar buffer was made of, byte for byte.
///
/// # Errors
/// [`Error::InvalidPlanar`](crate::Error::InvalidPlanar) and
/// [`Error::Truncated`](crate::Error::Truncated) for bytes that are damaged or cut,
/// [`Error::Unsupported`](crate::Error::Unsupported) for another version or a codec that this build
/// lacks, [`Error::LimitExceeded`](crate::Error::LimitExceeded) for too much content.
pub fn decode(planar: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let payload = Bytes::copy_from_slice(planar);
    Ok(PlanarBlock::open(&payload, limits, Vec::new())?.rebuild())
}

/// How many values all groups together have at hand, unless there are so many groups that each would
/// have less than a handful.
const VALUES_AT_HAND: usize = 64 * CHUNK;

/// The values of a group, a chunk of them at hand.
struct Supply<'a> {
    values: ValueReader<'a>,
    chunk: Box<[u64]>,
    used: usize,
}

impl<'a> Supply<'a> {
    /// One of `group_count`.
    fn new(values: ValueReader<'a>, group_count: usize) -> Self {
        let share = (VALUES_AT_HAND / group_count.max(1)).clamp(8, CHUNK);
        let size = share.min(values.left()).max(1);
        Self { values, chunk: vec![0; size].into_boxed_slice(), used: size }
    }

    #[inline]
    fn next(&mut self) -> u64 {
        if self.used == self.chunk.len() {
            self.values.read(&mut self.chunk);
            self.used = 0;
        }
        let value = self.chunk[self.used];
        self.used += 1;
        value
    }
}

impl PlanarBlock {
    /// The record buffer.
    pub(crate) fn rebuild(&self) -> Vec<u8> {
        let header = &self.header;
        let mut out = vec![0; header.extent.rebuilt_bytes];
        let mut slots = [0; 256];
        for (slot, present) in header.types.iter().enumerate() {
            slots[usize::from(present.index)] = slot as u8;
        }
        let group_count = header.groups.len();
        let mut groups: Vec<_> =
            (0..group_count).map(|group| Supply::new(self.values(group), group_count)).collect();
        let mut sizes = self.sizes().map(|sizes| Supply::new(sizes, 1));
        let (mut rest, tail) = self.rest_and_tail();
        let plane = self.type_plane();
        let mut position = 0;
        for record in 0..header.record_count as usize {
            let type_index = plane.map_or_else(|constant| constant, |plane| plane[record]);
            let shape = &header.shapes[usize::from(slots[usize::from(type_index)])];
            out[position] = type_index;
            position += 1;
            let size = shape.size.unwrap_or_else(|| {
                // Dynamic records have sizes, as many as there are records.
                let size = sizes.as_mut().map_or(0, Supply::next) as u32;
                out[position..position + 4].copy_from_slice(&size.to_le_bytes());
                position += 4;
                size as usize
            });
            let payload = &mut out[position..position + size];
            position += size;
            fill(payload, shape, &mut groups, &mut rest);
        }
        out[position..].copy_from_slice(tail);
        out
    }
}

/// Puts the values of the groups and the bytes that no member covers into a record.
#[inline]
fn fill(payload: &mut [u8], shape: &Shape, groups: &mut [Supply<'_>], rest: &mut &[u8]) {
    for part in &shape.parts {
        let value = groups[part.group].next().to_le_bytes();
        let bytes = part.width.bytes();
        if let Some(room) = payload[part.offset..].first_chunk_mut::<8>()
            && bytes == 8
        {
            *room = value;
        } else {
            payload[part.offset..part.offset + bytes].copy_from_slice(&value[..bytes]);
        }
    }
    let mut take = |room: &mut [u8]| {
        let (own, others) = rest.split_at(room.len());
        room.copy_from_slice(own);
        *rest = others;
    };
    for (begin, end) in &shape.gaps {
        take(&mut payload[*begin..*end]);
    }
    if shape.size.is_none() {
        take(&mut payload[shape.covered_end..]);
    }
}
