//! Rows that leave the lake.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use uuid::Uuid;

use super::connect::begin;
use super::failure::Result;
use super::{PostgresStore, audit, decode, reclaim};
use crate::audit::NewAuditRecord;
use crate::keys::require_actor;
use crate::lake::RecordKey;
use crate::removal::{
    Forgetting, PayloadMove, PayloadReference, ReclaimableObject, RemovalStore, RemovedProcesses,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;
use crate::time::to_nanos;

/// The turn of whoever removes rows: nothing is inserted meanwhile, so that no row is made of or
/// for what goes, and no two removals wait for each other.
const TURN: &str = "SELECT 1 FROM lake_state FOR UPDATE";

/// Takes the turn.
pub(super) async fn begin_removal(pool: &PgPool) -> Result<Transaction<'static, Postgres>> {
    begin(pool, TURN).await
}

#[async_trait]
impl RemovalStore for PostgresStore {
    async fn list_tenants(&self) -> crate::Result<Vec<Tenant>> {
        self.finish(list_tenants(&self.connections.pool).await)
    }

    async fn remove_blocks(
        &self,
        tenant: &Tenant,
        blocks: &[CommitSequence],
    ) -> crate::Result<u64> {
        self.finish(remove_blocks(&self.connections.pool, tenant, blocks).await)
    }

    async fn remove_waiting_blocks(&self, tenant: &Tenant, blocks: &[Uuid]) -> crate::Result<u64> {
        self.finish(remove_waiting_blocks(&self.connections.pool, tenant, blocks).await)
    }

    async fn remove_idle_processes(
        &self,
        tenant: &Tenant,
        processes: &[Uuid],
        idle_since: DateTime<Utc>,
    ) -> crate::Result<RemovedProcesses> {
        let pool = &self.connections.pool;
        self.finish(remove_idle_processes(pool, tenant, processes, idle_since).await)
    }

    async fn forget_process(
        &self,
        process: &RecordKey,
        actor: &str,
        block_count_max: usize,
    ) -> crate::Result<Forgetting> {
        require_actor(actor)?;
        self.finish(forget(&self.connections.pool, process, actor, block_count_max).await)
    }

    async fn allow_process(&self, process: &RecordKey, actor: &str) -> crate::Result<bool> {
        require_actor(actor)?;
        self.finish(allow(&self.connections.pool, process, actor).await)
    }

