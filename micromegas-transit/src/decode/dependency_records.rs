//! The dependencies of a block as they lie.

use std::sync::Arc;

use super::plan::StreamPlan;
use super::records::Records;
use crate::Limits;

/// The decompressed records of the dependencies, and how they are read.
#[derive(Debug)]
pub(super) struct DependencyRecords<'p> {
    pub(super) plan: &'p StreamPlan,
    pub(super) bytes: Arc<Vec<u8>>,
}

impl<'p> DependencyRecords<'p> {
    /// The records, from the first one on.
    pub(super) fn iter(&self, limits: &Limits) -> Records<'_> {
        Records::new(&self.bytes, &self.plan.dependency_extents, limits.record_count)
    }

    /// Type index and payload of the record whose payload begins at a position, if its type is a
    /// struct.
    pub(super) fn at(&self, position: u32) -> Option<(usize, &[u8])> {
        let record = self.bytes.get((position as usize).checked_sub(1)?..)?;
        let (&type_index, payload) = record.split_first()?;
        let size = self.plan.dependency_extents.fixed(usize::from(type_index))?;
        Some((usize::from(type_index), payload.get(..size)?))
    }
}
