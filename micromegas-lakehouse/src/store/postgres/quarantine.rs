//! Quarantine.

use sqlx::{PgPool, Postgres, QueryBuilder};

use super::decode;
use super::failure::Result;
use super::select::{push_any_tenant, push_limit};
use super::text::stored;
use crate::error::Error;
use crate::ledger::{QuarantineFilter, QuarantineKey, QuarantinedBlock};
use crate::tenant::Tenant;

pub(super) async fn quarantine(pool: &PgPool, key: &QuarantineKey, reason: &str) -> Result<()> {
    let is_known: bool = sqlx::query_scalar(
        "WITH block AS (SELECT sequence FROM blocks WHERE tenant = $1 AND block_id = $3), \
         inserted AS (INSERT INTO quarantined_blocks (tenant, view, block_id, sequence, reason, \
         time) SELECT $1, $2, $3, sequence, $4, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 FROM block \
         ON CONFLICT DO NOTHING) \
         SELECT EXISTS (SELECT FROM block)",
    )
    .bind(key.tenant.as_str())
    .bind(stored(&key.view))
    .bind(key.block_id)
    .bind(stored(reason))
    .fetch_one(pool)
    .await?;
    if is_known { Ok(()) } else { Err(Error::not_found(format!("block {}", key.block_id)).into()) }
}

pub(super) async fn list(
    pool: &PgPool,
    tenants: &[Tenant],
    filter: &QuarantineFilter,
    limit: usize,
) -> Result<Vec<QuarantinedBlock>> {
    let mut query = QueryBuilder::<Postgres>::new(
        "SELECT t.*, b.stream_id, b.process_id FROM quarantined_blocks t \
         JOIN blocks b ON b.sequence = t.sequence WHERE t.tenant",
    );
    push_any_tenant(&mut query, tenants);
    if let Some(view) = &filter.view {
        query.push(" AND t.view = ").push_bind(stored(view).into_owned());
    }
    if let Some(after) = &filter.after {
        query.push(" AND (t.tenant, t.view, t.block_id) > (");
        query.push_bind(after.tenant.as_str().to_owned()).push(", ");
        query.push_bind(stored(&after.view).into_owned()).push(", ");
        query.push_bind(after.block_id).push(")");
    }
    query.push(" ORDER BY t.tenant, t.view, t.block_id");
    push_limit(&mut query, limit);
    query.build().fetch_all(pool).await?.iter().map(decode::quarantined_block).collect()
}

pub(super) async fn release(pool: &PgPool, key: &QuarantineKey) -> Result<bool> {
    let done = sqlx::query(
        "DELETE FROM quarantined_blocks WHERE tenant = $1 AND view = $2 AND block_id = $3",
    )
    .bind(key.tenant.as_str())
    .bind(stored(&key.view))
    .bind(key.block_id)
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}
