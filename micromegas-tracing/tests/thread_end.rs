//! Thread-locals that record in their destructors, after the recording thread-locals are gone.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Counts, stats};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

struct Farewell;

impl Drop for Farewell {
    fn drop(&mut self) {
        span_scope!("farewell");
        info!("goodbye {}", "world");
        info!("constant goodbye");
        imetric!("goodbyes", "count", 1);
    }
}

thread_local! {
    // Destructors run in the order of registration or its reverse, by platform: one of the two is
    // destroyed after the recording thread-local.
    static BEFORE: Farewell = const { Farewell };
    static AFTER: Farewell = const { Farewell };
}

#[test]
fn destructors_of_thread_locals_may_record() {
    const THREADS: usize = 10;
    let sink = Arc::new(MemorySink::default());
    let config = Config::default().with_flush_period(Duration::from_millis(1));
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");
    for _ in 0..THREADS {
        let thread = std::thread::Builder::new().name("short".to_owned()).spawn(|| {
            BEFORE.with(|_| {});
            info!("hello");
            AFTER.with(|_| {});
        });
        thread
            .and_then(|thread| thread.join().map_err(|_| std::io::ErrorKind::Other.into()))
            .expect("the thread ends in peace");
    }
    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = sink.recorded().expect("blocks are whole");
    let count = |text: &str| recorded.logs.iter().filter(|entry| entry.message == text).count();
    assert_eq!(count("hello"), THREADS);
    assert_eq!(count("goodbye world"), 2 * THREADS);
    assert_eq!(count("constant goodbye"), 2 * THREADS);
    assert_eq!(recorded.metrics.len(), 2 * THREADS);
    assert_eq!(recorded.thread_spans.len(), 4 * THREADS);
    // Begins and ends of a stream alternate, wherever they were recorded.
    let mut streams: HashMap<_, Vec<bool>> = HashMap::new();
    for span in &recorded.thread_spans {
        streams.entry(span.stream.stream_id).or_default().push(span.is_begin);
    }
    assert_eq!(streams.len(), THREADS);
    assert!(streams.values().all(|spans| *spans == [true, false, true, false]));
    assert_eq!(stats().dropped, Counts::default());
}
