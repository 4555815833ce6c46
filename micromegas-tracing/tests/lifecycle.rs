//! Before the dispatch, while it runs, and after it.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, InitError, max_level, process_id, set_max_level, stats};
use std::sync::Arc;
use std::time::{Duration, Instant};

fn record_all(word: &str) {
    span_scope!("span");
    info!("{word}");
    error!("constant");
    imetric!("integer", "count", 1);
    fmetric!("float", "ratio", 0.5);
}

#[test]
fn events_are_recorded_while_the_guard_lives() {
    assert_eq!(max_level(), LevelFilter::Off);
    assert_eq!(process_id(), None);
    assert!(!micromegas_tracing::flush(Duration::ZERO));
    record_all("early");
    let begun_early = {
        static_span_desc!(EARLY, "early");
        micromegas_tracing::ThreadSpanGuard::begin(&EARLY)
    };

    let sink = Arc::new(MemorySink::default());
    let config = Config::default()
        .with_flush_period(Duration::from_secs(3600))
        .with_process_property("version", "1.0");
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");
    let again = micromegas_tracing::init(Config::default(), Arc::new(MemorySink::default()));
    assert!(matches!(again, Err(InitError::AlreadyInitialized)));
    drop(begun_early);
    record_all("recorded");

    // An error does not wait for the period, and takes the other entries with it.
    let begin = Instant::now();
    while sink.recorded().expect("blocks are whole").logs.len() < 2 {
        assert!(begin.elapsed() < Duration::from_secs(10), "urgent entries leave at once");
        std::thread::sleep(Duration::from_millis(1));
    }

    set_max_level(LevelFilter::Warn);
    assert!(log_enabled!(Level::Error) && !log_enabled!(target: "t", Level::Info));
    info!("{}", panic_if_evaluated());
    let process = process_id();
    assert!(process.is_some_and(|id| id == sink.processes()[0].process_id));
    assert_eq!(sink.processes()[0].properties["version"], "1.0");

    // The guard hands over what waits.
    drop(guard);
    let recorded = sink.recorded().expect("blocks are whole");
    let messages: Vec<_> = recorded.logs.iter().map(|entry| entry.message.as_str()).collect();
    assert_eq!(messages, ["recorded", "constant"]);
    let values: Vec<_> = recorded.metrics.iter().map(|sample| sample.value).collect();
    assert_eq!(values, [1.0, 0.5]);
    assert_eq!(recorded.thread_spans.len(), 2);
    assert_eq!(stats().recorded.total(), 6);

    let blocks = sink.blocks().len();
    record_all("late");
    assert!(!micromegas_tracing::flush(Duration::ZERO));
    assert_eq!(sink.blocks().len(), blocks);
}

fn panic_if_evaluated() -> u32 {
    panic!("arguments of a filtered entry are not evaluated")
}
