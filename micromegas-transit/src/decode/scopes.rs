//! Scopes of named spans, and the hash of scopes.

use twox_hash::XxHash32;

use super::columns::{Scope, StringTable, reserve_tightly};
use super::descriptors::SpanLocation;
use super::event_plan::ScopePlan;
use super::fields::u64_at;
use super::losses::LossReason;
use super::recent::Recent;
use super::tables::Tables;

/// The scope of a name at a location.
pub(super) fn scope(strings: &StringTable, name: i32, location: SpanLocation) -> Scope {
    let SpanLocation { target, file, line } = location;
    Scope { name, target, file, line, hash: hash(strings, name, location) }
}

/// xxh32 chained over name, file, target and line.
fn hash(
    strings: &StringTable,
    name: i32,
    SpanLocation { target, file, line }: SpanLocation,
) -> u32 {
    let text = |index: i32| strings.bytes_at(index as usize).unwrap_or_default();
    let mut hash = XxHash32::oneshot(0, text(name));
    hash = XxHash32::oneshot(hash, text(file));
    hash = XxHash32::oneshot(hash, text(target));
    XxHash32::oneshot(hash, &line.to_le_bytes())
}

/// The scopes of one pass: those of descriptors, then one for each name met at a location. Where
/// the descriptors are too many for rows, those of them that are met.
#[derive(Debug)]
pub(super) struct Scopes<'a> {
    tables: &'a Tables<'a>,
    scopes: Vec<Scope>,
    met: Recent,
}

impl<'a> Scopes<'a> {
    /// Starts a pass; `memory` is used again, what it held is lost.
    pub(super) fn new(tables: &'a Tables<'_>, mut memory: Vec<Scope>) -> Self {
        memory.clone_from(&tables.scopes.rows);
        Self { tables, scopes: memory, met: Recent::default() }
    }

    pub(super) fn into_scopes(self) -> Vec<Scope> {
        self.scopes
    }

    /// Index of the scope that a record refers to.
    #[inline]
    pub(super) fn resolve(&mut self, plan: ScopePlan, record: &[u8]) -> Result<i32, LossReason> {
        let id_at = |offset| u64_at(record, offset).ok_or(LossReason::RecordTooShort);
        match plan {
            ScopePlan::Descriptor(offset) if self.tables.are_in_place => {
                let Scope { name, target, file, line, .. } =
                    self.tables.descriptor(id_at(offset)?)?;
                Ok(self.index_of(name, SpanLocation { target, file, line }))
            }
            ScopePlan::Descriptor(offset) => {
                let index = self.tables.scopes.ids.get(id_at(offset)?);
                index.map(|index| index as i32).ok_or(LossReason::MissingDependency)
            }
            ScopePlan::Named { location, name } => {
                let location = self.tables.descriptor(id_at(location)?)?;
                let name = self.tables.string(id_at(name)?)?;
                Ok(self.index_of(name, location))
            }
        }
    }

    /// The index of a scope that was met lately, or of a new one.
    fn index_of(&mut self, name: i32, location: SpanLocation) -> i32 {
        let Self { tables, scopes, met } = self;
        let SpanLocation { target, file, line } = location;
        let key = [name.cast_unsigned(), target.cast_unsigned(), file.cast_unsigned(), line];
        let is_it = |index: u32| {
            scopes.get(index as usize).is_some_and(|scope| {
                (scope.name, scope.target, scope.file, scope.line) == (name, target, file, line)
            })
        };
        let next = scopes.len() as u32;
        let index = met.find_or_insert(key, next, is_it);
        if index == next {
            reserve_tightly(scopes, 1);
            scopes.push(scope(&tables.strings, name, location));
        }
        index as i32
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
        let location = SpanLocation { target: 1, file: 2, line: 263 };
        assert_eq!(hash(&strings, 0, location), line);
    }
}
