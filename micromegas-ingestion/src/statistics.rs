//! What the service counts about itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::Error;

/// Upper bounds of the durations that are counted together, in microseconds.
pub(crate) const DURATION_BOUNDS_MICROS: [u64; 12] = [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    10_000_000,
];

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    Process,
    Stream,
    Block,
    #[cfg(feature = "otlp")]
    Otlp(crate::otlp::Signal),
}

/// Counters of one route.
#[derive(Debug, Default)]
pub(crate) struct RouteStatistics {
    pub(crate) taken: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) deferred: AtomicU64,
    pub(crate) body_bytes: AtomicU64,
    pub(crate) inflated_bytes: AtomicU64,
    pub(crate) records: AtomicU64,
    pub(crate) rejected_records: AtomicU64,
    pub(crate) durations: [AtomicU64; DURATION_BOUNDS_MICROS.len() + 1],
    pub(crate) duration_micros: AtomicU64,
}

/// Counters of all routes, from the start of the service.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    routes: [RouteStatistics; Route::ALL.len()],
}

impl Route {
    #[cfg(feature = "otlp")]
    pub(crate) const ALL: [Self; 6] = {
        use crate::otlp::Signal;
        let [logs, metrics, traces] = [Signal::Logs, Signal::Metrics, Signal::Traces];
        [
            Self::Process,
            Self::Stream,
            Self::Block,
            Self::Otlp(logs),
            Self::Otlp(metrics),
            Self::Otlp(traces),
        ]
    };
    #[cfg(not(feature = "otlp"))]
    pub(crate) const ALL: [Self; 3] = [Self::Process, Self::Stream, Self::Block];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Stream => "stream",
            Self::Block => "block",
            #[cfg(feature = "otlp")]
            Self::Otlp(signal) => signal.as_str(),
        }
    }
}

impl Statistics {
    pub(crate) fn of(&self, route: Route) -> &RouteStatistics {
        let index = Route::ALL.iter().position(|known| *known == route);
        &self.routes[index.unwrap_or_default()]
    }
}

impl RouteStatistics {
    /// Counts a request whose body was received.
    pub(crate) fn count<T>(&self, body_bytes: usize, time: Duration, result: &Result<T, Error>) {
        add(&self.body_bytes, body_bytes as u64);
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let slot = DURATION_BOUNDS_MICROS.partition_point(|bound| *bound < micros);
        add(&self.durations[slot], 1);
        add(&self.duration_micros, micros);
        match result {
            Ok(_) => add(&self.taken, 1),
            Err(error) => self.count_error(error),
        }
    }

    /// Counts a request that got no further than its head or its body.
    pub(crate) fn count_error(&self, error: &Error) {
        add(if error.is_retryable() { &self.deferred } else { &self.refused }, 1);
    }
}

/// Adds to a counter that no other memory depends on.
pub(crate) fn add(counter: &AtomicU64, amount: u64) {
    counter.fetch_add(amount, Ordering::Relaxed);
}
