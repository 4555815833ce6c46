//! API keys.

use async_trait::async_trait;
use chrono::{SubsecRound, Utc};
use sqlx::{QueryBuilder, Sqlite, SqlitePool};
use uuid::Uuid;

use super::connect::begin;
use super::failure::Result;
use super::select::{push_in_tenants, push_limit};
use super::{SqliteStore, audit, decode};
use crate::audit::NewAuditRecord;
use crate::error::Error;
use crate::keys::{
    ApiKeyRecord, KeyFilter, KeyHash, KeyStore, NewApiKey, Revocation, require_actor,
};
use crate::tenant::Tenant;
use crate::time::to_nanos;

#[async_trait]
impl KeyStore for SqliteStore {
    async fn insert_key(&self, key: NewApiKey) -> crate::Result<ApiKeyRecord> {
        key.validate()?;
        self.finish(insert(&self.connections.writer, key).await)
    }

    async fn fetch_key(&self, hash: &KeyHash) -> crate::Result<Option<ApiKeyRecord>> {
        self.finish(fetch(&self.connections.readers, hash).await)
    }

    async fn list_keys(
        &self,
        filter: &KeyFilter,
        limit: usize,
    ) -> crate::Result<Vec<ApiKeyRecord>> {
        self.finish(list(&self.connections.readers, filter, limit).await)
    }

    async fn revoke_key(&self, tenant: &Tenant, id: Uuid, by: &str) -> crate::Result<ApiKeyRecord> {
        require_actor(by)?;
        self.finish(revoke(&self.connections.writer, tenant, id, by).await)
    }
}

async fn insert(writer: &SqlitePool, key: NewApiKey) -> Result<ApiKeyRecord> {
    let record = ApiKeyRecord::new(key, Utc::now().trunc_subsecs(6));
    let expires = record.expires.map(|expires| to_nanos(expires, "expires")).transpose()?;
    let mut transaction = begin(writer).await?;
    let done = sqlx::query(
        "INSERT INTO api_keys (tenant, key_id, hash, name, prefix, rights, expires, created_by, \
         created_time) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
    )
    .bind(record.tenant.as_str())
    .bind(record.id)
    .bind(record.hash.as_bytes().as_slice())
    .bind(&record.name)
    .bind(&record.prefix)
    .bind(record.rights.to_string())
    .bind(expires)
    .bind(&record.created_by)
    .bind(to_nanos(record.created_time, "now")?)
    .execute(&mut *transaction)
    .await?;
    if done.rows_affected() == 0 {
        return Err(Error::AlreadyExists { what: format!("key {}", record.id) }.into());
    }
    audit::append(&mut transaction, NewAuditRecord::key_created(&record)).await?;
    transaction.commit().await?;
    Ok(record)
}

async fn fetch(readers: &SqlitePool, hash: &KeyHash) -> Result<Option<ApiKeyRecord>> {
    let found = sqlx::query("SELECT * FROM api_keys WHERE hash = ?")
        .bind(hash.as_bytes().as_slice())
        .fetch_optional(readers)
        .await?;
    found.as_ref().map(decode::key).transpose()
}

async fn list(readers: &SqlitePool, filter: &KeyFilter, limit: usize) -> Result<Vec<ApiKeyRecord>> {
    let mut query = QueryBuilder::<Sqlite>::new("SELECT * FROM api_keys WHERE TRUE");
    if let Some(tenants) = &filter.tenants {
        query.push(" AND tenant");
        push_in_tenants(&mut query, tenants);
    }
    if let Some(after) = &filter.after {
        query.push(" AND (tenant, key_id) > (").push_bind(after.tenant.as_str().to_owned());
        query.push(", ").push_bind(after.id).push(")");
    }
    query.push(" ORDER BY tenant, key_id");
    push_limit(&mut query, limit);
    query.build().fetch_all(readers).await?.iter().map(decode::key).collect()
}

async fn revoke(writer: &SqlitePool, tenant: &Tenant, id: Uuid, by: &str) -> Result<ApiKeyRecord> {
    let mut transaction = begin(writer).await?;
    let found = sqlx::query("SELECT * FROM api_keys WHERE tenant = ? AND key_id = ?")
        .bind(tenant.as_str())
        .bind(id)
        .fetch_optional(&mut *transaction)
        .await?;
    let Some(found) = found else {
        return Err(Error::not_found(format!("key {id}")).into());
    };
    let mut key = decode::key(&found)?;
    if key.revoked.is_none() {
        let time = Utc::now().trunc_subsecs(6);
        sqlx::query(
            "UPDATE api_keys SET revoked_by = ?, revoked_time = ? WHERE tenant = ? AND key_id = ?",
        )
        .bind(by)
        .bind(to_nanos(time, "now")?)
        .bind(tenant.as_str())
        .bind(id)
        .execute(&mut *transaction)
        .await?;
        audit::append(&mut transaction, NewAuditRecord::key_revoked(&key, by)).await?;
        transaction.commit().await?;
        key.revoked = Some(Revocation { time, by: by.to_owned() });
    }
    Ok(key)
}
