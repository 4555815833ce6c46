//! Leases.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::error::Result;
use crate::ledger::{Lease, LeaseKey, LeaseToken, expiry};

/// The last acquisition of a key.
#[derive(Debug)]
pub(super) struct LeaseState {
    epoch: u64,
    /// `None` once released.
    holder: Option<String>,
    expires: DateTime<Utc>,
}

pub(super) fn acquire(
    leases: &mut HashMap<LeaseKey, LeaseState>,
    key: &LeaseKey,
    holder: &str,
    ttl: Duration,
) -> Option<Lease> {
    let last = leases.get(key);
    if last.is_some_and(|lease| lease.holder.is_some() && lease.expires > Utc::now()) {
        return None;
    }
    let epoch = last.map_or(1, |lease| lease.epoch + 1);
    let expires = expiry(ttl);
    let state = LeaseState { epoch, holder: Some(holder.to_owned()), expires };
    leases.insert(key.clone(), state);
    let token = LeaseToken { key: key.clone(), epoch };
    Some(Lease { token, holder: holder.to_owned(), expires })
}

pub(super) fn renew(
    leases: &mut HashMap<LeaseKey, LeaseState>,
    token: &LeaseToken,
    ttl: Duration,
) -> Result<Lease> {
    let lease = leases.get_mut(&token.key).filter(|lease| lease.epoch == token.epoch);
    let Some((lease, holder)) = lease.and_then(|lease| {
        let holder = lease.holder.clone()?;
        Some((lease, holder))
    }) else {
        return Err(token.lost());
    };
    lease.expires = expiry(ttl);
    Ok(Lease { token: token.clone(), holder, expires: lease.expires })
}

pub(super) fn release(leases: &mut HashMap<LeaseKey, LeaseState>, token: &LeaseToken) {
    if let Some(lease) = leases.get_mut(&token.key).filter(|lease| lease.epoch == token.epoch) {
        lease.holder = None;
    }
}

/// # Errors
///
/// [`Error::Conflict`] if the lease is lost.
pub(super) fn require_held(
    leases: &HashMap<LeaseKey, LeaseState>,
    token: &LeaseToken,
) -> Result<()> {
    let held = leases
        .get(&token.key)
        .is_some_and(|lease| lease.epoch == token.epoch && lease.holder.is_some());
    if held { Ok(()) } else { Err(token.lost()) }
}
