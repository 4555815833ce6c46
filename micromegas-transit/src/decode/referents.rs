//! Dependencies of types that are known by their reflection only.

use super::id_map::IdMap;
use super::open::OpenBlock;
use super::records::Records;

/// The dependencies of a block that are structs, found by id. Built when somebody asks for a value
/// that may refer to one; built-in columns need none of this.
#[derive(Debug)]
pub(super) struct Referents<'a> {
    ids: IdMap,
    referents: Vec<Referent<'a>>,
}

/// One such dependency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Referent<'a> {
    pub(super) type_index: usize,
    /// Where the payload begins in the block's dependencies.
    pub(super) position: usize,
    pub(super) payload: &'a [u8],
}

impl<'a> Referents<'a> {
    /// Walks over a block's dependencies. Losses were counted when the block was opened.
    pub(super) fn of(block: &'a OpenBlock<'_>) -> Self {
        let mut found = Self { ids: IdMap::default(), referents: Vec::new() };
        let extents = &block.plan.dependency_extents;
        let mut records = Records::new(&block.dependencies, extents, block.limits.record_count);
        while let Some(Ok(record)) = records.next_record() {
            let type_index = usize::from(record.type_index);
            let shape = block.plan.dependency_shapes.get(type_index);
            let Some(offset) = shape.filter(|shape| shape.size > 0).and_then(|shape| shape.id)
            else {
                continue;
            };
            let Some(id) = super::fields::u64_at(record.payload, offset) else { continue };
            if found.ids.insert(id, found.referents.len() as u32) {
                // Behind the record's type index.
                let position = record.offset + 1;
                let payload = record.payload;
                found.referents.push(Referent { type_index, position, payload });
            }
        }
        found
    }

    /// Where the dependency with this id stands in the order of the block's dependencies.
    pub(super) fn find(&self, id: u64) -> Option<u32> {
        self.ids.get(id)
    }

    /// The dependency at a place that [`find`](Self::find) gave.
    pub(super) fn get(&self, index: u32) -> Option<Referent<'a>> {
        self.referents.get(index as usize).copied()
    }
}
