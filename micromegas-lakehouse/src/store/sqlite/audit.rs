//! The audit log.

use async_trait::async_trait;
use chrono::{SubsecRound, Utc};
use sqlx::{QueryBuilder, Sqlite, SqliteConnection, SqlitePool};

use super::connect::begin;
use super::encode::json;
use super::failure::Result;
use super::select::{push_in_tenants, push_limit};
use super::{SqliteStore, decode};
use crate::audit::{AuditFilter, AuditLog, AuditRecord, NewAuditRecord};
use crate::tenant::Tenant;
use crate::time::to_nanos;

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append_audit(&self, records: Vec<NewAuditRecord>) -> crate::Result<()> {
        self.finish(append_all(&self.connections.writer, records).await)
    }

    async fn list_audit(
        &self,
        tenants: &[Tenant],
        filter: &AuditFilter,
        limit: usize,
    ) -> crate::Result<Vec<AuditRecord>> {
        self.finish(list(&self.connections.readers, tenants, filter, limit).await)
    }
}

async fn append_all(writer: &SqlitePool, records: Vec<NewAuditRecord>) -> Result<()> {
    let mut transaction = begin(writer).await?;
    for record in records {
        append(&mut transaction, record).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Appends a record within a transaction that does what is recorded.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    record: NewAuditRecord,
) -> Result<()> {
    let record = record.bounded();
    sqlx::query(
        "INSERT INTO audit_log (time, tenant, actor, action, target, details) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(to_nanos(Utc::now().trunc_subsecs(6), "now")?)
    .bind(record.tenant.as_str())
    .bind(&record.actor)
    .bind(&record.action)
    .bind(&record.target)
    .bind(json(&record.details)?)
    .execute(connection)
    .await?;
    Ok(())
}

async fn list(
    readers: &SqlitePool,
    tenants: &[Tenant],
    filter: &AuditFilter,
    limit: usize,
) -> Result<Vec<AuditRecord>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM audit_log WHERE tenant");
    push_in_tenants(&mut query, tenants);
    let after = i64::try_from(filter.after).unwrap_or(i64::MAX);
    query.push(" AND number > ").push_bind(after).push(" ORDER BY number");
    push_limit(&mut query, limit);
    query.build().fetch_all(readers).await?.iter().map(decode::audit_record).collect()
}
