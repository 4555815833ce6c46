//! Scopes of named spans, and the hash of scopes.

use twox_hash::XxHash32;

use super::columns::{Scope, StringTable};
use super::event_plan::ScopePlan;
use super::fields::u64_at;
use super::id_map::IdMap;
use super::losses::LossReason;
use super::tables::Tables;

/// xxh32 chained over name, file, target and line.
pub(super) fn hash(strings: &StringTable, name: i32, target: i32, file: i32, line: u32) -> u32 {
    let text = |index: i32| strings.bytes_at(index as usize).unwrap_or_default();
    let mut hash = XxHash32::oneshot(0, text(name));
    hash = XxHash32::oneshot(hash, text(file));
    hash = XxHash32::oneshot(hash, text(target));
    XxHash32::oneshot(hash, &line.to_le_bytes())
}

/// The scopes of one pass: those of descriptors, then one for each name met at a location.
#[derive(Debug)]
pub(super) struct Scopes<'a> {
    tables: &'a Tables,
    scopes: Vec<Scope>,
    named: IdMap,
}

impl<'a> Scopes<'a> {
    /// Starts a pass; `memory` is used again, what it held is lost.
    pub(super) fn new(tables: &'a Tables, mut memory: Vec<Scope>) -> Self {
        memory.clone_from(&tables.scopes);
        Self { tables, scopes: memory, named: IdMap::default() }
    }

    pub(super) fn into_scopes(self) -> Vec<Scope> {
        self.scopes
    }

    /// Index of the scope that a record refers to.
    #[inline]
    pub(super) fn resolve(&mut self, plan: ScopePlan, record: &[u8]) -> Result<i32, LossReason> {
        match plan {
            ScopePlan::Descriptor(offset) => {
                let id = u64_at(record, offset).ok_or(LossReason::RecordTooShort)?;
                let index = self.tables.scope_ids.get(id).ok_or(LossReason::MissingDependency)?;
                Ok(index as i32)
            }
            ScopePlan::Named { location, name } => self.resolve_named(location, name, record),
        }
    }

    fn resolve_named(
        &mut self,
        location: usize,
        name: usize,
        record: &[u8],
    ) -> Result<i32, LossReason> {
        let location = u64_at(record, location).ok_or(LossReason::RecordTooShort)?;
        let name = u64_at(record, name).ok_or(LossReason::RecordTooShort)?;
        let location =
            self.tables.location_ids.get(location).ok_or(LossReason::MissingDependency)?;
        let name = self.tables.string(name)?;
        let key = u64::from(location) << 32 | u64::from(name.cast_unsigned());
        if let Some(index) = self.named.get(key) {
            return Ok(index as i32);
        }
        let index = self.scopes.len() as u32;
        self.scopes.push(self.tables.named_scope(location, name));
        self.named.insert(key, index);
        Ok(index as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_chains_name_file_target_line() {
        let mut strings = StringTable::default();
        for text in ["name", "target", "file"] {
            strings.bytes.extend_from_slice(text.as_bytes());
            strings.end_string();
        }
        let name = XxHash32::oneshot(0, b"name");
        let file = XxHash32::oneshot(name, b"file");
        let target = XxHash32::oneshot(file, b"target");
        let line = XxHash32::oneshot(target, &[7, 1, 0, 0]);
        assert_eq!(hash(&strings, 0, 1, 2, 263), line);
    }
}
