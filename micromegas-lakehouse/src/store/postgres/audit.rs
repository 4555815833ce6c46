//! The audit log.

use async_trait::async_trait;
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder};

use super::failure::Result;
use super::select::{push_any_tenant, push_limit};
use super::text::stored;
use super::{PostgresStore, decode};
use crate::audit::{AuditFilter, AuditLog, AuditRecord, NewAuditRecord};
use crate::error::Error;
use crate::tenant::Tenant;

#[async_trait]
impl AuditLog for PostgresStore {
    async fn append_audit(&self, records: Vec<NewAuditRecord>) -> crate::Result<()> {
        self.finish(append_all(&self.connections.pool, records).await)
    }

    async fn list_audit(
        &self,
        tenants: &[Tenant],
        filter: &AuditFilter,
        limit: usize,
    ) -> crate::Result<Vec<AuditRecord>> {
        self.finish(list(&self.connections.pool, tenants, filter, limit).await)
    }
}

async fn append_all(pool: &PgPool, records: Vec<NewAuditRecord>) -> Result<()> {
    let mut transaction = pool.begin().await?;
    for record in records {
        append(&mut transaction, record).await?;
    }
    transaction.commit().await?;
    Ok(())
}

/// Appends a record within a transaction that does what is recorded. Others that append wait
/// until it ends, so that no number becomes visible after a greater one.
pub(super) async fn append(connection: &mut PgConnection, record: NewAuditRecord) -> Result<()> {
    let record = record.bounded();
    sqlx::raw_sql("LOCK TABLE audit_log IN EXCLUSIVE MODE").execute(&mut *connection).await?;
    // JSON escapes U+0000.
    let details = serde_json::to_string(&record.details)
        .map_err(|_| Error::invalid("details must be representable in JSON"))?;
    sqlx::query(
        "INSERT INTO audit_log (time, tenant, actor, action, target, details) VALUES \
         ((extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000, $1, $2, $3, $4, $5)",
    )
    .bind(record.tenant.as_str())
    .bind(stored(&record.actor))
    .bind(stored(&record.action))
    .bind(stored(&record.target))
    .bind(details)
    .execute(connection)
    .await?;
    Ok(())
}

async fn list(
    pool: &PgPool,
    tenants: &[Tenant],
    filter: &AuditFilter,
    limit: usize,
) -> Result<Vec<AuditRecord>> {
    let mut query = QueryBuilder::<Postgres>::new("SELECT * FROM audit_log WHERE tenant");
    push_any_tenant(&mut query, tenants);
    let after = i64::try_from(filter.after).unwrap_or(i64::MAX);
    query.push(" AND number > ").push_bind(after).push(" ORDER BY number");
    push_limit(&mut query, limit);
    query.build().fetch_all(pool).await?.iter().map(decode::audit_record).collect()
}
