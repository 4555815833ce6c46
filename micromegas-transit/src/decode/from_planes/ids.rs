//! Looking up many small ids.

use super::super::id_map::IdMap;

/// Stands for an id that is not defined.
pub(super) const MISSING: u32 = u32::MAX;

/// Ids below this are looked up in a table. Writers that count their dependencies give small ids.
const DENSE_IDS: usize = 4096;

/// A map with a table in front of it, where that is worth building.
pub(super) struct DenseIds<'a> {
    dense: Vec<u32>,
    map: &'a IdMap,
}

impl<'a> DenseIds<'a> {
    pub(super) fn new(map: &'a IdMap, lookup_count: usize) -> Self {
        let mut dense = Vec::new();
        if lookup_count >= 2 * DENSE_IDS {
            dense.extend((0..DENSE_IDS as u64).map(|id| map.get(id).unwrap_or(MISSING)));
        }
        Self { dense, map }
    }

    /// The index of an id, or [`MISSING`].
    #[inline]
    pub(super) fn get(&self, id: u64) -> u32 {
        let dense = usize::try_from(id).ok().and_then(|id| self.dense.get(id));
        dense.copied().unwrap_or_else(|| self.map.get(id).unwrap_or(MISSING))
    }
}
