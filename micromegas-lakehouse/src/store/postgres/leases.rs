//! Leases, by the database's clock.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool};

use super::decode;
use super::failure::Result;
use super::text::stored;
use crate::ledger::{LEASE_LONGEST, Lease, LeaseKey, LeaseToken};

pub(super) async fn acquire(
    pool: &PgPool,
    key: &LeaseKey,
    holder: &str,
    ttl: Duration,
) -> Result<Option<Lease>> {
    let row = sqlx::query(
        "INSERT INTO leases (tenant, name, epoch, holder, expires) VALUES ($1, $2, 1, $3, \
         $4 + (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000) \
         ON CONFLICT (tenant, name) DO UPDATE \
         SET epoch = leases.epoch + 1, holder = excluded.holder, expires = excluded.expires \
         WHERE leases.holder IS NULL \
         OR leases.expires <= (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 \
         RETURNING epoch, holder, expires",
    )
    .bind(key.tenant.as_str())
    .bind(stored(&key.name))
    .bind(stored(holder))
    .bind(nanos(ttl))
    .fetch_optional(pool)
    .await?;
    row.map(|row| {
        let epoch = decode::unsigned(&row, "epoch")?;
        lease(LeaseToken { key: key.clone(), epoch }, &row)
    })
    .transpose()
}

pub(super) async fn renew(pool: &PgPool, token: &LeaseToken, ttl: Duration) -> Result<Lease> {
    let row = sqlx::query(
        "UPDATE leases \
         SET expires = $4 + (extract(epoch FROM clock_timestamp()) * 1000000)::bigint * 1000 \
         WHERE tenant = $1 AND name = $2 AND epoch = $3 AND holder IS NOT NULL \
         RETURNING holder, expires",
    )
    .bind(token.key.tenant.as_str())
    .bind(stored(&token.key.name))
    .bind(token.epoch.cast_signed())
    .bind(nanos(ttl))
    .fetch_optional(pool)
    .await?;
    match row {
        Some(row) => lease(token.clone(), &row),
        None => Err(token.lost().into()),
    }
}

pub(super) async fn release(pool: &PgPool, token: &LeaseToken) -> Result<()> {
    sqlx::query("UPDATE leases SET holder = NULL WHERE tenant = $1 AND name = $2 AND epoch = $3")
        .bind(token.key.tenant.as_str())
        .bind(stored(&token.key.name))
        .bind(token.epoch.cast_signed())
        .execute(pool)
        .await?;
    Ok(())
}

/// Refuses a token that is not held, and keeps others from acquiring the key until the
/// transaction ends.
pub(super) async fn require_held(connection: &mut PgConnection, token: &LeaseToken) -> Result<()> {
    let held = sqlx::query(
        "SELECT epoch FROM leases \
         WHERE tenant = $1 AND name = $2 AND epoch = $3 AND holder IS NOT NULL FOR SHARE",
    )
    .bind(token.key.tenant.as_str())
    .bind(stored(&token.key.name))
    .bind(token.epoch.cast_signed())
    .fetch_optional(connection)
    .await?;
    if held.is_some() { Ok(()) } else { Err(token.lost().into()) }
}

fn nanos(ttl: Duration) -> i64 {
    let longest = LEASE_LONGEST.num_nanoseconds().unwrap_or(i64::MAX);
    i64::try_from(ttl.as_nanos()).map_or(longest, |nanos| nanos.min(longest)) / 1000 * 1000
}

fn lease(token: LeaseToken, row: &PgRow) -> Result<Lease> {
    let holder = decode::text(row, "holder")?;
    Ok(Lease { token, holder, expires: decode::time(row, "expires")? })
}
