//! Levels of the whole process, before, while and after recording runs.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{
    Config, max_level, max_verbosity, set_max_level, set_max_verbosity, set_target_level,
};
use std::sync::Arc;

fn record(round: u32) {
    for level in [Level::Error, Level::Info, Level::Trace] {
        match level {
            Level::Error => error!(target: "app", "error {round}"),
            Level::Info => info!(target: "app::net", "info {round}"),
            _ => trace!(target: "app::net::http", "trace {round}"),
        }
    }
    imetric!(verbosity: Verbosity::Low, "low", "count", u64::from(round));
    imetric!("high", "count", u64::from(round));
}

#[test]
fn filters_change_what_is_recorded_while_it_runs() {
    assert_eq!(max_level(), LevelFilter::Off);
    assert!(!log_enabled!(Level::Fatal));
    record(0);

    let sink = Arc::new(MemorySink::default());
    let config = Config::default()
        .with_max_level(LevelFilter::Info)
        .with_target_level("app::net::http", LevelFilter::Trace);
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");
    assert_eq!(max_level(), LevelFilter::Info);
    assert_eq!(max_verbosity(), VerbosityFilter::High);
    record(1);

    set_target_level("app::net", Some(LevelFilter::Off));
    record(2);

    set_target_level("app::net::http", None);
    set_max_verbosity(VerbosityFilter::Low);
    record(3);

    set_max_level(LevelFilter::Trace);
    set_target_level("app::net", None);
    set_max_verbosity(VerbosityFilter::Off);
    record(4);

    set_max_level(LevelFilter::Off);
    record(5);
    drop(guard);
    record(6);

    let recorded = sink.recorded().expect("blocks are whole");
    let messages: Vec<_> = recorded.logs.iter().map(|entry| entry.message.as_str()).collect();
    let expected = [
        "error 1", "info 1", "trace 1", // both rules
        "error 2", "trace 2", // the target around is off
        "error 3", // and no finer rule
        "error 4", "info 4", "trace 4",
    ];
    assert_eq!(messages, expected);
    let samples = |name: &str| -> Vec<f64> {
        let own = recorded.metrics.iter().filter(|sample| sample.name == name);
        own.map(|sample| sample.value).collect()
    };
    assert_eq!(samples("low"), [1.0, 2.0, 3.0]);
    assert_eq!(samples("high"), [1.0, 2.0]);
}
