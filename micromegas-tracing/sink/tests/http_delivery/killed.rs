//! A process that is killed leaves on disk what waited for the server.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use micromegas_telemetry_sink::{HttpOptions, HttpSink, SpoolOptions};
use micromegas_tracing::EventSink;

use crate::fixtures::{block, process, stream};
use crate::server::Server;

const FOLDER: &str = "MICROMEGAS_TEST_SPOOL_FOLDER";
const URL: &str = "MICROMEGAS_TEST_SPOOL_URL";
const BLOCKS: i64 = 20;

fn sink(folder: &str, url: &str) -> HttpSink {
    let options = HttpOptions {
        spool: Some(SpoolOptions::new(folder)),
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(20),
        ..HttpOptions::default()
    };
    let sink = HttpSink::new(url, &options).expect("a sink");
    sink.on_process(&process());
    sink
}

#[expect(clippy::disallowed_methods, reason = "this is how the child learns what it is for")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The process that is killed; without its variables, a test that passes.
#[test]
fn child() {
    let (Some(folder), Some(url)) = (variable(FOLDER), variable(URL)) else { return };
    let sink = sink(&folder, &url);
    let stream = stream("cpu");
    (0..BLOCKS).for_each(|index| sink.on_block(&stream, block(100 * index)));
    while sink.stats().last_failure.is_none() || sink.stats().waiting_bytes > 10_000 {
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("waiting");
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn what_a_killed_process_left_is_sent_by_the_next() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().to_str().expect("text");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let url = format!("http://{address}");
    let mut child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "killed::child", "--nocapture"])
        .env(FOLDER, folder)
        .env(URL, &url)
        .stdout(Stdio::piped())
        .spawn()
        .expect("can be started");
    let mut lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
    let is_waiting = lines.any(|line| line.expect("text").contains("waiting"));
    child.kill().expect("it runs");
    child.wait().expect("it ended");
    assert!(is_waiting);

    let server = Server::start_at(address, &[]);
    let next = sink(folder, &url);
    let begin = Instant::now();
    let events = 100 * BLOCKS.unsigned_abs();
    while next.stats().adopted_delivered.traces < events {
        assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", next.stats());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(server.requests_to("insert_block").len() as i64, BLOCKS);
    assert_eq!(next.stats().adopted_dropped.total(), 0);
}
