//! What events and their descriptors weigh. A pool of three buffers is filled while nothing is
//! taken from it: the number of events that fill a buffer tells the bytes of each.

use micromegas_tracing::prelude::*;
use micromegas_tracing::{CallSite, Config, EventBlock, EventSink, PropertySet, stats};
use micromegas_tracing::{LogMetadata, MetricMetadata, Property, SpanMetadata, ThreadSpanGuard};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What the first buffer of a kind holds.
const BUFFER_BYTES: u64 = 16 * 1024;

const SITE: CallSite = CallSite { target: "t", module_path: "m", file: "f.rs", line: 1 };

// Descriptors need no initialisation: constant expressions make them.
static SPAN: SpanMetadata = SpanMetadata::new("span", SITE).with_verbosity(Verbosity::Medium);
static METRIC: MetricMetadata =
    MetricMetadata::new("metric", "count", SITE).with_verbosity(Verbosity::Low);
static LOG: LogMetadata = LogMetadata::new(Level::Info, "a message", SITE);
static PROPERTIES: PropertySet = PropertySet::new(&[Property::new("key", "value")]);

/// Takes nothing while its lock is held by the test.
#[derive(Default)]
struct StallingSink {
    stall: Mutex<()>,
}

impl EventSink for StallingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {
        drop(self.stall.lock());
    }

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}
}

fn record(spans: u64, metrics: u64, logs: u64) {
    for _ in 0..spans {
        span_scope!("a span");
    }
    for value in 0..metrics {
        imetric!("metric", "count", value);
    }
    for _ in 0..logs {
        info!("a message of constant text, which is in the descriptor and not in the event");
    }
}

#[test]
fn a_span_event_takes_16_bytes_a_sample_24_and_a_constant_entry_16() {
    let sink = Arc::new(StallingSink::default());
    let stall = sink.stall.lock().expect("not poisoned");
    let config = Config::default()
        .with_flush_period(Duration::from_secs(3600))
        .with_buffer_bytes_max(3 * BUFFER_BYTES as usize);
    let guard = micromegas_tracing::init(config, Arc::<StallingSink>::clone(&sink))
        .expect("the first dispatch");

    let (span_events, metrics, logs) = (BUFFER_BYTES / 16, BUFFER_BYTES / 24, BUFFER_BYTES / 16);
    record(span_events / 2, metrics, logs);
    assert_eq!(stats().dropped.total(), 0, "no event takes more");

    // With the begin of a span goes its end.
    record(1, 1, 1);
    let dropped = stats().dropped;
    let dropped = (dropped.thread_span_events, dropped.metrics, dropped.logs);
    assert_eq!(dropped, (2, 1, 1), "no event takes less");

    drop(stall);
    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = stats().recorded;
    let recorded = (recorded.thread_span_events, recorded.metrics, recorded.logs);
    assert_eq!(recorded, (span_events, metrics, logs));
}

#[test]
fn a_guard_is_one_pointer_and_descriptors_are_statics() {
    assert_eq!(size_of::<ThreadSpanGuard>(), size_of::<*const ()>());
    assert_eq!((SPAN.name(), SPAN.verbosity()), ("span", Verbosity::Medium));
    assert_eq!((METRIC.unit(), METRIC.verbosity()), ("count", Verbosity::Low));
    assert_eq!((LOG.text(), LOG.site().file), ("a message", "f.rs"));
    assert!(std::ptr::eq(&PROPERTIES, std::hint::black_box(&PROPERTIES)));
}
