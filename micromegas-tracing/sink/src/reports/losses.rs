//! Events that never reached the server, as metrics and as a warning.

use crate::http::{DeliveryStats, HttpSink};
use crate::reports::Report;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Counts, stats};
use std::sync::Arc;
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_secs(5);
/// The warning may itself be lost and warned of: it does not come more often than this.
const WARNING_PERIOD: Duration = Duration::from_secs(60);

/// Tells how much was lost since the last report, in recording and in delivery; nothing if there
/// was no loss.
pub(crate) struct LossReport {
    http: Arc<HttpSink>,
    reported: Losses,
    warned: Losses,
    warned_at: Option<Instant>,
}

impl LossReport {
    pub(crate) fn new(http: Arc<HttpSink>) -> Self {
        let none = Losses::default();
        Self { http, reported: none, warned: none, warned_at: None }
    }

    fn warn(&mut self, now: Instant, losses: Losses) {
        if self.warned_at.is_some_and(|at| now < at + WARNING_PERIOD) {
            return;
        }
        let Losses { metadata, logs, metrics, traces } = losses.since(self.warned);
        self.warned = losses;
        self.warned_at = Some(now);
        warn!(
            "telemetry was lost: {logs} log entries, {metrics} metric samples, {traces} trace \
             events, {metadata} descriptions"
        );
    }
}

impl Report for LossReport {
    fn period(&self) -> Duration {
        PERIOD
    }

    fn report(&mut self) {
        let losses = Losses::of(&self.http.stats(), stats().dropped);
        if losses == self.reported {
            return;
        }
        let Losses { metadata, logs, metrics, traces } = losses.since(self.reported);
        self.reported = losses;
        if metadata > 0 {
            imetric!("telemetry_dropped_metadata", "count", metadata);
        }
        if logs > 0 {
            imetric!("telemetry_dropped_logs", "count", logs);
        }
        if metrics > 0 {
            imetric!("telemetry_dropped_metrics", "count", metrics);
        }
        if traces > 0 {
            imetric!("telemetry_dropped_traces", "count", traces);
        }
        self.warn(Instant::now(), losses);
    }
}

/// What was lost since the process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Losses {
    metadata: u64,
    logs: u64,
    metrics: u64,
    traces: u64,
}

impl Losses {
    /// Of this process: what ended ones had left in the spool was theirs to tell.
    fn of(delivery: &DeliveryStats, recording: Counts) -> Self {
        let traces =
            recording.thread_span_events + recording.async_span_events + recording.own_events;
        Self {
            metadata: delivery.refused_descriptions,
            logs: delivery.dropped.logs + recording.logs,
            metrics: delivery.dropped.metrics + recording.metrics,
            traces: delivery.dropped.traces + traces,
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            metadata: self.metadata.saturating_sub(before.metadata),
            logs: self.logs.saturating_sub(before.logs),
            metrics: self.metrics.saturating_sub(before.metrics),
            traces: self.traces.saturating_sub(before.traces),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::EventCounts;

    #[test]
    fn losses_are_those_of_recording_and_of_delivery() {
        let delivery = DeliveryStats {
            dropped: EventCounts { logs: 1, metrics: 2, traces: 3 },
            adopted_dropped: EventCounts { logs: 1000, metrics: 1000, traces: 1000 },
            refused_descriptions: 4,
            ..DeliveryStats::default()
        };
        let recording = Counts {
            logs: 10,
            metrics: 20,
            thread_span_events: 30,
            async_span_events: 300,
            own_events: 3000,
        };
        let losses = Losses::of(&delivery, recording);
        let expected = Losses { metadata: 4, logs: 11, metrics: 22, traces: 3333 };
        assert_eq!(losses, expected);
        assert_eq!(losses.since(Losses { logs: 10, ..expected }), Losses { logs: 1, ..none() });
        assert_eq!(losses.since(losses), none());
    }

    fn none() -> Losses {
        Losses::default()
    }
}
