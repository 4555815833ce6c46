//! What a host sets up once: `main`, panics, children.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Guard, InitError, pass_process_id, process_id, record_panics};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

static SINK: OnceLock<Arc<MemorySink>> = OnceLock::new();

fn start() -> Result<Guard, InitError> {
    let sink = SINK.get_or_init(Arc::default);
    let config = Config::default().with_flush_period(Duration::from_secs(3600));
    micromegas_tracing::init(config, Arc::<MemorySink>::clone(sink))
}

#[micromegas_tracing::main(start()?)]
async fn run() -> Result<u32, InitError> {
    let mut command = Command::new("never started");
    let variables = pass_process_id(&mut command).get_envs();
    let value = variables.last().and_then(|(_, value)| value).map(|value| value.to_owned());
    let id = process_id().map(|id| id.to_string().into());
    assert_eq!(value, id);

    let panicking = std::panic::catch_unwind(|| panic!("on purpose: {}", 1 + 1));
    assert!(panicking.is_err());
    // The panic does not wait for the period, and recording goes on.
    let sink = SINK.get().expect("started");
    let begin = Instant::now();
    while sink.recorded().expect("blocks are whole").logs.is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(30));
        std::thread::sleep(Duration::from_millis(5));
    }
    info!("after the panic");
    let task = tokio::spawn(async {
        span_scope!("in a task");
        7
    });
    Ok(task.await.expect("it does not panic"))
}

#[test]
fn main_keeps_telemetry_alive_and_panics_are_recorded() {
    std::panic::set_hook(Box::new(|_| {}));
    record_panics();
    record_panics();
    assert!(std::panic::catch_unwind(|| panic!("before it starts")).is_err());
    assert_eq!(run().expect("the first dispatch"), 7);
    // The guard is dropped: everything has arrived.
    let recorded = SINK.get().expect("started").recorded().expect("blocks are whole");
    let entries: Vec<_> =
        recorded.logs.iter().map(|entry| (entry.level, entry.message.as_str())).collect();
    assert_eq!(entries.len(), 2, "{entries:?}");
    let (level, message) = entries[0];
    assert_eq!(level, Level::Fatal as i32);
    assert!(message.contains("panicked at") && message.ends_with("on purpose: 2"), "{message}");
    assert!(message.contains("host.rs:"), "{message}");
    assert_eq!(entries[1].1, "after the panic");
    assert_eq!(recorded.thread_spans.len(), 2);
}
