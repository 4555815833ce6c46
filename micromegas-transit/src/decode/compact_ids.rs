//! Ids of very many dependencies, in little memory.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use super::fields::u64_at;

const EMPTY: u32 = u32::MAX;

/// Finds the indices of ids that stay where they lie, in the records of the dependencies.
///
/// Open addressing in just as many slots as the ids need, of which nine tenths are used. A look-up
/// probes a few of them, and reads an id in the records for each: slower than a map that holds the
/// ids, but less than nine bytes an id.
#[derive(Debug)]
pub(super) struct CompactIds {
    records: Arc<Vec<u8>>,
    slots: Vec<Slot>,
    /// A random odd number.
    multiplier: u64,
}

#[derive(Debug, Clone, Copy)]
struct Slot {
    /// Where the id lies in the records.
    position: u32,
    index: u32,
}

impl CompactIds {
    /// Room for as many ids of these records; ids beyond their first 4 GiB are left out.
    pub(super) fn with_capacity(records: Arc<Vec<u8>>, id_count: usize) -> Self {
        let slots = vec![Slot { position: EMPTY, index: 0 }; slot_count(id_count)];
        Self { records, slots, multiplier: RandomState::new().hash_one(0) | 1 }
    }

    /// The bytes that so many ids take.
    pub(super) fn bytes_of(id_count: usize) -> usize {
        slot_count(id_count) * size_of::<Slot>()
    }

    /// The index of `id`.
    #[cold]
    pub(super) fn get(&self, id: u64) -> Option<u32> {
        let slot = self.slots[self.find(id)?];
        (slot.position != EMPTY).then_some(slot.index)
    }

    /// Adds an id that lies at `position`; an id that is there already keeps its index, and `false`
    /// is returned.
    pub(super) fn insert(&mut self, position: usize, id: u64, index: u32) -> bool {
        debug_assert_eq!(u64_at(&self.records, position), Some(id), "the id lies there");
        let (Ok(position), Some(found)) = (u32::try_from(position), self.find(id)) else {
            return false;
        };
        let slot = &mut self.slots[found];
        let is_new = slot.position == EMPTY;
        if is_new {
            *slot = Slot { position, index };
        }
        is_new
    }

    /// The slot of `id`, or the empty one where it belongs; none if all slots hold other ids.
    fn find(&self, id: u64) -> Option<usize> {
        let home = spread(id.wrapping_mul(self.multiplier), self.slots.len());
        let is_it = |slot: &Slot| {
            slot.position == EMPTY || u64_at(&self.records, slot.position as usize) == Some(id)
        };
        let found = self.slots[home..].iter().position(is_it).map(|distance| home + distance);
        found.or_else(|| self.slots[..home].iter().position(is_it))
    }
}

/// How many slots hold so many things without long searches.
pub(super) fn slot_count(count: usize) -> usize {
    count + count / 9 + 1
}

/// Spreads hashes over so many slots, by their upper bits.
pub(super) fn spread(hash: u64, slot_count: usize) -> usize {
    ((u128::from(hash) * slot_count as u128) >> 64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_and_others_are_not() {
        let ids: Vec<u64> = (0..10_000).map(|i| i * 0x1_0001).collect();
        let records: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
        let mut map = CompactIds::with_capacity(Arc::new(records), ids.len());
        assert!(map.slots.len() * size_of::<Slot>() <= ids.len() * 9);
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(map.get(*id), None);
            assert!(map.insert(index * 8, *id, index as u32));
        }
        assert!(!map.insert(8, ids[1], 7));
        for (index, id) in ids.iter().enumerate() {
            assert_eq!(map.get(*id), Some(index as u32));
        }
        assert_eq!(map.get(3), None);
    }

    #[test]
    fn what_there_is_no_room_for_is_not_found() {
        let records = [1_u64, 2].iter().flat_map(|id| id.to_le_bytes()).collect();
        let mut map = CompactIds::with_capacity(Arc::new(records), 0);
        assert!(map.insert(0, 1, 0));
        assert!(!map.insert(8, 2, 1));
        assert_eq!((map.get(1), map.get(2)), (Some(0), None));
    }
}
