//! What the host decides about limits.

use std::collections::HashMap;
use std::time::Duration;

use micromegas_lakehouse::Tenant;

/// What one tenant may send. By default rates are unlimited, and memory is not.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TenantLimits {
    /// Requests per second, on the average of [`burst`](Self::burst); more are answered with 429.
    pub requests_per_second: Option<u32>,
    /// Bytes of bodies per second, on the same average; more are answered with 429.
    pub bytes_per_second: Option<u64>,
    /// What has not been used of the rates for so long may be used at once. 10 seconds by
    /// default. A single body may have any size the service takes: what it has beyond is waited
    /// for by the next one.
    pub burst: Duration,
    /// The bytes of bodies that are being received or stored at one time; more are answered with
    /// 503. 256 MiB by default, and never less than the longest body that comes alone.
    pub in_flight_bytes_max: usize,
    /// The requests at one time; more are answered with 503. 4,096 by default.
    pub in_flight_requests_max: usize,
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            requests_per_second: None,
            bytes_per_second: None,
            burst: Duration::from_secs(10),
            in_flight_bytes_max: 256 * 1024 * 1024,
            in_flight_requests_max: 4096,
        }
    }
}

impl TenantLimits {
    /// Sets [`requests_per_second`](Self::requests_per_second).
    #[must_use]
    pub fn with_requests_per_second(mut self, rate: u32) -> Self {
        self.requests_per_second = Some(rate);
        self
    }

    /// Sets [`bytes_per_second`](Self::bytes_per_second).
    #[must_use]
    pub fn with_bytes_per_second(mut self, rate: u64) -> Self {
        self.bytes_per_second = Some(rate);
        self
    }

    /// Sets [`burst`](Self::burst).
    #[must_use]
    pub fn with_burst(mut self, burst: Duration) -> Self {
        self.burst = burst;
        self
    }

    /// Sets [`in_flight_bytes_max`](Self::in_flight_bytes_max).
    #[must_use]
    pub fn with_in_flight_bytes_max(mut self, bytes: usize) -> Self {
        self.in_flight_bytes_max = bytes;
        self
    }

    /// Sets [`in_flight_requests_max`](Self::in_flight_requests_max).
    #[must_use]
    pub fn with_in_flight_requests_max(mut self, requests: usize) -> Self {
        self.in_flight_requests_max = requests;
        self
    }
}

/// How slowly a body may come. One that comes more slowly is answered with 503: a sender behind a
/// bad network keeps its data and tries again, and one that only holds connections gains nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct BodyPace {
    /// The longest time without a byte. 30 seconds by default.
    pub idle_max: Duration,
    /// For how long the rate does not matter. 30 seconds by default.
    pub grace: Duration,
    /// The least average rate after that. 4 KiB per second by default.
    pub bytes_per_second_min: u32,
}

impl Default for BodyPace {
    fn default() -> Self {
        Self {
            idle_max: Duration::from_secs(30),
            grace: Duration::from_secs(30),
            bytes_per_second_min: 4096,
        }
    }
}

impl BodyPace {
    /// Sets all three.
    pub fn new(idle_max: Duration, grace: Duration, bytes_per_second_min: u32) -> Self {
        Self { idle_max, grace, bytes_per_second_min }
    }

    /// How long after its start a body may take that has come this far.
    pub(super) fn time_for(&self, bytes: u64) -> Duration {
        let rate = f64::from(self.bytes_per_second_min.max(1));
        let earned = Duration::try_from_secs_f64(bytes as f64 / rate).unwrap_or(Duration::MAX);
        self.grace.saturating_add(earned)
    }
}

/// The limits of all tenants.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct LimitOptions {
    /// The limits of tenants that have none of their own.
    pub each_tenant: TenantLimits,
    /// The limits of single tenants.
    pub tenants: HashMap<Tenant, TenantLimits>,
    /// How slowly a body may come.
    pub pace: BodyPace,
    /// What `Retry-After` says where no rate tells it. 2 seconds by default.
    pub retry_after: Duration,
}

impl Default for LimitOptions {
    fn default() -> Self {
        Self {
            each_tenant: TenantLimits::default(),
            tenants: HashMap::new(),
            pace: BodyPace::default(),
            retry_after: Duration::from_secs(2),
        }
    }
}

impl LimitOptions {
    /// Sets [`each_tenant`](Self::each_tenant).
    #[must_use]
    pub fn with_each_tenant(mut self, limits: TenantLimits) -> Self {
        self.each_tenant = limits;
        self
    }

    /// Sets the limits of one tenant.
    #[must_use]
    pub fn with_tenant(mut self, tenant: Tenant, limits: TenantLimits) -> Self {
        self.tenants.insert(tenant, limits);
        self
    }

    /// Sets [`pace`](Self::pace).
    #[must_use]
    pub fn with_pace(mut self, pace: BodyPace) -> Self {
        self.pace = pace;
        self
    }

    /// Sets [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = delay;
        self
    }
}
