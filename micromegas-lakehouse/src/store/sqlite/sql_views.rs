//! Definitions of views.

use async_trait::async_trait;
use chrono::{SubsecRound, Utc};
use sqlx::{QueryBuilder, Sqlite, SqlitePool};

use super::connect::begin;
use super::failure::Result;
use super::select::push_in_tenants;
use super::{SqliteStore, audit, decode};
use crate::audit::NewAuditRecord;
use crate::error::Error;
use crate::keys::require_actor;
use crate::sql_views::{NewSqlView, SqlViewRecord, SqlViewStore};
use crate::tenant::Tenant;
use crate::time::to_nanos;

#[async_trait]
impl SqlViewStore for SqliteStore {
    async fn define_view(&self, view: NewSqlView, replaces: bool) -> crate::Result<SqlViewRecord> {
        view.validate()?;
        self.finish(define(&self.connections.writer, view, replaces).await)
    }

    async fn drop_view(&self, tenant: &Tenant, name: &str, by: &str) -> crate::Result<()> {
        require_actor(by)?;
        self.finish(drop_one(&self.connections.writer, tenant, name, by).await)
    }

    async fn list_views(&self, tenants: &[Tenant]) -> crate::Result<Vec<SqlViewRecord>> {
        self.finish(list(&self.connections.readers, tenants).await)
    }
}

async fn define(writer: &SqlitePool, view: NewSqlView, replaces: bool) -> Result<SqlViewRecord> {
    let mut transaction = begin(writer).await?;
    let row = sqlx::query(
        "INSERT INTO sql_views (tenant, name, version, sql, created_by, created_time) \
         VALUES (?, ?, 1, ?, ?, ?) ON CONFLICT (tenant, name) DO UPDATE SET \
         version = version + 1, sql = excluded.sql, created_by = excluded.created_by, \
         created_time = excluded.created_time WHERE sql IS NULL OR ? RETURNING *",
    )
    .bind(view.tenant.as_str())
    .bind(&view.name)
    .bind(&view.sql)
    .bind(&view.created_by)
    .bind(to_nanos(Utc::now().trunc_subsecs(6), "now")?)
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

async fn drop_one(writer: &SqlitePool, tenant: &Tenant, name: &str, by: &str) -> Result<()> {
    let mut transaction = begin(writer).await?;
    let row =
        sqlx::query("SELECT * FROM sql_views WHERE tenant = ? AND name = ? AND sql IS NOT NULL")
            .bind(tenant.as_str())
            .bind(name)
            .fetch_optional(&mut *transaction)
            .await?;
    let Some(row) = row else {
        return Err(Error::not_found(format!("view {name}")).into());
    };
    sqlx::query("UPDATE sql_views SET sql = NULL WHERE tenant = ? AND name = ?")
        .bind(tenant.as_str())
        .bind(name)
        .execute(&mut *transaction)
        .await?;
    audit::append(&mut transaction, NewAuditRecord::view_dropped(&decode::sql_view(&row)?, by))
        .await?;
    transaction.commit().await?;
    Ok(())
}

async fn list(readers: &SqlitePool, tenants: &[Tenant]) -> Result<Vec<SqlViewRecord>> {
    let mut query =
        QueryBuilder::<Sqlite>::new("SELECT * FROM sql_views WHERE sql IS NOT NULL AND tenant");
    push_in_tenants(&mut query, tenants);
    query.push(" ORDER BY tenant, name");
    query.build().fetch_all(readers).await?.iter().map(decode::sql_view).collect()
}
