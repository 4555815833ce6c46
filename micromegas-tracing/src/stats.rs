//! How many events were recorded and dropped.

use crate::buffer::Kind;
use crate::record;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers of events by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Log entries.
    pub logs: u64,
    /// Samples of metrics.
    pub metrics: u64,
    /// Begins and ends of spans of threads.
    pub thread_span_events: u64,
    /// Begins and ends of spans of futures.
    pub async_span_events: u64,
    /// Events of streams of the host's own, and attachments.
    pub own_events: u64,
}

impl Counts {
    /// All kinds together.
    pub fn total(&self) -> u64 {
        let spans = self.thread_span_events + self.async_span_events;
        self.logs + self.metrics + spans + self.own_events
    }
}

impl Counts {
    /// What is left of these without those.
    pub(crate) fn without(self, those: Self) -> Self {
        Self {
            logs: self.logs.saturating_sub(those.logs),
            metrics: self.metrics.saturating_sub(those.metrics),
            thread_span_events: self.thread_span_events.saturating_sub(those.thread_span_events),
            async_span_events: self.async_span_events.saturating_sub(those.async_span_events),
            own_events: self.own_events.saturating_sub(those.own_events),
        }
    }

    /// Adds these to those.
    pub(crate) fn add(&mut self, those: Self) {
        self.logs += those.logs;
        self.metrics += those.metrics;
        self.thread_span_events += those.thread_span_events;
        self.async_span_events += those.async_span_events;
        self.own_events += those.own_events;
    }
}

/// What became of the events of this process so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Events handed to the sink. After [`flush`](crate::flush) returned true these are all that
    /// were recorded before it was called.
    pub recorded: Counts,
    /// Events that were lost: no memory was left within the bound, or sink or flusher panicked. A span
    /// whose begin is lost has no end either, and counts as two. What a sink drops later, it counts
    /// itself.
    pub dropped: Counts,
}

/// Counters of one fate. They are touched by the flusher and on cold paths only.
#[derive(Debug)]
pub(crate) struct Counters {
    logs: AtomicU64,
    metrics: AtomicU64,
    thread_span_events: AtomicU64,
    async_span_events: AtomicU64,
    own_events: AtomicU64,
}

pub(crate) static RECORDED: Counters = Counters::new();
pub(crate) static DROPPED: Counters = Counters::new();

impl Counters {
    const fn new() -> Self {
        Self {
            logs: AtomicU64::new(0),
            metrics: AtomicU64::new(0),
            thread_span_events: AtomicU64::new(0),
            async_span_events: AtomicU64::new(0),
            own_events: AtomicU64::new(0),
        }
    }

    pub(crate) fn add(&self, counts: Counts) {
        self.logs.fetch_add(counts.logs, Ordering::Relaxed);
        self.metrics.fetch_add(counts.metrics, Ordering::Relaxed);
        self.thread_span_events.fetch_add(counts.thread_span_events, Ordering::Relaxed);
        self.async_span_events.fetch_add(counts.async_span_events, Ordering::Relaxed);
        self.own_events.fetch_add(counts.own_events, Ordering::Relaxed);
    }

    fn read(&self) -> Counts {
        Counts {
            logs: self.logs.load(Ordering::Relaxed),
            metrics: self.metrics.load(Ordering::Relaxed),
            thread_span_events: self.thread_span_events.load(Ordering::Relaxed),
            async_span_events: self.async_span_events.load(Ordering::Relaxed),
            own_events: self.own_events.load(Ordering::Relaxed),
        }
    }
}

/// Notes what is lost with a record that begins with `head`, on a cold path; returns how many
/// events that is.
pub(crate) fn count_dropped(kind: Kind, head: u64) -> u64 {
    let events = record::events_lost_with(kind, head);
    let mut counts = Counts::default();
    match kind {
        Kind::Logs => counts.logs = events,
        Kind::Metrics => counts.metrics = events,
        Kind::Spans if record::is_async_span(kind, head) => counts.async_span_events = events,
        Kind::Spans => counts.thread_span_events = events,
    }
    DROPPED.add(counts);
    events
}

/// Notes a lost event of a stream of the host's own.
pub(crate) fn count_dropped_own() {
    DROPPED.add(Counts { own_events: 1, ..Counts::default() });
}

/// What became of the events of this process so far.
pub fn stats() -> Stats {
    Stats { recorded: RECORDED.read(), dropped: DROPPED.read() }
}
