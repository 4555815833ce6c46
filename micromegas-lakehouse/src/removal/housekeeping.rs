//! Retention and reclaiming, round by round, by one of many servers.

use std::time::Duration;

use uuid::Uuid;

use crate::error::Result;
use crate::lakehouse::Lakehouse;
use crate::ledger::LeaseKey;
use crate::removal::{Expired, Reclaimed, Retention, RetentionPolicy, reclaim_objects};
use crate::tenant::Tenant;

/// The lease that lets one of many servers do it.
const LEASE_NAME: &str = "housekeeping";

/// Who the audit log says that it is done by.
const ACTOR: &str = "server";

/// How a lake is kept tidy.
#[derive(Debug, Clone)]
pub struct HousekeepingOptions {
    /// How long the lake keeps what it holds.
    pub policy: RetentionPolicy,
    /// How long bytes stay after their last row has gone: longer than any query runs.
    pub reader_age: Duration,
    /// How often one of many servers does it.
    pub period: Duration,
}

impl Default for HousekeepingOptions {
    /// Everything is kept for good; bytes without a row go after twenty minutes.
    fn default() -> Self {
        Self {
            policy: RetentionPolicy::default(),
            reader_age: Duration::from_secs(20 * 60),
            period: Duration::from_secs(600),
        }
    }
}

/// Keeps a lake tidy: applies its retention, and gives back what nothing refers to. The host calls
/// [`round`](Self::round) every [`period`](HousekeepingOptions::period).
#[derive(Debug)]
pub struct Housekeeping {
    lakehouse: Lakehouse,
    options: HousekeepingOptions,
    retention: Retention,
    holder: String,
}

impl Housekeeping {
    /// Housekeeping of this lake.
    pub fn new(lakehouse: Lakehouse, options: HousekeepingOptions) -> Self {
        let retention = Retention::new(options.policy.clone(), ACTOR);
        Self { lakehouse, options, retention, holder: Uuid::new_v4().to_string() }
    }

    /// Does what there is to do now, or tells with `None` that a server does it within this period.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if a store does not answer; the next round
    /// goes on.
    ///
    /// # Cancel safety
    ///
    /// A dropped round has done some of it; the next one goes on.
    pub async fn round(&mut self) -> Result<Option<(Expired, Reclaimed)>> {
        let store = self.lakehouse.store();
        let key = LeaseKey::new(Tenant::default(), LEASE_NAME);
        // The lease is kept until it expires, so that many servers do it as often as one.
        if store.acquire_lease(&key, &self.holder, self.options.period).await?.is_none() {
            return Ok(None);
        }
        let expired = self.retention.apply(&**store).await?;
        let reclaimed = reclaim_objects(&self.lakehouse, self.options.reader_age).await?;
        Ok(Some((expired, reclaimed)))
    }
}
