//! When the bound on all buffers is reached, events are dropped, counted and declared.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink, stats};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Keeps the flusher busy while its lock is held by the test.
struct StallingSink {
    inner: MemorySink,
    stall: Mutex<()>,
}

impl EventSink for StallingSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        drop(self.stall.lock());
        self.inner.on_process(process);
    }

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        self.inner.on_stream(stream);
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        self.inner.on_block(stream, block);
    }
}

#[test]
fn what_finds_no_room_is_counted_and_the_next_block_says_so() {
    const SPANS: u64 = 100_000;
    let sink = Arc::new(StallingSink { inner: MemorySink::default(), stall: Mutex::new(()) });
    let stall = sink.stall.lock().expect("not poisoned");
    let config = Config::default()
        .with_flush_period(Duration::from_secs(3600))
        .with_buffer_bytes_max(256 * 1024);
    let guard = micromegas_tracing::init(config, Arc::<StallingSink>::clone(&sink))
        .expect("the first dispatch");
    for _ in 0..SPANS {
        span_scope!("busy");
    }
    info!("there is no room for {}", "this");
    imetric!("nor for this", "count", 1);
    drop(stall);
    assert!(guard.flush(Duration::from_secs(30)));
    let stored = stats().recorded.thread_span_events;
    let dropped = stats().dropped;
    assert!(stored <= 256 * 1024 / 16 && stored > 10_000, "{stored} events in 256 KiB");
    // A span whose begin was dropped has no end either.
    let unmatched = stored % 2;
    assert_eq!(stored + dropped.thread_span_events, 2 * SPANS);
    assert_eq!((dropped.logs, dropped.metrics), (1, 1));

    // There is room again, and the next blocks declare the hole.
    span_scope!("again");
    info!("again {}", 1);
    imetric!("again", "count", 1);
    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = sink.inner.recorded().expect("blocks are whole");
    assert_eq!(recorded.skipped_events, dropped.total());
    let blocks = sink.inner.blocks();
    let after_hole = blocks.iter().rfind(|(stream, _)| stream.tags == ["cpu"]).expect("a block");
    // The end of a span whose begin found room may be among what was dropped.
    assert_eq!(after_hole.1.carried_spans.is_some(), unmatched == 0);
    assert_eq!(recorded.logs[0].message, "again 1");
    assert_eq!(recorded.thread_spans.len() as u64, stored + 1);
    assert_eq!(recorded.thread_spans.last().map(|span| span.name.as_str()), Some("again"));
    assert_eq!(stats().recorded.thread_span_events, stored + 1);
}
