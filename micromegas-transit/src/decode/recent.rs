//! Finding again what was met lately, in memory of a constant size.

use std::hash::{BuildHasher, RandomState};

const EMPTY: u32 = u32::MAX;

/// A power of two.
const SLOTS: usize = 4096;

/// Indices of things by their keys, half as many as there are slots at most: then it begins anew,
/// and what is met again counts as new.
#[derive(Debug)]
pub(super) struct Recent {
    /// Open addressing; there are none before the first index.
    slots: Vec<u32>,
    used: usize,
    /// A random odd number.
    multiplier: u64,
}

impl Default for Recent {
    fn default() -> Self {
        let multiplier = RandomState::new().hash_one(0) | 1;
        Self { slots: Vec::new(), used: 0, multiplier }
    }
}

impl Recent {
    /// The index of the thing with this key for which `is_it` holds, or `new`, which is remembered.
    pub(super) fn find_or_insert(
        &mut self,
        key: [u32; 4],
        new: u32,
        is_it: impl Fn(u32) -> bool,
    ) -> u32 {
        self.slots.resize(SLOTS, EMPTY);
        let mix = |hash: u64, part| {
            (hash ^ u64::from(part)).wrapping_mul(self.multiplier).rotate_left(32)
        };
        let hash = key.into_iter().fold(0, mix);
        let home = hash as usize % SLOTS;
        let mut slot = home;
        loop {
            match self.slots[slot] {
                EMPTY => break,
                index if is_it(index) => return index,
                _ => slot = (slot + 1) % SLOTS,
            }
        }
        if self.used == SLOTS / 2 {
            self.slots.fill(EMPTY);
            self.used = 0;
            slot = home;
        }
        self.slots[slot] = new;
        self.used += 1;
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_met_lately_is_found_and_much_else_is_forgotten() {
        let mut recent = Recent::default();
        let mut met: Vec<[u32; 4]> = Vec::new();
        let mut meet = |key: [u32; 4]| {
            let index = recent.find_or_insert(key, met.len() as u32, |at| met[at as usize] == key);
            if index == met.len() as u32 {
                met.push(key);
            }
            index
        };
        let keys = |count: u32| (0..count).map(|number| [number, 0, number / 3, 7]);
        for round in 0..3 {
            for (index, key) in keys(1000).enumerate() {
                assert_eq!(meet(key), index as u32, "{round}");
            }
        }
        // So many are not remembered, and each is still found right after it was met.
        for key in keys(10_000) {
            assert_eq!(meet(key), meet(key));
        }
        assert!(met.len() >= 10_000);
    }
}