    async fn list_reclaimable_objects(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> crate::Result<Vec<ReclaimableObject>> {
        self.finish(reclaim::list(&self.connections.pool, after, limit).await)
    }

    async fn list_payloads(&self, key: &str) -> crate::Result<Vec<PayloadReference>> {
        self.finish(reclaim::list_payloads(&self.connections.pool, key).await)
    }

    async fn move_payloads(&self, moves: &[PayloadMove]) -> crate::Result<()> {
        self.finish(reclaim::move_payloads(&self.connections.pool, moves).await)
    }

    async fn note_deleted_object(&self, key: &str) -> crate::Result<()> {
        self.finish(reclaim::note_deleted(&self.connections.pool, key).await)
    }

    async fn finish_reclaimable_object(&self, key: &str) -> crate::Result<()> {
        self.finish(reclaim::finish(&self.connections.pool, key).await)
    }
}

/// Each tenant is one step of two indexes.
async fn list_tenants(pool: &PgPool) -> Result<Vec<Tenant>> {
    let mut tenants = Vec::<Tenant>::new();
    loop {
        let last = tenants.last().map_or("", Tenant::as_str);
        let next: Option<String> = sqlx::query_scalar(
            "SELECT least((SELECT tenant FROM processes WHERE tenant > $1 ORDER BY tenant LIMIT 1), \
             (SELECT tenant FROM waiting_blocks WHERE tenant > $1 ORDER BY tenant LIMIT 1))",
        )
        .bind(last)
        .fetch_one(pool)
        .await?;
        let Some(next) = next else { return Ok(tenants) };
        tenants.push(Tenant::new(&next)?);
    }
}

async fn remove_blocks(pool: &PgPool, tenant: &Tenant, blocks: &[CommitSequence]) -> Result<u64> {
    let numbers: Vec<i64> = blocks.iter().map(|number| number.as_u64().cast_signed()).collect();
    let mut transaction = begin_removal(pool).await?;
    let rows = sqlx::query(
        "WITH removed AS (DELETE FROM blocks WHERE tenant = $1 AND sequence = ANY($2) RETURNING *), \
         released AS (DELETE FROM quarantined_blocks \
         WHERE sequence IN (SELECT sequence FROM removed)) \
         SELECT * FROM removed",
    )
    .bind(tenant.as_str())
    .bind(numbers)
    .fetch_all(&mut *transaction)
    .await?;
    reclaim::add_unreferenced(&mut transaction, decode::object_keys(&rows)?).await?;
    transaction.commit().await?;
    Ok(rows.len() as u64)
}

async fn remove_waiting_blocks(pool: &PgPool, tenant: &Tenant, ids: &[Uuid]) -> Result<u64> {
    let mut transaction = begin_removal(pool).await?;
    let rows = sqlx::query(
        "DELETE FROM waiting_blocks WHERE tenant = $1 AND block_id = ANY($2) RETURNING *",
    )
    .bind(tenant.as_str())
    .bind(ids)
    .fetch_all(&mut *transaction)
    .await?;
    reclaim::add_unreferenced(&mut transaction, decode::object_keys(&rows)?).await?;
    transaction.commit().await?;
    Ok(rows.len() as u64)
}

/// Processes `p` of a list that are idle and empty.
const IDLE: &str = "SELECT p.process_id FROM processes p WHERE p.tenant = $1 \
     AND p.process_id = ANY($2) AND coalesce(p.last_update_time, p.insert_time) < $3 \
     AND NOT EXISTS (SELECT FROM streams s JOIN blocks b \
         ON b.tenant = s.tenant AND b.stream_id = s.stream_id \
         WHERE s.tenant = p.tenant AND s.process_id = p.process_id) \
     AND NOT EXISTS (SELECT FROM waiting_blocks w \
         WHERE w.tenant = p.tenant AND w.process_id = p.process_id)";

async fn remove_idle_processes(
    pool: &PgPool,
    tenant: &Tenant,
    processes: &[Uuid],
    idle_since: DateTime<Utc>,
) -> Result<RemovedProcesses> {
    let mut transaction = begin_removal(pool).await?;
    let idle: Vec<Uuid> = sqlx::query_scalar(IDLE)
        .bind(tenant.as_str())
        .bind(processes)
        .bind(to_nanos(idle_since, "idle_since")?)
        .fetch_all(&mut *transaction)
        .await?;
    let removed = delete_processes(&mut transaction, tenant, &idle).await?;
    transaction.commit().await?;
    Ok(removed)
}

/// Deletes the rows of processes and of their streams.
async fn delete_processes(
    connection: &mut PgConnection,
    tenant: &Tenant,
    ids: &[Uuid],
) -> Result<RemovedProcesses> {
    let mut counts = [0, 0];
    for (count, statement) in counts.iter_mut().zip([
        "DELETE FROM streams WHERE tenant = $1 AND process_id = ANY($2)",
        "DELETE FROM processes WHERE tenant = $1 AND process_id = ANY($2)",
    ]) {
        let query = sqlx::query(statement).bind(tenant.as_str()).bind(ids);
        *count = query.execute(&mut *connection).await?.rows_affected();
    }
    let [streams, processes] = counts;
    Ok(RemovedProcesses { processes, streams })
}

async fn forget(
    pool: &PgPool,
    process: &RecordKey,
    actor: &str,
    block_count_max: usize,
) -> Result<Forgetting> {
    let block_count_max = block_count_max.max(1);
    let mut transaction = begin_removal(pool).await?;
    let connection = &mut *transaction;
    let marked = sqlx::query(
        "INSERT INTO forgotten_processes (tenant, process_id, time) VALUES ($1, $2, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000) ON CONFLICT DO NOTHING",
    )
    .bind(process.tenant.as_str())
    .bind(process.id)
    .execute(&mut *connection)
    .await?;
    if marked.rows_affected() == 1 {
        let record = NewAuditRecord::process_forgotten(process, actor);
        audit::append(&mut *connection, record).await?;
    }
    let rows = sqlx::query(
        "WITH gone AS (SELECT b.sequence FROM streams s JOIN blocks b \
         ON b.tenant = s.tenant AND b.stream_id = s.stream_id \
         WHERE s.tenant = $1 AND s.process_id = $2 LIMIT $3), \
         removed AS (DELETE FROM blocks WHERE sequence IN (SELECT sequence FROM gone) \
         RETURNING *), \
         released AS (DELETE FROM quarantined_blocks \
         WHERE sequence IN (SELECT sequence FROM gone)) \
         SELECT * FROM removed",
    )
    .bind(process.tenant.as_str())
    .bind(process.id)
    .bind(i64::try_from(block_count_max).unwrap_or(i64::MAX))
    .fetch_all(&mut *connection)
    .await?;
    reclaim::add(&mut *connection, decode::object_keys(&rows)?).await?;
    let mut done = Forgetting { blocks: rows.len() as u64, ..Forgetting::default() };
    if rows.len() < block_count_max {
        let waiting = sqlx::query(
            "DELETE FROM waiting_blocks WHERE tenant = $1 AND process_id = $2 RETURNING *",
        )
        .bind(process.tenant.as_str())
        .bind(process.id)
        .fetch_all(&mut *connection)
        .await?;
        reclaim::add(&mut *connection, decode::object_keys(&waiting)?).await?;
        let removed = delete_processes(&mut *connection, &process.tenant, &[process.id]).await?;
        done.waiting_blocks = waiting.len() as u64;
        (done.processes, done.streams) = (removed.processes, removed.streams);
        done.is_complete = true;
    }
    transaction.commit().await?;
    Ok(done)
}

async fn allow(pool: &PgPool, process: &RecordKey, actor: &str) -> Result<bool> {
    let mut transaction = begin_removal(pool).await?;
    let done = sqlx::query("DELETE FROM forgotten_processes WHERE tenant = $1 AND process_id = $2")
        .bind(process.tenant.as_str())
        .bind(process.id)
        .execute(&mut *transaction)
        .await?;
    let was_forgotten = done.rows_affected() == 1;
    if was_forgotten {
        audit::append(&mut transaction, NewAuditRecord::process_allowed(process, actor)).await?;
    }
    transaction.commit().await?;
    Ok(was_forgotten)
}
