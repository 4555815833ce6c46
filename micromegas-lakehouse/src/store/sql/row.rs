//! Values of a row.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::Result;
use crate::error::Error;
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;
use crate::time::from_nanos;

/// A row of either database, by the names of its columns.
pub(crate) trait StoredRow {
    /// A number of 64 bits.
    fn integer(&self, column: &str) -> Result<i64>;
    fn optional_integer(&self, column: &str) -> Result<Option<i64>>;
    /// A number of 32 bits.
    fn count(&self, column: &str) -> Result<i32>;
    fn flag(&self, column: &str) -> Result<bool>;
    fn id(&self, column: &str) -> Result<Uuid>;
    fn optional_id(&self, column: &str) -> Result<Option<Uuid>>;
    fn bytes(&self, column: &str) -> Result<&[u8]>;
    /// A text that this crate has made, which has only what every database stores.
    fn own_text(&self, column: &str) -> Result<&str>;
    /// A text that clients or callers gave, with whatever they put into it.
    fn text(&self, column: &str) -> Result<String>;
    fn optional_text(&self, column: &str) -> Result<Option<String>>;
    /// A list of such texts.
    fn texts(&self, column: &str) -> Result<Vec<String>>;
}

pub(crate) fn time(row: &impl StoredRow, column: &str) -> Result<DateTime<Utc>> {
    Ok(from_nanos(row.integer(column)?))
}

pub(crate) fn optional_time(row: &impl StoredRow, column: &str) -> Result<Option<DateTime<Utc>>> {
    Ok(row.optional_integer(column)?.map(from_nanos))
}

pub(crate) fn tenant(row: &impl StoredRow) -> Result<Tenant> {
    let name = row.own_text("tenant")?;
    Ok(Tenant::new(name).map_err(|_| Error::corrupt("a tenant", format!("it is {name:?}")))?)
}

/// A number that is never negative.
pub(crate) fn unsigned(row: &impl StoredRow, column: &str) -> Result<u64> {
    Ok(row.integer(column)?.unsigned_abs())
}

pub(crate) fn sequence(row: &impl StoredRow, column: &str) -> Result<CommitSequence> {
    Ok(CommitSequence::new(unsigned(row, column)?))
}

pub(crate) fn text(row: &impl StoredRow, column: &str) -> Result<String> {
    row.text(column)
}

pub(crate) fn optional_text(row: &impl StoredRow, column: &str) -> Result<Option<String>> {
    row.optional_text(column)
}

pub(crate) fn json<T: DeserializeOwned>(row: &impl StoredRow, column: &str) -> Result<T> {
    let corrupt =
        |source| Error::corrupt_from(column, "it is not the JSON that was written", source);
    Ok(serde_json::from_str(row.own_text(column)?).map_err(corrupt)?)
}
