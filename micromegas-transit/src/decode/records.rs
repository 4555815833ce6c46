//! Walking over a queue's records.

use super::losses::LossReason;
use crate::TypeLayout;
use crate::layout::first_secondary;

/// The extent of types whose records carry their size.
const DYNAMIC: u32 = 0;
/// The extent of type indices that no record may have.
const NONE: u32 = u32::MAX;

/// For each type index, how far its records reach.
#[derive(Debug)]
pub(super) struct Extents(Box<[u32; 256]>);

impl Extents {
    pub(super) fn of(table: &[TypeLayout]) -> Self {
        let mut extents = Box::new([NONE; 256]);
        let queue_types = &table[..first_secondary(table)];
        for (extent, layout) in extents.iter_mut().zip(queue_types) {
            *extent = layout.size;
        }
        Self(extents)
    }

    /// The size of a type's records without their type index, if all have the same.
    pub(super) fn fixed(&self, type_index: usize) -> Option<usize> {
        match *self.0.get(type_index)? {
            DYNAMIC | NONE => None,
            size => Some(size as usize),
        }
    }

    /// Size of the payload of a type's records, 0 where each carries its own; none for indices that
    /// no record may have.
    pub(super) fn of_type(&self, index: u8) -> Option<u32> {
        Some(self.0[usize::from(index)]).filter(|extent| *extent != NONE)
    }
}

/// One record, its payload not yet looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record<'a> {
    pub(super) index: u32,
    pub(super) offset: usize,
    pub(super) type_index: u8,
    pub(super) payload: &'a [u8],
}

/// Iterates over the records of a buffer. A record whose extent is unknown ends it.
#[derive(Debug)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    position: usize,
    index: u32,
    extents: &'a [u32; 256],
    max_count: u32,
}

/// Where and why the walk ended before the end of the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) reason: LossReason,
    pub(super) index: u32,
    pub(super) offset: usize,
}

impl<'a> Records<'a> {
    pub(super) fn new(bytes: &'a [u8], extents: &'a Extents, max_count: u32) -> Self {
        Self { bytes, position: 0, index: 0, extents: &extents.0, max_count }
    }

