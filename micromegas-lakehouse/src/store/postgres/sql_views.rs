//! Definitions of views.

use async_trait::async_trait;
use sqlx::{PgPool, Postgres, QueryBuilder};

use super::failure::Result;
use super::select::push_any_tenant;
use super::text::stored;
use super::{PostgresStore, audit, decode};
use crate::audit::NewAuditRecord;
use crate::error::Error;
use crate::keys::require_actor;
use crate::sql_views::{NewSqlView, SqlViewRecord, SqlViewStore};
use crate::tenant::Tenant;

#[async_trait]
impl SqlViewStore for PostgresStore {
    async fn define_view(&self, view: NewSqlView, replaces: bool) -> crate::Result<SqlViewRecord> {
        view.validate()?;
        self.finish(define(&self.connections.pool, view, replaces).await)
    }

    async fn drop_view(&self, tenant: &Tenant, name: &str, by: &str) -> crate::Result<()> {
        require_actor(by)?;
        self.finish(drop_one(&self.connections.pool, tenant, name, by).await)
    }

    async fn list_views(&self, tenants: &[Tenant]) -> crate::Result<Vec<SqlViewRecord>> {
        self.finish(list(&self.connections.pool, tenants).await)
    }
}

async fn define(pool: &PgPool, view: NewSqlView, replaces: bool) -> Result<SqlViewRecord> {
    let mut transaction = pool.begin().await?;
    let row = sqlx::query(
        "INSERT INTO sql_views AS v (tenant, name, version, sql, created_by, created_time) \
         VALUES ($1, $2, 1, $3, $4, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000) \
         ON CONFLICT (tenant, name) DO UPDATE SET version = v.version + 1, sql = excluded.sql, \
         created_by = excluded.created_by, created_time = excluded.created_time \
         WHERE v.sql IS NULL OR $5 RETURNING *",
    )
    .bind(view.tenant.as_str())
    .bind(stored(&view.name))
    .bind(stored(&view.sql))
    .bind(stored(&view.created_by))
    .bind(replaces)
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else {
        return Err(Error::AlreadyExists { what: format!("view {}", view.name) }.into());
    };
    let record = decode::sql_view(&row)?;
    audit::append(&mut transaction, NewAuditRecord::view_defined(&record)).await?;
    transaction.commit().await?;
    Ok(record)
}

async fn drop_one(pool: &PgPool, tenant: &Tenant, name: &str, by: &str) -> Result<()> {
    let mut transaction = pool.begin().await?;
    let row = sqlx::query(
        "SELECT * FROM sql_views WHERE tenant = $1 AND name = $2 AND sql IS NOT NULL FOR UPDATE",
    )
    .bind(tenant.as_str())
    .bind(stored(name))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else {
        return Err(Error::not_found(format!("view {name}")).into());
    };
    sqlx::query("UPDATE sql_views SET sql = NULL WHERE tenant = $1 AND name = $2")
        .bind(tenant.as_str())
        .bind(stored(name))
        .execute(&mut *transaction)
        .await?;
    audit::append(&mut transaction, NewAuditRecord::view_dropped(&decode::sql_view(&row)?, by))
        .await?;
    transaction.commit().await?;
    Ok(())
}

async fn list(pool: &PgPool, tenants: &[Tenant]) -> Result<Vec<SqlViewRecord>> {
    let mut query =
        QueryBuilder::<Postgres>::new("SELECT * FROM sql_views WHERE sql IS NOT NULL AND tenant");
    push_any_tenant(&mut query, tenants);
    query.push(" ORDER BY tenant, name");
    query.build().fetch_all(pool).await?.iter().map(decode::sql_view).collect()
}
