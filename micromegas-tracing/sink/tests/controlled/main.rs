//! A live process is turned up by its server, which dies, and falls back by itself.

#[path = "../http_delivery/server.rs"]
#[expect(dead_code, reason = "other tests use more of it")]
mod server;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use micromegas_telemetry_sink::{BlockSampler, TelemetryBuilder};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, stats};
use micromegas_transit::StreamInfo;
use server::{Answer, Server};

/// What the server is about.
const WANTS: u8 = 0;
const DEAD: u8 = 1;
const FORGOT: u8 = 2;

/// Keeps nothing unless the server wants it.
struct Nothing;

impl BlockSampler for Nothing {
    fn keeps(&self, _: &StreamInfo, _: &EventBlock) -> bool {
        false
    }
}

fn record() {
    span_scope!("work");
    trace!(target: "net::http", "a detail");
    info!("as always");
}

fn wait_until(what: &str, is_it: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_it() {
        assert!(begin.elapsed() < Duration::from_secs(10), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_turned_up() -> bool {
    log_enabled!(target: "net::http", Level::Trace)
}

#[test]
fn settings_of_a_dead_server_end_when_they_said() {
    let state = Arc::new(AtomicU8::new(WANTS));
    let state_now = Arc::clone(&state);
    let server = Server::answering(move |request| {
        assert!(request.control.starts_with("1; process="));
        let state = state_now.load(Ordering::Relaxed);
        if state == DEAD {
            return Answer { status: "502 Bad gateway", ..Answer::default() };
        }
        let headers = vec![
            "Micromegas-Accept: planar/1; lz4".to_owned(),
            "Micromegas-Control: 1".to_owned(),
            "Content-Type: application/vnd.micromegas.control+json; charset=utf-8".to_owned(),
        ];
        let wanted = r#"{"ttl_seconds":2,"target_levels":{"net":"trace"},"sampling":"all"}"#;
        let body = if state == WANTS { wanted } else { "{}" };
        Answer { headers, body: body.to_owned(), ..Answer::default() }
    });
    let telemetry = TelemetryBuilder::new()
        .with_config(Config::default().with_max_level(LevelFilter::Info))
        .with_url(server.url())
        .with_sampler(Arc::new(Nothing))
        .build()
        .expect("telemetry starts");

    // The answer to the description of the process has turned it up.
    wait_until("the process is turned up", is_turned_up);
    record();
    assert!(telemetry.flush(Duration::from_secs(10)));
    assert_eq!(stats().recorded.logs, 2);
    let delivered = telemetry.delivery().expect("there is a URL").delivered;
    assert_eq!((delivered.logs, delivered.traces), (2, 2));
    assert_eq!(telemetry.sampled_out().total(), 0);

    state.store(DEAD, Ordering::Relaxed);
    let begin = Instant::now();
    wait_until("the process falls back", || !is_turned_up());
    assert!(begin.elapsed() > Duration::from_secs(1), "{:?}", begin.elapsed());
    record();
    // The server comes back and has forgotten; what was recorded meanwhile is what the host wants.
    state.store(FORGOT, Ordering::Relaxed);
    assert!(telemetry.flush(Duration::from_secs(10)));
    assert_eq!(stats().recorded.logs, 3);
    assert_eq!(telemetry.sampled_out().traces, 2);
    assert!(!is_turned_up());
}
