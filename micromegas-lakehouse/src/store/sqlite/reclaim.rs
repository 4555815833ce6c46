//! Objects with bytes that no row refers to.

use chrono::{SubsecRound, Utc};
use sqlx::{SqliteConnection, SqlitePool};

use super::connect::begin;
use super::decode;
use super::encode::json;
use super::failure::Result;
use crate::lake::{block_of_key, require_recent_keys};
use crate::removal::{PayloadMove, PayloadReference, ReclaimableObject};
use crate::time::{from_nanos, to_nanos};

/// Makes objects reclaimable from now on.
pub(super) async fn add(connection: &mut SqliteConnection, keys: &[String]) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    // Without a WHERE, SQLite would take ON for that of a join.
    sqlx::query(
        "INSERT INTO reclaimable_objects (object_key, since) \
         SELECT k.value, ? FROM json_each(?) k WHERE TRUE \
         ON CONFLICT DO UPDATE SET since = excluded.since, deleted_time = NULL",
    )
    .bind(now()?)
    .bind(json(keys)?)
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes those objects reclaimable that no row refers to.
pub(super) async fn add_unreferenced(
    connection: &mut SqliteConnection,
    keys: &[String],
) -> Result<()> {
    let unreferenced: Vec<String> = sqlx::query_scalar(
        "SELECT k.value FROM json_each(?) k \
         WHERE NOT EXISTS (SELECT 1 FROM blocks b WHERE b.object_key = k.value) \
         AND NOT EXISTS (SELECT 1 FROM waiting_blocks w WHERE w.object_key = k.value)",
    )
    .bind(json(keys)?)
    .fetch_all(&mut *connection)
    .await?;
    add(connection, &unreferenced).await
}

fn now() -> Result<i64> {
    Ok(to_nanos(Utc::now().trunc_subsecs(6), "now")?)
}

pub(super) async fn list(
    readers: &SqlitePool,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<ReclaimableObject>> {
    let rows = sqlx::query(
        "SELECT * FROM reclaimable_objects WHERE object_key > ? ORDER BY object_key LIMIT ?",
    )
    .bind(after.unwrap_or_default())
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(readers)
    .await?;
    rows.iter().map(decode::reclaimable_object).collect()
}

pub(super) async fn list_payloads(
    readers: &SqlitePool,
    key: &str,
) -> Result<Vec<PayloadReference>> {
    const BY_KEY: &str = "SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM blocks WHERE object_key = ?1 \
        UNION ALL SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM waiting_blocks WHERE object_key = ?1";
    const BY_BLOCK: &str = "SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM blocks \
        WHERE tenant = ?1 AND block_id = ?2 AND object_key IS NULL \
        UNION ALL SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM waiting_blocks \
        WHERE tenant = ?1 AND block_id = ?2 AND object_key IS NULL";
    let query = match block_of_key(key) {
        Some((tenant, id)) => sqlx::query(BY_BLOCK).bind(tenant.as_str().to_owned()).bind(id),
        None => sqlx::query(BY_KEY).bind(key),
    };
    let rows = query.fetch_all(readers).await?;
    let references = rows.iter().map(decode::payload_reference).collect::<Result<Vec<_>>>()?;
    // A block of that id may have said that it belongs to another process.
    Ok(references.into_iter().filter(|found| found.location.key == key).collect())
}

pub(super) async fn move_payloads(writer: &SqlitePool, moves: &[PayloadMove]) -> Result<()> {
    let mut transaction = begin(writer).await?;
    let last: Option<i64> = sqlx::query_scalar("SELECT insert_time FROM lake_state")
        .fetch_one(&mut *transaction)
        .await?;
    let now = last.map(from_nanos).max(Some(Utc::now())).unwrap_or_default();
    require_recent_keys(moves.iter().map(|payload| payload.to.key.as_str()), now)?;
    let mut unused = Vec::new();
    for payload in moves {
        let is_moved = move_payload(&mut transaction, payload).await?;
        let place = if is_moved { &payload.from.location } else { &payload.to };
        unused.push(place.key.clone());
    }
    unused.sort_unstable();
    unused.dedup();
    add(&mut transaction, &unused).await?;
    transaction.commit().await?;
    Ok(())
}

/// Moves the payload of a block whose payload is in a segment still.
async fn move_payload(connection: &mut SqliteConnection, payload: &PayloadMove) -> Result<bool> {
    for statement in [
        "UPDATE blocks SET object_key = ?, payload_offset = ?, payload_length = ? \
         WHERE tenant = ? AND block_id = ? AND object_key = ? AND payload_offset = ?",
        "UPDATE waiting_blocks SET object_key = ?, payload_offset = ?, payload_length = ? \
         WHERE tenant = ? AND block_id = ? AND object_key = ? AND payload_offset = ?",
    ] {
        let done = sqlx::query(statement)
            .bind(&payload.to.key)
            .bind(payload.to.offset.cast_signed())
            .bind(payload.to.length.cast_signed())
            .bind(payload.from.tenant.as_str())
            .bind(payload.from.block_id)
            .bind(&payload.from.location.key)
            .bind(payload.from.location.offset.cast_signed())
            .execute(&mut *connection)
            .await?;
        if done.rows_affected() == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn note_deleted(writer: &SqlitePool, key: &str) -> Result<()> {
    sqlx::query("UPDATE reclaimable_objects SET deleted_time = ? WHERE object_key = ?")
        .bind(now()?)
        .bind(key)
        .execute(writer)
        .await?;
    Ok(())
}

pub(super) async fn finish(writer: &SqlitePool, key: &str) -> Result<()> {
    sqlx::query("DELETE FROM reclaimable_objects WHERE object_key = ?")
        .bind(key)
        .execute(writer)
        .await?;
    Ok(())
}