    /// What is left of the buffer; its first byte is the type index of the next record.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        &self.bytes[self.position..]
    }

    /// Where the next record begins.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// Number of records that may still follow.
    #[inline]
    pub(super) fn allowance(&self) -> usize {
        (self.max_count - self.index) as usize
    }

    /// Index of the next record.
    #[inline]
    pub(super) fn next_index(&self) -> u32 {
        self.index
    }

    /// Passes over records that were read from [`rest`](Self::rest): not more than the
    /// [`allowance`](Self::allowance).
    #[inline]
    pub(super) fn advance(&mut self, record_count: usize, bytes: usize) {
        self.position += bytes;
        self.index += record_count as u32;
    }

    /// Number of records met so far, the one that ended the walk included.
    pub(super) fn count(&self) -> u32 {
        self.index
    }

    /// Number of records from here on whose type is `wanted`.
    pub(super) fn count_of(mut self, wanted: &[bool; 256]) -> usize {
        let mut count = 0;
        while let Some(&type_index) = self.rest().first() {
            let extent = self.extents[usize::from(type_index)];
            if matches!(extent, DYNAMIC | NONE) {
                match self.next_record() {
                    Some(Ok(_)) => count += usize::from(wanted[usize::from(type_index)]),
                    _ => break,
                }
                continue;
            }
            // Where the next record begins does not hang on the one before as long as all are of
            // one size, so the processor can look at many at once.
            let stride = 1 + extent as usize;
            let mut passed = 0;
            for record in self.rest().chunks_exact(stride).take(self.allowance()) {
                let type_index = usize::from(record[0]);
                if self.extents[type_index] != extent {
                    break;
                }
                count += usize::from(wanted[type_index]);
                passed += 1;
            }
            if passed == 0 {
                break;
            }
            self.advance(passed, passed * stride);
        }
        count
    }

    #[inline]
    pub(super) fn next_record(&mut self) -> Option<Result<Record<'a>, Stop>> {
        let offset = self.position;
        let (&type_index, rest) = self.bytes[offset..].split_first()?;
        if self.index == self.max_count {
            return Some(Err(self.stop(LossReason::RecordLimitExceeded)));
        }
        let extent = self.extents[usize::from(type_index)];
        let (header, payload) = match extent {
            DYNAMIC => match rest.split_first_chunk::<4>() {
                Some((size, rest)) => (5, rest.get(..u32::from_le_bytes(*size) as usize)),
                None => (5, None),
            },
            NONE => return Some(Err(self.stop(LossReason::InvalidTypeIndex))),
            size => (1, rest.get(..size as usize)),
        };
        let Some(payload) = payload else {
            return Some(Err(self.stop(LossReason::TruncatedBuffer)));
        };
        let index = self.index;
        self.index += 1;
        self.position = offset + header + payload.len();
        Some(Ok(Record { index, offset, type_index, payload }))
    }

    #[cold]
    fn stop(&mut self, reason: LossReason) -> Stop {
        let stop = Stop { reason, index: self.index, offset: self.position };
        self.position = self.bytes.len();
        if reason != LossReason::RecordLimitExceeded {
            self.index += 1;
        }
        stop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<TypeLayout> {
        let fixed = |size, is_reference| TypeLayout {
            name: format!("T{size}"),
            size,
            members: Vec::new(),
            is_reference,
        };
        vec![fixed(3, false), TypeLayout::dynamic("D"), fixed(8, true)]
    }

    /// Type index, offset and payload of each record, what ended the walk, and the count.
    type Walk = (Vec<(u8, usize, Vec<u8>)>, Option<Stop>, u32);

    fn walk(bytes: &[u8], max_count: u32) -> Walk {
        let extents = Extents::of(&table());
        let mut records = Records::new(bytes, &extents, max_count);
        let mut found = Vec::new();
        let mut stopped = None;
        while let Some(record) = records.next_record() {
            match record {
                Ok(r) => found.push((r.type_index, r.offset, r.payload.to_vec())),
                Err(stop) => stopped = Some(stop),
            }
        }
        (found, stopped, records.count())
    }

    const BYTES: [u8; 18] = [0, 1, 2, 3, 1, 2, 0, 0, 0, 7, 8, 1, 0, 0, 0, 0, 0, 9];

    #[test]
    fn fixed_and_dynamic_records_follow_each_other() {
        let (found, stopped, count) = walk(&BYTES[..16], 10);
        let expected = vec![(0, 0, vec![1, 2, 3]), (1, 4, vec![7, 8]), (1, 11, vec![])];
        assert_eq!((found, stopped, count), (expected, None, 3));
    }

    #[test]
    fn a_cut_record_ends_the_walk() {
        for cut in 1..BYTES.len() {
            let (found, stopped, count) = walk(&BYTES[..cut], 10);
            let whole = [4, 11, 16].iter().filter(|end| **end <= cut).count();
            assert_eq!(found.len(), whole, "cut at {cut}");
            let at_border = [4, 11, 16].contains(&cut);
            assert_eq!(
                stopped.map(|s| s.reason),
                (!at_border).then_some(LossReason::TruncatedBuffer)
            );
            assert_eq!(count as usize, whole + usize::from(!at_border));
        }
    }

    #[test]
    fn a_secondary_type_or_one_beyond_the_table_ends_the_walk() {
        for index in [2, 3, 255] {
            let (found, stopped, _) = walk(&[0, 1, 2, 3, index, 0, 0, 0, 0, 0, 0, 0, 0], 10);
            assert_eq!(found.len(), 1);
            let stop = Stop { reason: LossReason::InvalidTypeIndex, index: 1, offset: 4 };
            assert_eq!(stopped, Some(stop));
        }
    }

    #[test]
    fn counting_and_walking_meet_the_same_records() {
        let extents = Extents::of(&table());
        let wanted = |types: &[usize]| {
            let mut wanted = [false; 256];
            types.iter().for_each(|index| wanted[*index] = true);
            wanted
        };
        let mut bytes = [0, 1, 2, 3].repeat(5);
        bytes.extend(BYTES);
        for cut in 0..=bytes.len() {
            for max_count in [0, 1, 4, 6, 10] {
                let (found, ..) = walk(&bytes[..cut], max_count);
                for types in [&[0][..], &[1], &[0, 1]] {
                    let expected = found.iter().filter(|(t, ..)| types.contains(&usize::from(*t)));
                    let records = Records::new(&bytes[..cut], &extents, max_count);
                    assert_eq!(records.count_of(&wanted(types)), expected.count());
                }
            }
        }
    }

    #[test]
    fn the_number_of_records_is_limited() {
        let (found, stopped, count) = walk(&BYTES[..16], 2);
        assert_eq!(found.len(), 2);
        assert_eq!(stopped.map(|stop| stop.reason), Some(LossReason::RecordLimitExceeded));
        assert_eq!(count, 2);
    }
}
