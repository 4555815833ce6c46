//! Look-ups: the present moment, moments in the past, layouts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use sqlx::{Row, SqlitePool};

use super::decode;
use super::encode::json;
use super::failure::Result;
use crate::error::Error;
use crate::sequence::{CommitSequence, LedgerVersion, Snapshot};

pub(super) async fn snapshot(readers: &SqlitePool) -> Result<Snapshot> {
    let state = sqlx::query("SELECT commit_sequence, insert_time, ledger_version FROM lake_state")
        .fetch_one(readers)
        .await?;
    Ok(Snapshot {
        commit_sequence: decode::sequence(&state, "commit_sequence")?,
        ledger_version: LedgerVersion::new(decode::unsigned(&state, "ledger_version")?),
        insert_time: decode::optional_time(&state, "insert_time")?.unwrap_or(DateTime::UNIX_EPOCH),
    })
}

/// Finds the number by trying ever smaller steps forward: `insert_time` grows with the number,
/// so a step is taken iff it ends at a block that is not too late.
pub(super) async fn sequence_at(
    readers: &SqlitePool,
    time: DateTime<Utc>,
) -> Result<CommitSequence> {
    let beyond = if time.timestamp() < 0 { i64::MIN } else { i64::MAX };
    let nanos = time.timestamp_nanos_opt().unwrap_or(beyond);
    let found: i64 = sqlx::query_scalar(
        "WITH RECURSIVE search (found, step) AS ( \
             SELECT 0, 1 << 61 \
             UNION ALL \
             SELECT CASE WHEN found + step <= (SELECT commit_sequence FROM lake_state) \
                         AND coalesce((SELECT b.insert_time FROM blocks b \
                                       WHERE b.sequence <= found + step \
                                       ORDER BY b.sequence DESC LIMIT 1) <= ?, 1) \
                    THEN found + step ELSE found END, \
                    step >> 1 \
             FROM search WHERE step > 0) \
         SELECT found FROM search WHERE step = 0",
    )
    .bind(nanos)
    .fetch_one(readers)
    .await?;
    Ok(CommitSequence::new(found.unsigned_abs()))
}

pub(super) async fn fetch_layout(
    readers: &SqlitePool,
    hash: LayoutHash,
) -> Result<Arc<StreamLayout>> {
    let row = sqlx::query("SELECT document FROM stream_layouts WHERE hash = ?")
        .bind(hash.as_bytes().as_slice())
        .fetch_optional(readers)
        .await?;
    let Some(row) = row else {
        return Err(Error::not_found(format!("stream layout {hash}")).into());
    };
    let layout = StreamLayout::from_cbor(row.try_get("document")?).map_err(|source| {
        Error::corrupt_from(format!("stream layout {hash}"), "it cannot be read", source)
    })?;
    Ok(Arc::new(layout))
}

pub(super) async fn list_unreferenced_objects(
    readers: &SqlitePool,
    keys: &[String],
) -> Result<Vec<String>> {
    let found = sqlx::query_scalar(
        "SELECT k.value FROM json_each(?) k \
         WHERE NOT EXISTS (SELECT 1 FROM blocks b WHERE b.object_key = k.value) \
         AND NOT EXISTS (SELECT 1 FROM waiting_blocks w WHERE w.object_key = k.value)",
    )
    .bind(json(keys)?)
    .fetch_all(readers)
    .await?;
    Ok(found)
}
