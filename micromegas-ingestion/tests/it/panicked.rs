//! A process dies of a panic in one of its threads, and what all of its threads recorded is in the
//! lake.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use micromegas_lakehouse::{StreamFilter, StreamRecord, Tenant};
use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::Config;
use micromegas_tracing::prelude::*;
use micromegas_transit::types::{log_stream_layout, metric_stream_layout, thread_stream_layout};
use micromegas_transit::{Limits, StreamPlan};

use crate::server::Server;

const URL: &str = "MICROMEGAS_TEST_PANICKED_URL";
const THREADS: u64 = 8;
const PANICKING: u64 = 3;
/// What each thread records before one of them panics. Its spans fill several buffers.
const ROUNDS: u64 = 20_000;
const LOGS: u64 = ROUNDS / 20;
const METRICS: u64 = ROUNDS / 4;

#[expect(clippy::disallowed_methods, reason = "this is how the child learns what it is for")]
fn url() -> Option<String> {
    std::env::var(URL).ok()
}

fn record_all() {
    for round in 0..ROUNDS {
        span_scope!("round");
        if round.is_multiple_of(ROUNDS / LOGS) {
            info!("round {round}");
        }
        if round.is_multiple_of(ROUNDS / METRICS) {
            imetric!("round", "count", round);
        }
    }
}

/// The process that dies; without its variable, a test that passes.
#[test]
fn child() {
    let Some(url) = url() else { return };
    // Nothing leaves by itself.
    let config = Config::default().with_flush_period(Duration::from_secs(3600));
    let sink = HttpSink::new(&url, &HttpOptions::default()).unwrap();
    let guard = micromegas_tracing::init(config, Arc::new(sink)).unwrap();
    // Nobody is there to drop it.
    std::mem::forget(guard);
    let recorded = Arc::new(Barrier::new(THREADS as usize));
    let threads = (0..THREADS).map(|number| {
        let recorded = Arc::clone(&recorded);
        let work = move || {
            record_all();
            recorded.wait();
            assert_ne!(number, PANICKING, "one of the threads panics");
            // The others never end.
            loop {
                std::thread::park();
            }
        };
        let thread = Builder::new().name(format!("recording {number}"));
        thread.spawn(work).unwrap()
    });
    let mut threads: Vec<JoinHandle<()>> = threads.collect();
    // The panic goes on here, and ends the process.
    threads.swap_remove(PANICKING as usize).join().unwrap();
}

/// The events of the blocks of one stream, counted by decoding them.
async fn events(server: &Server, stream: &StreamRecord) -> u64 {
    let layout = match stream.tags[0].as_str() {
        "log" => log_stream_layout(),
        "metrics" => metric_stream_layout(),
        _ => thread_stream_layout(),
    };
    let limits = Limits::default();
    let plan = StreamPlan::compile(&layout, &limits).unwrap();
    let mut count = 0;
    for block in server.blocks().await {
        if block.stream_id != stream.stream_id {
            continue;
        }
        assert_eq!(block.skipped_events, 0);
        assert_eq!(block.object_offset, count as i64, "no block of the stream is missing");
        let payload = server.lakehouse.fetch_payload(&block).await.unwrap();
        let open = plan.open(&payload, &limits).unwrap();
        count += match stream.tags[0].as_str() {
            "log" => open.logs().columns.ticks.len(),
            "metrics" => open.metrics().columns.ticks.len(),
            _ => open.thread_spans().columns.ticks.len(),
        } as u64;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_one_of_eight_threads_loses_nothing_of_any() {
    let server = Server::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = server.router.clone();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "panicked::child", "--nocapture"]).env(URL, url);
    let run = move || child.env("RUST_BACKTRACE", "0").output().unwrap();
    let output = tokio::task::spawn_blocking(run).await.unwrap();
    serving.abort();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{said}");
    assert!(said.contains("one of the threads panics"), "{said}");

    let mut counts = BTreeMap::new();
    let (store, tenants) = (server.lakehouse.store(), [Tenant::default()]);
    for stream in store.list_streams(&tenants, &StreamFilter::default(), 100).await.unwrap() {
        let name = stream.properties.get("thread-name").unwrap_or(&stream.tags[0]);
        counts.insert(name.clone(), events(&server, &stream).await);
    }
    let spans = (0..THREADS).map(|number| (format!("recording {number}"), 2 * ROUNDS));
    let others = [("log", LOGS), ("metrics", METRICS)];
    let others = others.map(|(tag, count)| (tag.to_owned(), THREADS * count));
    assert_eq!(counts, spans.chain(others).collect());
}
