//! Whether the parts of a header fit together, and what decoding will need.

use super::super::preamble::PREAMBLE_BYTES;
use super::super::shape::{Part, Shape, gaps_between};
use super::{Group, PresentType};
use crate::{Error, Limits, Result};

fn invalid(reason: &'static str) -> Error {
    Error::InvalidPlanar { offset: PREAMBLE_BYTES, reason }
}

/// How the records of each present type are put together: no byte comes from two members.
pub(super) fn shapes(types: &[PresentType], groups: &[Group]) -> Result<Vec<Shape>> {
    let mut parts = vec![Vec::new(); types.len()];
    for (group, own) in groups.iter().enumerate() {
        let width = own.values.width;
        for member in &own.members {
            parts[member.slot].push(Part { group, offset: member.offset, width });
        }
    }
    let mut shapes = Vec::with_capacity(types.len());
    for (present, mut parts) in types.iter().zip(parts) {
        parts.sort_by_key(|part| part.offset);
        let mut end = 0;
        for part in &parts {
            if part.offset < end {
                return Err(invalid("two members share a byte of a record"));
            }
            end = part.offset + part.width.bytes();
        }
        let size = (present.size > 0).then_some(present.size as usize);
        if size.is_some_and(|size| end > size) {
            return Err(invalid("a member lies outside of its record"));
        }
        let pieces = parts.iter().map(|part| (part.offset, part.width.bytes()));
        let gaps = gaps_between(pieces, size.unwrap_or(end));
        shapes.push(Shape { size, parts, gaps, covered_end: end });
    }
    Ok(shapes)
}

/// How large the parts of the record buffer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Extent {
    /// Bytes of records that no member covers.
    pub(in super::super) rest_bytes: usize,
    /// Bytes behind the last record.
    pub(in super::super) tail_bytes: usize,
    /// The whole record buffer.
    pub(in super::super) rebuilt_bytes: usize,
    /// The payloads of dynamic records.
    pub(in super::super) dynamic_bytes: u64,
}

impl Extent {
    pub(super) fn of(
        types: &[PresentType],
        shapes: &[Shape],
        rest_bytes: u64,
        tail_bytes: u64,
    ) -> Result<Self> {
        // Counts and sizes are below 2^32, so no product overflows, and 256 of them sum to less
        // than 2^128.
        let (mut fixed, mut fixed_rest, mut covered) = (0_u128, 0_u128, 0_u128);
        for (present, shape) in types.iter().zip(shapes) {
            let count = u128::from(present.count);
            let of_parts: usize = shape.parts.iter().map(|part| part.width.bytes()).sum();
            match shape.size {
                Some(size) => {
                    fixed += count * (1 + size as u128);
                    fixed_rest += count * (size - of_parts) as u128;
                }
                None => {
                    fixed += count * 5;
                    covered += count * of_parts as u128;
                }
            }
        }
        let Some(dynamic_rest) = u128::from(rest_bytes).checked_sub(fixed_rest) else {
            return Err(invalid("bytes that no member covers are missing"));
        };
        let dynamic = covered + dynamic_rest;
        if dynamic > 0 && types.iter().all(|present| present.size > 0) {
            return Err(invalid("there are more bytes than the records have"));
        }
        let rebuilt = fixed + dynamic + u128::from(tail_bytes);
        let size = |bytes: u128| {
            let limit = usize::MAX as u64;
            let too_large = Error::LimitExceeded { what: "decompressed size", limit };
            usize::try_from(bytes).map_err(|_| too_large)
        };
        Ok(Self {
            rest_bytes: size(rest_bytes.into())?,
            tail_bytes: size(tail_bytes.into())?,
            rebuilt_bytes: size(rebuilt)?,
            // No larger than the whole.
            dynamic_bytes: dynamic as u64,
        })
    }

    /// Refuses what would be too large, in itself or for its compressed size.
    pub(super) fn check(&self, compressed_bytes: usize, limits: &Limits) -> Result<()> {
        let limit = limits.decompressed_bound(compressed_bytes) as u64;
        if self.rebuilt_bytes as u64 > limit {
            return Err(Error::LimitExceeded { what: "decompressed size", limit });
        }
        Ok(())
    }
}
