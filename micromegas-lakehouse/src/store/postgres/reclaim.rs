//! Objects with bytes that no row refers to.

use sqlx::{PgConnection, PgPool};

use super::decode;
use super::failure::Result;
use super::removal::begin_removal;
use super::text::{original, stored};
use crate::lake::{block_of_key, require_recent_keys};
use crate::removal::{PayloadMove, PayloadReference, ReclaimableObject};

/// Makes objects reclaimable from now on; each key comes once.
pub(super) async fn add(connection: &mut PgConnection, keys: Vec<String>) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO reclaimable_objects (object_key, since) \
         SELECT k, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 \
         FROM unnest($1::text[]) AS k \
         ON CONFLICT (object_key) DO UPDATE SET since = excluded.since, deleted_time = NULL",
    )
    .bind(stored_keys(&keys))
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes those objects reclaimable that no row refers to.
pub(super) async fn add_unreferenced(
    connection: &mut PgConnection,
    keys: Vec<String>,
) -> Result<()> {
    let unreferenced: Vec<String> = sqlx::query_scalar(
        "SELECT k FROM unnest($1::text[]) AS k \
         WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.object_key = k) \
         AND NOT EXISTS (SELECT FROM waiting_blocks w WHERE w.object_key = k)",
    )
    .bind(stored_keys(&keys))
    .fetch_all(&mut *connection)
    .await?;
    add(connection, unreferenced.into_iter().map(original).collect()).await
}

fn stored_keys(keys: &[String]) -> Vec<String> {
    keys.iter().map(|key| stored(key).into_owned()).collect()
}

pub(super) async fn list(
    pool: &PgPool,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<ReclaimableObject>> {
    let rows = sqlx::query(
        "SELECT * FROM reclaimable_objects WHERE object_key > $1 ORDER BY object_key LIMIT $2",
    )
    .bind(stored(after.unwrap_or_default()))
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await?;
    rows.iter().map(decode::reclaimable_object).collect()
}

pub(super) async fn list_payloads(pool: &PgPool, key: &str) -> Result<Vec<PayloadReference>> {
    const BY_KEY: &str = "SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM blocks WHERE object_key = $1 \
        UNION ALL SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM waiting_blocks WHERE object_key = $1";
    const BY_BLOCK: &str = "SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM blocks \
        WHERE tenant = $1 AND block_id = $2 AND object_key IS NULL \
        UNION ALL SELECT tenant, block_id, process_id, stream_id, object_key, \
        payload_offset, payload_length FROM waiting_blocks \
        WHERE tenant = $1 AND block_id = $2 AND object_key IS NULL";
    let query = match block_of_key(key) {
        Some((tenant, id)) => sqlx::query(BY_BLOCK).bind(tenant.as_str().to_owned()).bind(id),
        None => sqlx::query(BY_KEY).bind(stored(key)),
    };
    let rows = query.fetch_all(pool).await?;
    let references = rows.iter().map(decode::payload_reference).collect::<Result<Vec<_>>>()?;
    // A block of that id may have said that it belongs to another process.
    Ok(references.into_iter().filter(|found| found.location.key == key).collect())
}

/// In the turn of those who insert: a waiting block that becomes complete is copied.
pub(super) async fn move_payloads(pool: &PgPool, moves: &[PayloadMove]) -> Result<()> {
    let mut transaction = begin_removal(pool).await?;
    let row = sqlx::query(
        "SELECT greatest(insert_time, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000) AS now FROM lake_state",
    )
    .fetch_one(&mut *transaction)
    .await?;
    let now = decode::time(&row, "now")?;
    require_recent_keys(moves.iter().map(|payload| payload.to.key.as_str()), now)?;
    let mut unused = Vec::new();
    for payload in moves {
        let is_moved = move_payload(&mut transaction, payload).await?;
        let place = if is_moved { &payload.from.location } else { &payload.to };
        unused.push(place.key.clone());
    }
    unused.sort_unstable();
    unused.dedup();
    add(&mut transaction, unused).await?;
    transaction.commit().await?;
    Ok(())
}

/// Moves the payload of a block whose payload is in a segment still.
async fn move_payload(connection: &mut PgConnection, payload: &PayloadMove) -> Result<bool> {
    for statement in [
        "UPDATE blocks SET object_key = $1, payload_offset = $2, payload_length = $3 \
         WHERE tenant = $4 AND block_id = $5 AND object_key = $6 AND payload_offset = $7",
        "UPDATE waiting_blocks SET object_key = $1, payload_offset = $2, payload_length = $3 \
         WHERE tenant = $4 AND block_id = $5 AND object_key = $6 AND payload_offset = $7",
    ] {
        let done = sqlx::query(statement)
            .bind(stored(&payload.to.key))
            .bind(payload.to.offset.cast_signed())
            .bind(payload.to.length.cast_signed())
            .bind(payload.from.tenant.as_str())
            .bind(payload.from.block_id)
            .bind(stored(&payload.from.location.key))
            .bind(payload.from.location.offset.cast_signed())
            .execute(&mut *connection)
            .await?;
        if done.rows_affected() == 1 {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) async fn note_deleted(pool: &PgPool, key: &str) -> Result<()> {
    sqlx::query(
        "UPDATE reclaimable_objects SET deleted_time = \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 WHERE object_key = $1",
    )
    .bind(stored(key))
    .execute(pool)
    .await?;
    Ok(())
}

pub(super) async fn finish(pool: &PgPool, key: &str) -> Result<()> {
    sqlx::query("DELETE FROM reclaimable_objects WHERE object_key = $1")
        .bind(stored(key))
        .execute(pool)
        .await?;
    Ok(())
}
