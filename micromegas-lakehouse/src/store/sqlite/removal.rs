//! Rows that leave the lake.

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::connect::begin;
use super::encode::{json, json_ids};
use super::failure::Result;
use super::{SqliteStore, audit, decode, reclaim};
use crate::audit::NewAuditRecord;
use crate::keys::require_actor;
use crate::lake::RecordKey;
use crate::removal::{
    Forgetting, PayloadMove, PayloadReference, ReclaimableObject, RemovalStore, RemovedProcesses,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;
use crate::time::to_nanos;

#[async_trait]
impl RemovalStore for SqliteStore {
    async fn list_tenants(&self) -> crate::Result<Vec<Tenant>> {
        self.finish(list_tenants(&self.connections.readers).await)
    }

    async fn remove_blocks(
        &self,
        tenant: &Tenant,
        blocks: &[CommitSequence],
    ) -> crate::Result<u64> {
        self.finish(remove_blocks(&self.connections.writer, tenant, blocks).await)
    }

    async fn remove_waiting_blocks(&self, tenant: &Tenant, blocks: &[Uuid]) -> crate::Result<u64> {
        self.finish(remove_waiting_blocks(&self.connections.writer, tenant, blocks).await)
    }

    async fn remove_idle_processes(
        &self,
        tenant: &Tenant,
        processes: &[Uuid],
        idle_since: DateTime<Utc>,
    ) -> crate::Result<RemovedProcesses> {
        let writer = &self.connections.writer;
        self.finish(remove_idle_processes(writer, tenant, processes, idle_since).await)
    }

    async fn forget_process(
        &self,
        process: &RecordKey,
        actor: &str,
        block_count_max: usize,
    ) -> crate::Result<Forgetting> {
        require_actor(actor)?;
        self.finish(forget(&self.connections.writer, process, actor, block_count_max).await)
    }

    async fn allow_process(&self, process: &RecordKey, actor: &str) -> crate::Result<bool> {
        require_actor(actor)?;
        self.finish(allow(&self.connections.writer, process, actor).await)
    }

    async fn list_reclaimable_objects(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> crate::Result<Vec<ReclaimableObject>> {
        self.finish(reclaim::list(&self.connections.readers, after, limit).await)
    }

    async fn list_payloads(&self, key: &str) -> crate::Result<Vec<PayloadReference>> {
        self.finish(reclaim::list_payloads(&self.connections.readers, key).await)
    }

    async fn move_payloads(&self, moves: &[PayloadMove]) -> crate::Result<()> {
        self.finish(reclaim::move_payloads(&self.connections.writer, moves).await)
    }

    async fn note_deleted_object(&self, key: &str) -> crate::Result<()> {
        self.finish(reclaim::note_deleted(&self.connections.writer, key).await)
    }

    async fn finish_reclaimable_object(&self, key: &str) -> crate::Result<()> {
        self.finish(reclaim::finish(&self.connections.writer, key).await)
    }
}

/// Each tenant is one step of two indexes.
async fn list_tenants(readers: &SqlitePool) -> Result<Vec<Tenant>> {
    let mut tenants = Vec::<Tenant>::new();
    loop {
        let last = tenants.last().map_or("", Tenant::as_str);
        let next: Option<String> = sqlx::query_scalar(
            "SELECT min(t) FROM (SELECT min(tenant) AS t FROM processes WHERE tenant > ?1 \
             UNION ALL SELECT min(tenant) FROM waiting_blocks WHERE tenant > ?1)",
        )
        .bind(last)
        .fetch_one(readers)
        .await?;
        let Some(next) = next else { return Ok(tenants) };
        tenants.push(Tenant::new(&next)?);
    }
}

async fn remove_blocks(
    writer: &SqlitePool,
    tenant: &Tenant,
    blocks: &[CommitSequence],
) -> Result<u64> {
    let numbers: Vec<i64> = blocks.iter().map(|number| number.as_u64().cast_signed()).collect();
    let mut transaction = begin(writer).await?;
    let (numbers, keys) = select_blocks(
        sqlx::query(
            "SELECT * FROM blocks WHERE tenant = ? \
             AND sequence IN (SELECT value FROM json_each(?))",
        )
        .bind(tenant.as_str())
        .bind(json(&numbers)?),
        &mut transaction,
    )
    .await?;
    delete_blocks(&mut transaction, &numbers).await?;
    reclaim::add_unreferenced(&mut transaction, &keys).await?;
    transaction.commit().await?;
    Ok(numbers.len() as u64)
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments>;

/// The numbers of complete blocks and the keys of their objects.
async fn select_blocks(
    query: Query<'_>,
    connection: &mut SqliteConnection,
) -> Result<(Vec<i64>, Vec<String>)> {
    let rows = query.fetch_all(connection).await?;
    let mut numbers = Vec::with_capacity(rows.len());
    for row in &rows {
        numbers.push(row.try_get("sequence")?);
    }
    Ok((numbers, decode::object_keys(&rows)?))
}

async fn delete_blocks(connection: &mut SqliteConnection, numbers: &[i64]) -> Result<()> {
    let numbers = json(numbers)?;
    for statement in [
        "DELETE FROM blocks WHERE sequence IN (SELECT value FROM json_each(?))",
        "DELETE FROM quarantined_blocks WHERE sequence IN (SELECT value FROM json_each(?))",
    ] {
        sqlx::query(statement).bind(&numbers).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn remove_waiting_blocks(writer: &SqlitePool, tenant: &Tenant, ids: &[Uuid]) -> Result<u64> {
    let ids = json_ids(ids);
    let mut transaction = begin(writer).await?;
    let rows = sqlx::query(
        "DELETE FROM waiting_blocks WHERE tenant = ? \
         AND block_id IN (SELECT unhex(value) FROM json_each(?)) RETURNING *",
    )
    .bind(tenant.as_str())
    .bind(ids)
    .fetch_all(&mut *transaction)
    .await?;
    reclaim::add_unreferenced(&mut transaction, &decode::object_keys(&rows)?).await?;
    transaction.commit().await?;
    Ok(rows.len() as u64)
}

/// Processes `p` of a list that are idle and empty.
const IDLE: &str = "SELECT p.process_id FROM processes p WHERE p.tenant = ?1 \
     AND p.process_id IN (SELECT unhex(value) FROM json_each(?2)) \
     AND coalesce(p.last_update_time, p.insert_time) < ?3 \
     AND NOT EXISTS (SELECT 1 FROM streams s JOIN blocks b \
         ON b.tenant = s.tenant AND b.stream_id = s.stream_id \
         WHERE s.tenant = p.tenant AND s.process_id = p.process_id) \
     AND NOT EXISTS (SELECT 1 FROM waiting_blocks w \
         WHERE w.tenant = p.tenant AND w.process_id = p.process_id)";

async fn remove_idle_processes(
    writer: &SqlitePool,
    tenant: &Tenant,
    processes: &[Uuid],
    idle_since: DateTime<Utc>,
) -> Result<RemovedProcesses> {
    let mut transaction = begin(writer).await?;
    let idle: Vec<Uuid> = sqlx::query_scalar(IDLE)
        .bind(tenant.as_str())
        .bind(json_ids(processes))
        .bind(to_nanos(idle_since, "idle_since")?)
        .fetch_all(&mut *transaction)
        .await?;
    let removed = delete_processes(&mut transaction, tenant, &idle).await?;
    transaction.commit().await?;
    Ok(removed)
}

/// Deletes the rows of processes and of their streams.
async fn delete_processes(
    connection: &mut SqliteConnection,
    tenant: &Tenant,
    ids: &[Uuid],
) -> Result<RemovedProcesses> {
    let ids = json_ids(ids);
    let mut counts = [0, 0];
    for (count, statement) in counts.iter_mut().zip([
        "DELETE FROM streams WHERE tenant = ? \
         AND process_id IN (SELECT unhex(value) FROM json_each(?))",
        "DELETE FROM processes WHERE tenant = ? \
         AND process_id IN (SELECT unhex(value) FROM json_each(?))",
    ]) {
        let query = sqlx::query(statement).bind(tenant.as_str()).bind(&ids);
        *count = query.execute(&mut *connection).await?.rows_affected();
    }
    let [streams, processes] = counts;
    Ok(RemovedProcesses { processes, streams })
}

async fn forget(
    writer: &SqlitePool,
    process: &RecordKey,
    actor: &str,
    block_count_max: usize,
) -> Result<Forgetting> {
    let block_count_max = block_count_max.max(1);
    let mut transaction = begin(writer).await?;
    let connection = &mut *transaction;
    let marked = sqlx::query(
        "INSERT INTO forgotten_processes (tenant, process_id, time) VALUES (?, ?, ?) \
         ON CONFLICT DO NOTHING",
    )
    .bind(process.tenant.as_str())
    .bind(process.id)
    .bind(to_nanos(Utc::now().trunc_subsecs(6), "now")?)
    .execute(&mut *connection)
    .await?;
    if marked.rows_affected() == 1 {
        let record = NewAuditRecord::process_forgotten(process, actor);
        audit::append(&mut *connection, record).await?;
    }
    let query = sqlx::query(
        "SELECT b.* FROM streams s CROSS JOIN blocks b \
         ON b.tenant = s.tenant AND b.stream_id = s.stream_id \
         WHERE s.tenant = ? AND s.process_id = ? LIMIT ?",
    );
    let limit = i64::try_from(block_count_max).unwrap_or(i64::MAX);
    let query = query.bind(process.tenant.as_str()).bind(process.id).bind(limit);
    let (numbers, objects) = select_blocks(query, &mut *connection).await?;
    delete_blocks(&mut *connection, &numbers).await?;
    reclaim::add(&mut *connection, &objects).await?;
    let mut done = Forgetting { blocks: numbers.len() as u64, ..Forgetting::default() };
    if numbers.len() < block_count_max {
        let waiting = sqlx::query(
            "DELETE FROM waiting_blocks WHERE tenant = ? AND process_id = ? RETURNING *",
        )
        .bind(process.tenant.as_str())
        .bind(process.id)
        .fetch_all(&mut *connection)
        .await?;
        reclaim::add(&mut *connection, &decode::object_keys(&waiting)?).await?;
        let removed = delete_processes(&mut *connection, &process.tenant, &[process.id]).await?;
        done.waiting_blocks = waiting.len() as u64;
        (done.processes, done.streams) = (removed.processes, removed.streams);
        done.is_complete = true;
    }
    transaction.commit().await?;
    Ok(done)
}

async fn allow(writer: &SqlitePool, process: &RecordKey, actor: &str) -> Result<bool> {
    let mut transaction = begin(writer).await?;
    let done = sqlx::query("DELETE FROM forgotten_processes WHERE tenant = ? AND process_id = ?")
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
