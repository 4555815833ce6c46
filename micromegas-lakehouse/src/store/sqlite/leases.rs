//! Leases.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::{SqliteConnection, SqlitePool};

use super::failure::Result;
use crate::ledger::{Lease, LeaseKey, LeaseToken, expiry};
use crate::time::to_nanos;

pub(super) async fn acquire(
    writer: &SqlitePool,
    key: &LeaseKey,
    holder: &str,
    ttl: Duration,
) -> Result<Option<Lease>> {
    let expires = expiry(ttl);
    let epoch: Option<i64> = sqlx::query_scalar(
        "INSERT INTO leases (tenant, name, epoch, holder, expires) VALUES (?, ?, 1, ?, ?) \
         ON CONFLICT (tenant, name) DO UPDATE \
         SET epoch = leases.epoch + 1, holder = excluded.holder, expires = excluded.expires \
         WHERE leases.holder IS NULL OR leases.expires <= ? RETURNING epoch",
    )
    .bind(key.tenant.as_str())
    .bind(&key.name)
    .bind(holder)
    .bind(to_nanos(expires, "expires")?)
    .bind(to_nanos(Utc::now(), "now")?)
    .fetch_optional(writer)
    .await?;
    Ok(epoch.map(|epoch| {
        let token = LeaseToken { key: key.clone(), epoch: epoch.unsigned_abs() };
        lease(token, holder.to_owned(), expires)
    }))
}

pub(super) async fn renew(writer: &SqlitePool, token: &LeaseToken, ttl: Duration) -> Result<Lease> {
    let expires = expiry(ttl);
    let holder: Option<String> = sqlx::query_scalar(
        "UPDATE leases SET expires = ? \
         WHERE tenant = ? AND name = ? AND epoch = ? AND holder IS NOT NULL RETURNING holder",
    )
    .bind(to_nanos(expires, "expires")?)
    .bind(token.key.tenant.as_str())
    .bind(&token.key.name)
    .bind(token.epoch.cast_signed())
    .fetch_optional(writer)
    .await?;
    match holder {
        Some(holder) => Ok(lease(token.clone(), holder, expires)),
        None => Err(token.lost().into()),
    }
}

pub(super) async fn release(writer: &SqlitePool, token: &LeaseToken) -> Result<()> {
    sqlx::query("UPDATE leases SET holder = NULL WHERE tenant = ? AND name = ? AND epoch = ?")
        .bind(token.key.tenant.as_str())
        .bind(&token.key.name)
        .bind(token.epoch.cast_signed())
        .execute(writer)
        .await?;
    Ok(())
}

/// Refuses a token that is not held.
pub(super) async fn require_held(
    connection: &mut SqliteConnection,
    token: &LeaseToken,
) -> Result<()> {
    let is_held: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM leases \
         WHERE tenant = ? AND name = ? AND epoch = ? AND holder IS NOT NULL)",
    )
    .bind(token.key.tenant.as_str())
    .bind(&token.key.name)
    .bind(token.epoch.cast_signed())
    .fetch_one(connection)
    .await?;
    if is_held { Ok(()) } else { Err(token.lost().into()) }
}

fn lease(token: LeaseToken, holder: String, expires: DateTime<Utc>) -> Lease {
    Lease { token, holder, expires }
}
