//! Quarantine.

use chrono::{SubsecRound, Utc};
use sqlx::{QueryBuilder, Sqlite, SqlitePool};

use super::connect::begin;
use super::decode;
use super::failure::Result;
use super::select::{push_in_tenants, push_limit};
use crate::error::Error;
use crate::ledger::{QuarantineFilter, QuarantineKey, QuarantinedBlock};
use crate::tenant::Tenant;
use crate::time::to_nanos;

pub(super) async fn quarantine(
    writer: &SqlitePool,
    key: &QuarantineKey,
    reason: &str,
) -> Result<()> {
    let mut transaction = begin(writer).await?;
    let sequence: Option<i64> =
        sqlx::query_scalar("SELECT sequence FROM blocks WHERE tenant = ? AND block_id = ?")
            .bind(key.tenant.as_str())
            .bind(key.block_id)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some(sequence) = sequence else {
        return Err(Error::not_found(format!("block {}", key.block_id)).into());
    };
    sqlx::query(
        "INSERT INTO quarantined_blocks (tenant, view, block_id, sequence, reason, time) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(key.tenant.as_str())
    .bind(&key.view)
    .bind(key.block_id)
    .bind(sequence)
    .bind(reason)
    .bind(to_nanos(Utc::now().trunc_subsecs(6), "now")?)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    Ok(())
}

pub(super) async fn list(
    readers: &SqlitePool,
    tenants: &[Tenant],
    filter: &QuarantineFilter,
    limit: usize,
) -> Result<Vec<QuarantinedBlock>> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "SELECT t.*, b.stream_id, b.process_id FROM quarantined_blocks t \
         JOIN blocks b ON b.sequence = t.sequence WHERE t.tenant",
    );
    push_in_tenants(&mut query, tenants);
    if let Some(view) = &filter.view {
        query.push(" AND t.view = ").push_bind(view.clone());
    }
    if let Some(after) = &filter.after {
        query.push(" AND (t.tenant, t.view, t.block_id) > (");
        query.push_bind(after.tenant.as_str().to_owned()).push(", ");
        query.push_bind(after.view.clone()).push(", ").push_bind(after.block_id).push(")");
    }
    query.push(" ORDER BY t.tenant, t.view, t.block_id");
    push_limit(&mut query, limit);
    query.build().fetch_all(readers).await?.iter().map(decode::quarantined_block).collect()
}

pub(super) async fn release(writer: &SqlitePool, key: &QuarantineKey) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM quarantined_blocks WHERE tenant = ? AND view = ? AND block_id = ?",
    )
    .bind(key.tenant.as_str())
    .bind(&key.view)
    .bind(key.block_id)
    .execute(writer)
    .await?;
    Ok(done.rows_affected() == 1)
}
