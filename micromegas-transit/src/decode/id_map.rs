//! From the opaque ids of the wire to dense indices.

use std::hash::{BuildHasher, RandomState};

use super::compact_ids::CompactIds;

const EMPTY: u32 = u32::MAX;

/// Ids below this are looked up without hashing.
pub(super) const DIRECT_ID_MAX: usize = 4096;

/// A map from `u64` ids to small indices.
///
/// Clients either count ids from 1 on or send addresses. Small ids select from a table; others are
/// hashed by one multiplication, with open addressing. The multiplier is a random odd number, so
/// that ids chosen on purpose do not collide more often than others. At most a quarter of the slots
/// is used, so a look-up hardly ever probes twice. Where a block has so many dependencies that this
/// would take more memory than the block, their ids go into [`CompactIds`].
#[derive(Debug)]
pub(super) struct IdMap {
    /// By id, at least as far as the greatest small one.
    direct: Vec<u32>,
    slots: Vec<(u64, u32)>,
    count: usize,
    multiplier: u64,
    /// 64 minus the binary logarithm of the number of slots.
    shift: u32,
    /// Holds what the slots would, if memory is short.
    compact: Option<Box<CompactIds>>,
}

impl Default for IdMap {
    fn default() -> Self {
        let multiplier = RandomState::new().hash_one(0) | 1;
        Self {
            direct: Vec::new(),
            slots: vec![(0, EMPTY); 8],
            count: 0,
            multiplier,
            shift: 64 - 3,
            compact: None,
        }
    }
}

impl IdMap {
    /// A map that keeps the ids which it hashes where they lie.
    pub(super) fn compact(ids: CompactIds) -> Self {
        Self { compact: Some(Box::new(ids)), ..Self::default() }
    }

    /// The most bytes that a map of this many hashed ids takes, old slots beside new ones included.
    pub(super) fn bytes_of(count: usize) -> usize {
        let slot_count = (count * 4).next_power_of_two();
        slot_count * size_of::<(u64, u32)>() * 3 / 2
    }

    #[inline]
    fn home(&self, id: u64) -> usize {
        (id.wrapping_mul(self.multiplier) >> self.shift) as usize
    }

    /// The index of `id`.
    #[inline]
    pub(super) fn get(&self, id: u64) -> Option<u32> {
        match usize::try_from(id).ok().and_then(|id| self.direct.get(id)) {
            Some(index) => (*index != EMPTY).then_some(*index),
            None => self.get_hashed(id),
        }
    }

    #[inline]
    fn get_hashed(&self, id: u64) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut slot = self.home(id);
        loop {
            let (key, index) = self.slots[slot & mask];
            if index == EMPTY {
                return self.compact.as_ref()?.get(id);
            }
            if key == id {
                return Some(index);
            }
            slot += 1;
        }
    }

    /// Adds an id that lies at `position` of the dependencies; an id that is there already keeps
    /// its index, and `false` is returned.
    pub(super) fn insert_at(&mut self, position: usize, id: u64, index: u32) -> bool {
        match &mut self.compact {
            Some(compact) if id >= DIRECT_ID_MAX as u64 => compact.insert(position, id, index),
            _ => self.insert(id, index),
        }
    }

    /// Adds an id to a map that is not compact; an id that is there already keeps its index, and
    /// `false` is returned.
    pub(super) fn insert(&mut self, id: u64, index: u32) -> bool {
        debug_assert!(index != EMPTY, "an index counts things in memory");
        if let Some(id) = usize::try_from(id).ok().filter(|id| *id < DIRECT_ID_MAX) {
            return self.insert_direct(id, index);
        }
        if self.count == self.slots.len() / 4 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = self.home(id);
        loop {
            let entry = &mut self.slots[slot & mask];
            if entry.1 == EMPTY {
                *entry = (id, index);
                self.count += 1;
                return true;
            }
            if entry.0 == id {
                return false;
            }
            slot += 1;
        }
    }

    fn insert_direct(&mut self, id: usize, index: u32) -> bool {
        if id >= self.direct.len() {
            self.direct.resize((id + 1).next_power_of_two().max(64), EMPTY);
        }
        let entry = &mut self.direct[id];
        let is_new = *entry == EMPTY;
        if is_new {
            *entry = index;
        }
        is_new
    }

    fn grow(&mut self) {
        let larger = vec![(0, EMPTY); self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, larger);
        self.shift -= 1;
        self.count = 0;
        for (id, index) in old {
            if index != EMPTY {
                self.insert(id, index);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_is_found_and_others_are_not() {
        let ids = [0, 1, 4095, 4097, u64::MAX, 1 << 63, 0x7fff_0000_1000];
        let spread = (0..100_000).map(|i| i << 4);
        let mut map = IdMap::default();
        let all: Vec<u64> = ids.into_iter().chain(spread.skip(1)).collect();
        for (index, id) in all.iter().enumerate() {
            assert_eq!(map.get(*id), None);
            assert!(map.insert(*id, index as u32));
        }
        for (index, id) in all.iter().enumerate() {
            assert_eq!(map.get(*id), Some(index as u32));
        }
        assert_eq!(map.get(2), None);
    }

    #[test]
    fn the_first_definition_is_kept() {
        let mut map = IdMap::default();
        assert!(map.insert(5, 1));
        assert!(!map.insert(5, 2));
        assert_eq!(map.get(5), Some(1));
    }
}
