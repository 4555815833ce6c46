//! How long until SQL sees an event: `micromegas serve` in a process of its own, while a program
//! records, delivers and loads it.
#![expect(clippy::unwrap_used, reason = "a bench ends where what it relies on is missing")]

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use micromegas_telemetry_sink::TelemetryBuilder;
use micromegas_tracing::prelude::*;

#[path = "../tests/it/documents.rs"]
mod documents;
#[path = "freshness/query.rs"]
mod query;
#[expect(dead_code, reason = "tests need more of it")]
#[path = "../tests/it/sender.rs"]
mod sender;
#[expect(dead_code, reason = "tests need more of it")]
#[path = "../tests/it/server.rs"]
mod server;
#[expect(dead_code, reason = "tests need more of it")]
#[path = "../tests/it/started.rs"]
mod started;

/// How long events are recorded and committed.
const TIME: Duration = Duration::from_secs(30);
/// Between two events whose way is watched.
const PERIOD: Duration = Duration::from_millis(25);

/// When events set out that no query has returned yet, and how long the others took.
#[derive(Debug, Default)]
struct Ways {
    underway: HashMap<String, Instant>,
    arrived: Vec<Duration>,
}

impl Ways {
    fn set_out(&mut self, message: String) {
        self.underway.insert(message, Instant::now());
    }

    fn arrive(&mut self, message: &str, seen: Instant) {
        if let Some(begin) = self.underway.remove(message) {
            self.arrived.push(seen - begin);
        }
    }

    /// Milliseconds within which this part of the events arrived.
    fn quantile(&self, part: f64) -> f64 {
        let mut times = self.arrived.clone();
        times.sort();
        let place = (times.len() as f64 * part) as usize;
        times[place.min(times.len() - 1)].as_secs_f64() * 1e3
    }
}

fn main() {
    let dir = tempfile::tempdir().unwrap();
    let server = server::Server::start(dir.path());
    let ways = Arc::new(Mutex::new(Ways::default()));
    let stop = Arc::new(AtomicBool::new(false));
    let committed = measure(&server, "committed", &ways, &stop, commit_blocks);
    let recorded = measure(&server, "recorded", &ways, &stop, record_entries);
    for (name, ways) in [("committed_to_sql", committed), ("recorded_to_sql", recorded)] {
        let [half, most, all] = [0.5, 0.99, 1.0].map(|part| ways.quantile(part));
        let count = ways.arrived.len();
        println!("{name}: {count} events, p50 {half:.0} ms, p99 {most:.0} ms, max {all:.0} ms");
        leave_value(name, most);
    }
}

/// Leaves a value where `cargo xtask budget` looks for it.
fn leave_value(name: &str, value: f64) {
    let Some(folder) = std::env::var_os("CRITERION_HOME") else { return };
    let folder = PathBuf::from(folder).join("freshness").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("value"), format!("{value}\n")).unwrap();
}

/// Sends events for a while, asks for them all the time, and waits for the last.
fn measure(
    server: &server::Server,
    kind: &'static str,
    ways: &Arc<Mutex<Ways>>,
    stop: &Arc<AtomicBool>,
    send: fn(&str, &Mutex<Ways>, &AtomicBool),
) -> Ways {
    let url = server.ingestion_url.clone();
    let sender: JoinHandle<()> = {
        let (ways, stop) = (Arc::clone(ways), Arc::clone(stop));
        let thread = std::thread::Builder::new().name(kind.to_owned());
        thread.spawn(move || send(&url, &ways, &stop)).unwrap()
    };
    let begin = Instant::now();
    let mut client = query::Client::connect(&server.query_url);
    let sql = format!("SELECT msg FROM log_entries WHERE msg LIKE '{kind} %'");
    loop {
        let messages = client.texts(&format!("{sql} ORDER BY insert_time DESC LIMIT 500"));
        let seen = Instant::now();
        let mut ways = ways.lock().unwrap();
        messages.iter().for_each(|message| ways.arrive(message, seen));
        let is_over = begin.elapsed() > TIME;
        stop.store(is_over, Ordering::Relaxed);
        if is_over && ways.underway.is_empty() && sender.is_finished() {
            break;
        }
        let is_lost = begin.elapsed() > 2 * TIME;
        assert!(!is_lost, "{} events have not arrived", ways.underway.len());
    }
    sender.join().unwrap();
    stop.store(false, Ordering::Relaxed);
    std::mem::take(&mut *ways.lock().unwrap())
}

/// From the 200 of a block on.
fn commit_blocks(url: &str, ways: &Mutex<Ways>, stop: &AtomicBool) {
    let sender = sender::Sender::new();
    let mut client = documents::LogClient::new();
    sender.insert(url, "process", &client.process());
    sender.insert(url, "stream", &client.stream());
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let message = format!("committed {number}");
        sender.insert(url, "block", &client.next_block(std::slice::from_ref(&message)).to_cbor());
        ways.lock().unwrap().set_out(message);
        std::thread::sleep(PERIOD);
    }
}

/// From the macro on, beside other telemetry of the same program.
fn record_entries(url: &str, ways: &Mutex<Ways>, stop: &AtomicBool) {
    let telemetry = TelemetryBuilder::new().with_url(url).build().unwrap();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        for step in 0_u64..100 {
            span_scope!("step");
            imetric!("step", "count", step);
        }
        let message = format!("recorded {number}");
        info!("{message}");
        ways.lock().unwrap().set_out(message);
        std::thread::sleep(PERIOD);
    }
    drop(telemetry);
}
