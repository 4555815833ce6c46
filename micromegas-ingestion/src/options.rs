//! What the host decides about ingestion.

use std::time::Duration;

use micromegas_lakehouse::Principal;
use micromegas_transit::Limits;

#[cfg(feature = "otlp")]
use crate::otlp::{OtlpFormat, OtlpOptions};

/// What the host decides about ingestion. [`Default`] suits a server on a trusted network.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct IngestionOptions {
    /// The longest request body that is accepted, in bytes; a longer one is answered with 413.
    /// 100 MiB by default, which is what published clients count on.
    pub body_bytes_max: usize,
    /// The bytes of all request bodies that are being received or stored at the same time.
    /// A request that would exceed it is answered with 503. 256 MiB by default, and never less
    /// than [`body_bytes_max`](Self::body_bytes_max), or the largest body could never get in.
    pub in_flight_bytes_max: usize,
    /// What `Retry-After` says when a request is refused for the moment. 2 seconds by default;
    /// sent in whole seconds, at least one.
    pub retry_after: Duration,
    /// How long a store may take to answer the readiness probe. 2 seconds by default.
    pub probe_timeout: Duration,
    /// Who a request is made by when no layer has put a [`Principal`] into its extensions.
    /// [`Principal::local`] by default; `None` answers such requests with 401, which is the
    /// setting for a host that authenticates.
    pub anonymous: Option<Principal>,
    /// What the layout of a stream may ask of decoders: number, nesting and members of its types.
    /// A stream beyond is answered with 400, and so is one whose types contain each other.
    pub layout_limits: Limits,
    /// How often rules of [`control`](crate::control) are read that other servers of the same lake
    /// have set. 10 seconds by default; each time is one listing of the object store.
    pub control_refresh_period: Duration,
    /// What is decided about OTLP.
    #[cfg(feature = "otlp")]
    pub otlp: OtlpOptions,
}

impl Default for IngestionOptions {
    fn default() -> Self {
        Self {
            body_bytes_max: 100 * 1024 * 1024,
            in_flight_bytes_max: 256 * 1024 * 1024,
            retry_after: Duration::from_secs(2),
            probe_timeout: Duration::from_secs(2),
            anonymous: Some(Principal::local()),
            layout_limits: Limits::default(),
            control_refresh_period: Duration::from_secs(10),
            #[cfg(feature = "otlp")]
            otlp: OtlpOptions::default(),
        }
    }
}

impl IngestionOptions {
    /// The budget of bytes in flight; the longest body always fits.
    pub(crate) fn budget_bytes(&self) -> usize {
        self.in_flight_bytes_max.max(self.body_bytes_max)
    }

    /// Sets [`body_bytes_max`](Self::body_bytes_max).
    #[must_use]
    pub fn with_body_bytes_max(mut self, bytes: usize) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// Sets [`in_flight_bytes_max`](Self::in_flight_bytes_max).
    #[must_use]
    pub fn with_in_flight_bytes_max(mut self, bytes: usize) -> Self {
        self.in_flight_bytes_max = bytes;
        self
    }

    /// Sets [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn with_retry_after(mut self, delay: Duration) -> Self {
        self.retry_after = delay;
        self
    }

    /// Sets [`probe_timeout`](Self::probe_timeout).
    #[must_use]
    pub fn with_probe_timeout(mut self, timeout: Duration) -> Self {
        self.probe_timeout = timeout;
        self
    }

    /// Sets [`anonymous`](Self::anonymous).
    #[must_use]
    pub fn with_anonymous(mut self, principal: Option<Principal>) -> Self {
        self.anonymous = principal;
        self
    }

    /// Sets [`layout_limits`](Self::layout_limits).
    #[must_use]
    pub fn with_layout_limits(mut self, limits: Limits) -> Self {
        self.layout_limits = limits;
        self
    }

    /// Sets [`control_refresh_period`](Self::control_refresh_period).
    #[must_use]
    pub fn with_control_refresh_period(mut self, period: Duration) -> Self {
        self.control_refresh_period = period;
        self
    }

    /// Sets [`otlp`](Self::otlp).
    #[cfg(feature = "otlp")]
    #[must_use]
    pub fn with_otlp(mut self, options: OtlpOptions) -> Self {
        self.otlp = options;
        self
    }

    /// The longest OTLP request in this format, so that what it becomes fits into the budget.
    #[cfg(feature = "otlp")]
    pub(crate) fn otlp_request_bytes_max(&self, format: OtlpFormat) -> usize {
        let copies = match format {
            OtlpFormat::Protobuf => 2,
            OtlpFormat::Json => 6,
        };
        self.otlp.request_bytes_max.min(self.budget_bytes() / copies)
    }
}
