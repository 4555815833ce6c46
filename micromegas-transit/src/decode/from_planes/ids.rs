//! The descriptors that the records of a group refer to.

use super::super::id_map::IdMap;
use super::CHUNK;
use crate::planar::ValueReader;

/// Stands for an id that is not defined; it is the index of nothing.
pub(super) const MISSING: u32 = u32::MAX;

/// Ids below this are looked up in a table. Writers that count their dependencies give small ids.
const DENSE_IDS: u64 = 4096;

/// Walks over ids, and finds what they stand for.
#[derive(Debug)]
pub(super) struct Descriptors<'a> {
    ids: ValueReader<'a>,
    map: &'a IdMap,
    /// What each byte stands for, if the ids differ in their lowest byte only.
    by_byte: Option<Box<[u32; 256]>>,
    /// What small ids stand for, if there are enough of them to make that worth while.
    dense: Vec<u32>,
}

impl<'a> Descriptors<'a> {
    pub(super) fn new(ids: ValueReader<'a>, map: &'a IdMap, id_count: usize) -> Self {
        let find = |id| map.get(id).unwrap_or(MISSING);
        let by_byte = ids
            .low_byte_base()
            .map(|base| Box::new(std::array::from_fn(|byte| find(base | byte as u64))));
        let mut dense = Vec::new();
        if by_byte.is_none() && id_count as u64 >= 2 * DENSE_IDS {
            dense.extend((0..DENSE_IDS).map(find));
        }
        Self { ids, map, by_byte, dense }
    }

    /// Fills `out` with what the next ids stand for, a chunk at most.
    pub(super) fn read(&mut self, out: &mut [u32]) {
        if let Some(by_byte) = &self.by_byte {
            let bytes = self.ids.read_low_bytes(out.len());
            for (index, byte) in out.iter_mut().zip(bytes) {
                *index = by_byte[usize::from(*byte)];
            }
            return;
        }
        let mut ids = [0; CHUNK];
        let ids = &mut ids[..out.len()];
        self.ids.read(ids);
        for (index, id) in out.iter_mut().zip(ids) {
            let dense = usize::try_from(*id).ok().and_then(|id| self.dense.get(id)).copied();
            *index = dense.unwrap_or_else(|| self.map.get(*id).unwrap_or(MISSING));
        }
    }
}
