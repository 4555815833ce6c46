//! What is beyond the bounds that are compiled in is not recorded, and not evaluated.
#![cfg(feature = "bounds")]

use micromegas_tracing::prelude::*;
use micromegas_tracing::{
    Config, Counts, EventBlock, EventSink, STATIC_MAX_LEVEL, STATIC_MAX_VERBOSITY, stats,
};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::sync::Arc;
use std::time::Duration;

struct Nowhere;

impl EventSink for Nowhere {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}
}

fn evaluated() -> u64 {
    panic!("an argument was evaluated")
}

#[test]
fn bounds_by_feature_cannot_be_crossed_at_run_time() {
    assert_eq!(STATIC_MAX_LEVEL, LevelFilter::Warn);
    assert_eq!(STATIC_MAX_VERBOSITY, VerbosityFilter::Medium);
    let config = Config::default().with_max_level(LevelFilter::Trace);
    let guard = micromegas_tracing::init(config, Arc::new(Nowhere)).expect("the first dispatch");
    warn!("kept");
    info!("left out {}", evaluated());
    debug!(a = %evaluated(), "left out");
    assert!(log_enabled!(Level::Warn) && !log_enabled!(Level::Info));
    imetric!(verbosity: Verbosity::Medium, "kept", "count", 1);
    imetric!("left out", "count", evaluated());
    fmetric!("left out", "count", a = %evaluated(), 1.0);
    drop(span_scope!(verbosity: Verbosity::Low, name = "kept"));
    drop(span_scope!(name = "left out", a = %evaluated()));
    {
        span_scope!("left out");
    }
    assert!(guard.flush(Duration::from_secs(30)));
    let expected = Counts { logs: 1, metrics: 1, thread_span_events: 2, ..Counts::default() };
    assert_eq!(stats().recorded, expected);
}
