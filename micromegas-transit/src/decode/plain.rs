//! Runs of plain records, which most blocks consist of nearly entirely.
//!
//! A plain record is of a type whose layout is the one that all clients send: the descriptor's id
//! first, no properties. Its offsets are constants, so a run is read a batch at a time, one short
//! loop for each column. Whatever else there is in a block goes the general way, record by record.

use super::event_plan::EventPlan;
use super::fields::u64_at;
use super::id_map::IdMap;
use super::open::OpenBlock;
use super::records::Records;

/// Records that are read together: few enough that they and their rows stay in the nearest cache
/// until the last column is made.
const BATCH: usize = 128;

/// The plain types of a stream, whose records are `STRIDE` bytes long, type index included.
#[derive(Debug)]
pub(super) struct PlainTypes<const STRIDE: usize> {
    /// By type index: 0 for types that are not plain.
    kinds: [u8; 256],
    rows: Rows,
}

/// What was found out about the records of a batch.
#[derive(Debug)]
struct Rows {
    kinds: [u8; BATCH],
    descriptors: [u32; BATCH],
}

/// Consecutive plain records whose descriptors are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a, const STRIDE: usize> {
    /// Index of the first record in its block.
    pub(super) first: u32,
    /// The records, type index included.
    pub(super) records: &'a [[u8; STRIDE]],
    /// What `kind_of` said of each record's type.
    pub(super) kinds: &'a [u8],
    /// The index of each record's descriptor.
    pub(super) descriptors: &'a [u32],
}

impl<const STRIDE: usize> PlainTypes<STRIDE> {
    /// The types that `kind_of` gives a number above 0.
    pub(super) fn of(block: &OpenBlock<'_>, kind_of: impl Fn(&EventPlan) -> u8) -> Self {
        let mut kinds = [0; 256];
        // A batch needs rows for its descriptors.
        let type_count = if block.tables.are_in_place { 0 } else { block.plan.events.len() };
        for (type_index, kind) in kinds.iter_mut().enumerate().take(type_count) {
            if block.plan.event_extents.fixed(type_index) == Some(STRIDE - 1) {
                *kind = kind_of(&block.plan.events[type_index]);
            }
        }
        Self { kinds, rows: Rows { kinds: [0; BATCH], descriptors: [0; BATCH] } }
    }

    /// Reads plain records until one is not plain, refers to nothing, or is cut, or until `read`
    /// returns `false` because it did not read its batch. What was not read is left to the general
    /// way.
    #[inline]
    pub(super) fn read_run(
        &mut self,
        records: &mut Records<'_>,
        ids: &IdMap,
        mut read: impl FnMut(Batch<'_, STRIDE>) -> bool,
    ) -> bool {
        loop {
            let (run, _) = records.rest().as_chunks::<STRIDE>();
            let run = &run[..run.len().min(records.allowance()).min(BATCH)];
            let count = self.resolve(run, ids);
            if count == 0 {
                return true;
            }
            let batch = Batch {
                first: records.next_index(),
                records: &run[..count],
                kinds: &self.rows.kinds[..count],
                descriptors: &self.rows.descriptors[..count],
            };
            if !read(batch) {
                return false;
            }
            records.advance(count, count * STRIDE);
            if count < BATCH {
                return true;
            }
        }
    }

    /// Finds the descriptors of plain records at the beginning of `run`, and tells how many.
    #[inline]
    fn resolve(&mut self, run: &[[u8; STRIDE]], ids: &IdMap) -> usize {
        let rows = self.rows.kinds.iter_mut().zip(&mut self.rows.descriptors).zip(run);
        let mut count = 0;
        for ((kind, descriptor), record) in rows {
            *kind = self.kinds[usize::from(record[0])];
            let Some(index) = ids.get(word(record, 1)) else {
                break;
            };
            if *kind == 0 {
                break;
            }
            *descriptor = index;
            count += 1;
        }
        count
    }
}

impl<'a, const STRIDE: usize> Batch<'a, STRIDE> {
    /// The indices of the records in their block.
    #[inline]
    pub(super) fn indices(&self) -> std::ops::Range<u32> {
        self.first..self.first + self.records.len() as u32
    }

    /// The 64-bit words at an offset, which counts from the type index on.
    #[inline]
    pub(super) fn words(self, offset: usize) -> impl ExactSizeIterator<Item = u64> + Clone + 'a {
        self.records.iter().map(move |record| word(record, offset))
    }
}

/// The word at an offset that is a constant within the record, so there is no check at run time.
#[inline]
fn word<const STRIDE: usize>(record: &[u8; STRIDE], offset: usize) -> u64 {
    u64_at(record, offset).unwrap_or_default()
}
