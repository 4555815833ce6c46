//! Look-ups: the present moment, moments in the past, layouts.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use sqlx::{PgPool, Row};

use super::decode;
use super::failure::Result;
use super::text::{original, stored};
use crate::error::Error;
use crate::sequence::{CommitSequence, LedgerVersion, Snapshot};

/// Both counters in one statement, which sees one moment of the database.
pub(super) async fn snapshot(pool: &PgPool) -> Result<Snapshot> {
    let state = sqlx::query(
        "SELECT commit_sequence, insert_time, ledger_version FROM lake_state, ledger_state",
    )
    .fetch_one(pool)
    .await?;
    Ok(Snapshot {
        commit_sequence: decode::sequence(&state, "commit_sequence")?,
        ledger_version: LedgerVersion::new(decode::unsigned(&state, "ledger_version")?),
        insert_time: decode::time(&state, "insert_time")?,
    })
}

pub(super) async fn now(pool: &PgPool) -> Result<DateTime<Utc>> {
    let row = sqlx::query(
        "SELECT greatest(insert_time, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000) AS now FROM lake_state",
    )
    .fetch_one(pool)
    .await?;
    decode::time(&row, "now")
}

/// Finds the number by trying ever smaller steps forward: `insert_time` grows with the number,
/// so a step is taken iff it ends at a block that is not too late.
pub(super) async fn sequence_at(pool: &PgPool, time: DateTime<Utc>) -> Result<CommitSequence> {
    let beyond = if time.timestamp() < 0 { i64::MIN } else { i64::MAX };
    let nanos = time.timestamp_nanos_opt().unwrap_or(beyond);
    let found: i64 = sqlx::query_scalar(
        "WITH RECURSIVE search (found, step) AS ( \
             SELECT 0::bigint, 1::bigint << 61 \
             UNION ALL \
             SELECT CASE WHEN found + step <= (SELECT commit_sequence FROM lake_state) \
                         AND coalesce((SELECT b.insert_time FROM blocks b \
                                       WHERE b.sequence <= found + step \
                                       ORDER BY b.sequence DESC LIMIT 1) <= $1, TRUE) \
                    THEN found + step ELSE found END, \
                    step >> 1 \
             FROM search WHERE step > 0) \
         SELECT found FROM search WHERE step = 0",
    )
    .bind(nanos)
    .fetch_one(pool)
    .await?;
    Ok(CommitSequence::new(found.unsigned_abs()))
}

pub(super) async fn fetch_layout(pool: &PgPool, hash: LayoutHash) -> Result<Arc<StreamLayout>> {
    let row = sqlx::query("SELECT document FROM stream_layouts WHERE hash = $1")
        .bind(hash.as_bytes().as_slice())
        .fetch_optional(pool)
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
    pool: &PgPool,
    keys: &[String],
) -> Result<Vec<String>> {
    let found: Vec<String> = sqlx::query_scalar(
        "SELECT k FROM unnest($1::text[]) AS k \
         WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.object_key = k) \
         AND NOT EXISTS (SELECT FROM waiting_blocks w WHERE w.object_key = k)",
    )
    .bind(keys.iter().map(|key| stored(key).into_owned()).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    Ok(found.into_iter().map(original).collect())
}
