//! Leases: who may do a piece of work now.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::error::Error;
use crate::tenant::Tenant;

/// What a lease is about, such as one view of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LeaseKey {
    /// Whose work it is.
    pub tenant: Tenant,
    /// The piece of work.
    pub name: String,
}

impl LeaseKey {
    /// Makes a key.
    pub fn new(tenant: Tenant, name: impl Into<String>) -> Self {
        Self { tenant, name: name.into() }
    }
}

impl fmt::Display for LeaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.tenant, self.name)
    }
}

/// The proof that a lease was held: its key and the epoch in which it was acquired.
///
/// Epochs of a key only grow, so an older token is refused once another holder has acquired it,
/// whatever the clocks of the holders say.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LeaseToken {
    /// What the lease is about.
    pub key: LeaseKey,
    /// The epoch in which it was acquired.
    pub epoch: u64,
}

impl LeaseToken {
    /// The answer to a token that is not held.
    pub(crate) fn lost(&self) -> Error {
        Error::conflict(format!(
            "the lease of {} from epoch {} is lost: drop the work and acquire it anew",
            self.key, self.epoch
        ))
    }
}

/// A lease of ten years lasts for ever in practice.
pub(crate) const LEASE_LONGEST: TimeDelta = TimeDelta::days(3650);

/// The end of a lease that starts now.
pub(crate) fn expiry(ttl: Duration) -> DateTime<Utc> {
    let ttl = TimeDelta::from_std(ttl).map_or(LEASE_LONGEST, |ttl| ttl.min(LEASE_LONGEST));
    (Utc::now() + ttl).trunc_subsecs(6)
}

/// A lease that was acquired or renewed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The proof to commit, renew and release with.
    pub token: LeaseToken,
    /// Who holds it, for people to read.
    pub holder: String,
    /// When others may acquire it, by the store's clock.
    pub expires: DateTime<Utc>,
}
