//! A process that crashes while no server is there leaves on disk what all its threads recorded.
#![cfg(any(target_os = "linux", target_os = "macos"))]
#![expect(unsafe_code, reason = "the process crashes")]

use std::os::unix::process::ExitStatusExt;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::{Duration, Instant};

use micromegas_telemetry_sink::{HttpOptions, HttpSink, SpoolOptions, TelemetryBuilder};
use micromegas_tracing::Config;
use micromegas_tracing::prelude::*;

use crate::server::Server;
use crate::spool::{blocks, files};

const FOLDER: &str = "MICROMEGAS_TEST_CRASH_FOLDER";
const URL: &str = "MICROMEGAS_TEST_CRASH_URL";
const SPANS: u64 = 1000;
/// Begins and ends in two threads.
const SPAN_EVENTS: u64 = 4 * SPANS;

#[expect(clippy::disallowed_methods, reason = "this is how the child learns what it is for")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The process that crashes; without its variables, a test that passes.
#[test]
fn child() {
    let (Some(folder), Some(url)) = (variable(FOLDER), variable(URL)) else { return };
    let telemetry = TelemetryBuilder::new()
        // Nothing leaves by itself.
        .with_config(Config::default().with_flush_period(Duration::from_secs(60)))
        .with_url(url)
        .with_spool(SpoolOptions::new(folder))
        .with_crash_handler(true)
        .build();
    std::mem::forget(telemetry.expect("telemetry starts"));
    let recorded = Arc::new(Barrier::new(2));
    let done = Arc::clone(&recorded);
    let work = move || {
        record_spans();
        done.wait();
        std::thread::sleep(Duration::from_secs(60));
    };
    Builder::new().name("blocked".to_owned()).spawn(work).expect("threads can be started");
    recorded.wait();
    record_spans();
    info!("the last words");
    let nowhere = std::ptr::without_provenance_mut::<u64>(8);
    // SAFETY: none, which is the purpose: nothing lies on the first page.
    unsafe { nowhere.write_volatile(1) };
}

fn record_spans() {
    for _ in 0..SPANS {
        span_scope!("work");
    }
}

#[test]
fn what_a_crashed_process_left_is_sent_by_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "crashed::child", "--nocapture"])
        .env(FOLDER, folder.path())
        .env(URL, &url)
        .output()
        .expect("can be started");
    assert_eq!(child.status.signal(), Some(11), "{child:?}");

    let [file] = &files(folder.path())[..] else { panic!("one file of one process") };
    let counts = blocks(file).into_iter().map(|block| u64::from(block.event_count.unsigned_abs()));
    // The last words, and those of the handler.
    assert_eq!(counts.sum::<u64>(), SPAN_EVENTS + 2);

    let server = Server::start_at(address, &[]);
    let options =
        HttpOptions { spool: Some(SpoolOptions::new(folder.path())), ..HttpOptions::default() };
    let next = HttpSink::new(&url, &options).expect("a sink");
    let begin = Instant::now();
    while next.stats().adopted_delivered.total() < SPAN_EVENTS + 2 {
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", next.stats());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(next.stats().adopted_delivered.logs, 2);
    assert_eq!(next.stats().adopted_dropped.total(), 0);
    drop(server);
}
