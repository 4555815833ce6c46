//! API keys.

use async_trait::async_trait;
use sqlx::{PgPool, Postgres, QueryBuilder};
use uuid::Uuid;

use super::failure::Result;
use super::select::{push_any_tenant, push_limit};
use super::text::stored;
use super::{PostgresStore, audit, decode};
use crate::audit::NewAuditRecord;
use crate::error::Error;
use crate::keys::{ApiKeyRecord, KeyFilter, KeyHash, KeyStore, NewApiKey, require_actor};
use crate::tenant::Tenant;
use crate::time::to_nanos;

#[async_trait]
impl KeyStore for PostgresStore {
    async fn insert_key(&self, key: NewApiKey) -> crate::Result<ApiKeyRecord> {
        key.validate()?;
        self.finish(insert(&self.connections.pool, key).await)
    }

    async fn fetch_key(&self, hash: &KeyHash) -> crate::Result<Option<ApiKeyRecord>> {
        self.finish(fetch(&self.connections.pool, hash).await)
    }

    async fn list_keys(
        &self,
        filter: &KeyFilter,
        limit: usize,
    ) -> crate::Result<Vec<ApiKeyRecord>> {
        self.finish(list(&self.connections.pool, filter, limit).await)
    }

    async fn revoke_key(&self, tenant: &Tenant, id: Uuid, by: &str) -> crate::Result<ApiKeyRecord> {
        require_actor(by)?;
        self.finish(revoke(&self.connections.pool, tenant, id, by).await)
    }
}

async fn insert(pool: &PgPool, key: NewApiKey) -> Result<ApiKeyRecord> {
    let expires = key.expires.map(|expires| to_nanos(expires, "expires")).transpose()?;
    let mut transaction = pool.begin().await?;
    let row = sqlx::query(
        "INSERT INTO api_keys (tenant, key_id, hash, name, prefix, rights, expires, created_by, \
         created_time) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, \
         (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000) \
         ON CONFLICT DO NOTHING RETURNING *",
    )
    .bind(key.tenant.as_str())
    .bind(key.id)
    .bind(key.hash.as_bytes().as_slice())
    .bind(stored(&key.name))
    .bind(stored(&key.prefix))
    .bind(key.rights.to_string())
    .bind(expires)
    .bind(stored(&key.created_by))
    .fetch_optional(&mut *transaction)
    .await?;
    let Some(row) = row else {
        return Err(Error::AlreadyExists { what: format!("key {}", key.id) }.into());
    };
    let record = decode::key(&row)?;
    audit::append(&mut transaction, NewAuditRecord::key_created(&record)).await?;
    transaction.commit().await?;
    Ok(record)
}

async fn fetch(pool: &PgPool, hash: &KeyHash) -> Result<Option<ApiKeyRecord>> {
    let found = sqlx::query("SELECT * FROM api_keys WHERE hash = $1")
        .bind(hash.as_bytes().as_slice())
        .fetch_optional(pool)
        .await?;
    found.as_ref().map(decode::key).transpose()
}

async fn list(pool: &PgPool, filter: &KeyFilter, limit: usize) -> Result<Vec<ApiKeyRecord>> {
    let mut query = QueryBuilder::<Postgres>::new("SELECT * FROM api_keys WHERE TRUE");
    if let Some(tenants) = &filter.tenants {
        query.push(" AND tenant");
        push_any_tenant(&mut query, tenants);
    }
    if let Some(after) = &filter.after {
        query.push(" AND (tenant, key_id) > (").push_bind(after.tenant.as_str().to_owned());
        query.push(", ").push_bind(after.id).push(")");
    }
    query.push(" ORDER BY tenant, key_id");
    push_limit(&mut query, limit);
    query.build().fetch_all(pool).await?.iter().map(decode::key).collect()
}

async fn revoke(pool: &PgPool, tenant: &Tenant, id: Uuid, by: &str) -> Result<ApiKeyRecord> {
    let mut transaction = pool.begin().await?;
    let row = sqlx::query(
        "UPDATE api_keys SET revoked_by = $3, \
         revoked_time = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 \
         WHERE tenant = $1 AND key_id = $2 AND revoked_time IS NULL RETURNING *",
    )
    .bind(tenant.as_str())
    .bind(id)
    .bind(stored(by))
    .fetch_optional(&mut *transaction)
    .await?;
    if let Some(row) = row {
        let key = decode::key(&row)?;
        audit::append(&mut transaction, NewAuditRecord::key_revoked(&key, by)).await?;
        transaction.commit().await?;
        return Ok(key);
    }
    // It was revoked before, or is not there.
    let row = sqlx::query("SELECT * FROM api_keys WHERE tenant = $1 AND key_id = $2")
        .bind(tenant.as_str())
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
    row.as_ref()
        .map(decode::key)
        .transpose()?
        .ok_or_else(|| Error::not_found(format!("key {id}")).into())
}
