//! A sink that panics loses what it was given, and nothing else.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink, LogEntry, stats};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Default)]
struct Fragile {
    inner: MemorySink,
    panics: AtomicBool,
}

impl Fragile {
    fn check(&self) {
        assert!(!self.panics.load(Ordering::SeqCst), "the sink panics");
    }
}

impl EventSink for Fragile {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.inner.on_process(process);
        self.check();
    }

    fn on_stream(&self, _: &Arc<StreamInfo>) {
        self.check();
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        self.check();
        self.inner.on_block(stream, block);
    }

    // The flusher asks in its own loop, where what panics is no delivery.
    fn flush_period(&self) -> Option<Duration> {
        self.check();
        None
    }

    fn log_level(&self) -> LevelFilter {
        LevelFilter::Info
    }

    fn on_log(&self, entry: &LogEntry<'_>) {
        info!("the sink was shown {}", entry.message());
        self.check();
    }
}

#[test]
fn recording_survives_a_panicking_sink() {
    let sink = Arc::new(Fragile::default());
    let config = Config::default().with_flush_period(Duration::from_secs(3600));

    sink.panics.store(true, Ordering::SeqCst);
    let guard =
        micromegas_tracing::init(config, Arc::<Fragile>::clone(&sink)).expect("the first dispatch");
    info!("lost {}", 1);
    assert!(guard.flush(Duration::from_secs(30)));
    assert_eq!((stats().recorded.logs, stats().dropped.logs), (0, 2));

    sink.panics.store(false, Ordering::SeqCst);
    info!("kept");
    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = sink.inner.recorded().expect("blocks are whole");
    let messages: Vec<_> = recorded.logs.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(messages, ["kept", "the sink was shown kept"]);
    assert_eq!(recorded.skipped_events, 2);
    assert_eq!(stats().recorded.logs, 2);
}
