//! Parts of a partition as databases keep them.

use uuid::Uuid;

use crate::coverage::Coverage;
use crate::error::{Error, Result};
use crate::ledger::Scope;
use crate::sequence::CommitSequence;

/// The least and greatest number of a coverage that is not empty.
pub(super) fn bounds(coverage: &Coverage) -> (i64, i64) {
    let number =
        |bound: Option<CommitSequence>| bound.map_or(0, |sequence| sequence.as_u64().cast_signed());
    (number(coverage.first()), number(coverage.last()))
}

/// The columns `scope_kind` and `scope_id`.
pub(super) fn encode_scope(scope: Scope) -> (i64, Option<Uuid>) {
    match scope {
        Scope::All => (0, None),
        Scope::Process(id) => (1, Some(id)),
        Scope::Stream(id) => (2, Some(id)),
    }
}

/// The scope of these two columns.
pub(super) fn decode_scope(kind: i64, id: Option<Uuid>) -> Result<Scope> {
    match (kind, id) {
        (0, None) => Ok(Scope::All),
        (1, Some(id)) => Ok(Scope::Process(id)),
        (2, Some(id)) => Ok(Scope::Stream(id)),
        _ => Err(Error::corrupt("a partition's scope", format!("its kind is {kind}"))),
    }
}
