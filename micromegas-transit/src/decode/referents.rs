//! Dependencies of types that are known by their reflection only.

use std::sync::Arc;

use super::compact_ids::CompactIds;
use super::fields::u64_at;
use super::open::OpenBlock;
use super::records::{Record, Records};

/// The dependencies of a block that are structs, found by id. Built when somebody asks for a value
/// that may refer to one; built-in columns need none of this.
#[derive(Debug)]
pub(super) struct Referents<'a> {
    block: &'a OpenBlock<'a>,
    /// To where the payloads begin in the block's dependencies.
    positions: CompactIds,
}

/// One such dependency.
#[derive(Debug, Clone, Copy)]
pub(super) struct Referent<'a> {
    pub(super) type_index: usize,
    pub(super) payload: &'a [u8],
}

impl<'a> Referents<'a> {
    /// Walks over a block's dependencies. Losses were counted when the block was opened.
    pub(super) fn of(block: &'a OpenBlock<'_>) -> Self {
        let extents = &block.plan.dependency_extents;
        let records = || Records::new(&block.dependencies, extents, block.limits.record_count);
        // Where the id lies in a record.
        let id_offset = |record: &Record<'_>| {
            let shape = block.plan.dependency_shapes.get(usize::from(record.type_index))?;
            shape.id.filter(|_| shape.size > 0)
        };
        let of_structs = |record: &Record<'_>| id_offset(record).is_some();
        let count = walk(records()).filter(of_structs).count();
        let mut positions = CompactIds::with_capacity(Arc::clone(&block.dependencies), count);
        for record in walk(records()) {
            let Some(offset) = id_offset(&record) else { continue };
            let Some(id) = u64_at(record.payload, offset) else { continue };
            // Behind the record's type index.
            let position = record.offset + 1;
            positions.insert(position + offset, id, position as u32);
        }
        Self { block, positions }
    }

    /// Where the payload of the dependency with this id begins in the block's dependencies.
    pub(super) fn find(&self, id: u64) -> Option<u32> {
        self.positions.get(id)
    }

    /// The dependency at a position that [`find`](Self::find) gave.
    pub(super) fn get(&self, position: u32) -> Option<Referent<'a>> {
        let record = self.block.dependencies.get((position as usize).checked_sub(1)?..)?;
        let (&type_index, payload) = record.split_first()?;
        let size = self.block.plan.dependency_extents.fixed(usize::from(type_index))?;
        Some(Referent { type_index: usize::from(type_index), payload: payload.get(..size)? })
    }
}

/// The records up to the first whose extent is unknown.
fn walk<'a>(mut records: Records<'a>) -> impl Iterator<Item = Record<'a>> {
    std::iter::from_fn(move || records.next_record()?.ok())
}
