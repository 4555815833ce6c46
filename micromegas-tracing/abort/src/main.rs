//! Processes in which a panic aborts: what was recorded by then arrives, and nothing makes the end
//! wait for more than two seconds.
//!
//! Each scenario is a process of its own, this program started again, whose sink says on the
//! standard output what it was given. `cargo xtask test abort` runs all of them.
#![cfg(unix)]

use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::fmt;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::{Duration, Instant};

const NEVER: Duration = Duration::from_secs(3600);
const SPANS: u64 = 1000;

/// The signal that a process ends with which aborts.
const SIGABRT: i32 = 6;

fn main() {
    match std::env::args().nth(1).as_deref() {
        None => check(),
        Some("panic") => panic_in_a_thread(),
        Some("display") => panic_while_a_message_is_formatted(),
        Some("stalled") => panic_beside_a_stalled_sink(),
        Some("flusher") => panic_in_the_flusher(),
        Some(other) => panic!("there is no scenario `{other}`"),
    }
}

fn check() {
    let (output, time) = run("panic");
    assert_eq!((given(&output, "cpu"), given(&output, "log")), (4 * SPANS, 1), "{output:?}");
    assert_eq!(count(&output, "delivered"), 1, "the end waits for delivery: {output:?}");
    assert!(time < Duration::from_secs(2), "nothing else makes it wait: {time:?}");

    // The open entry is abandoned.
    let (output, time) = run("display");
    assert_eq!(given(&output, "log"), 1, "{output:?}");
    assert!(time < Duration::from_secs(2), "{time:?}");

    let (output, time) = run("stalled");
    assert_eq!(count(&output, "stalls"), 1, "{output:?}");
    assert!(time >= Duration::from_secs(2), "the sink gets its time: {time:?}");
    assert!(time < Duration::from_secs(10), "and no more: {time:?}");

    // The thread that would have to hand over is the one that panics.
    let (output, time) = run("flusher");
    assert_eq!(count(&output, "panics"), 1, "{output:?}");
    assert!(time < Duration::from_secs(2), "{time:?}");
    println!("a panic that aborts: four scenarios hold");
}

/// Plays a scenario in another process, which has to abort.
fn run(scenario: &str) -> (Output, Duration) {
    let program = std::env::current_exe().expect("the program knows its file");
    let begin = Instant::now();
    let output = Command::new(program).arg(scenario).env("RUST_BACKTRACE", "0").output();
    let output = output.expect("the program can be started again");
    assert_eq!(output.status.signal(), Some(SIGABRT), "{scenario}: {output:?}");
    (output, begin.elapsed())
}

/// How many events of a tag the process's sink was given, by what it said.
fn given(output: &Output, tag: &str) -> u64 {
    let text = String::from_utf8_lossy(&output.stdout);
    let blocks = text.lines().filter_map(|line| line.strip_suffix(" block"));
    blocks.filter_map(|line| line.strip_prefix(tag)?.trim().parse::<u64>().ok()).sum()
}

/// How often the sink said this.
fn count(output: &Output, what: &str) -> usize {
    String::from_utf8_lossy(&output.stdout).lines().filter(|line| *line == what).count()
}

fn say(what: &str) {
    let line = format!("\n{what}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent process reads");
}

/// What the sink does with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Tell,
    Stall,
    Panic,
}

#[derive(Debug)]
struct Sink(Way);

impl EventSink for Sink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        match self.0 {
            Way::Tell => say(&format!("{} {} block", stream.tags[0], block.event_count)),
            Way::Stall => {
                say("stalls");
                std::thread::sleep(NEVER);
            }
            Way::Panic => {
                say("panics");
                panic!("the sink panics");
            }
        }
    }

    fn on_flush(&self, _: Instant) -> bool {
        say("delivered");
        true
    }
}

fn start(way: Way) {
    let config = Config::default().with_flush_period(NEVER);
    let guard = micromegas_tracing::init(config, Arc::new(Sink(way)));
    std::mem::forget(guard.expect("the first dispatch"));
}

fn record_spans() {
    for _ in 0..SPANS {
        span_scope!("work");
    }
}

fn panic_in_a_thread() {
    start(Way::Tell);
    let recorded = Arc::new(Barrier::new(2));
    let done = Arc::clone(&recorded);
    let blocked = Builder::new().name("blocked".to_owned()).spawn(move || {
        record_spans();
        done.wait();
        std::thread::sleep(NEVER);
    });
    drop(blocked.expect("threads can be started"));
    recorded.wait();
    info!("the last words");
    let panicking = Builder::new().name("panicking".to_owned()).spawn(|| {
        record_spans();
        panic!("one of the threads panics");
    });
    let _ = panicking.expect("threads can be started").join();
}

struct Panicking;

impl fmt::Display for Panicking {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a value cannot be shown");
    }
}

fn panic_while_a_message_is_formatted() {
    start(Way::Tell);
    info!("kept");
    info!("an open entry, then {Panicking}");
}

fn panic_beside_a_stalled_sink() {
    start(Way::Stall);
    info!("never delivered");
    panic!("the only thread panics");
}

fn panic_in_the_flusher() {
    start(Way::Panic);
    info!("never delivered");
    micromegas_tracing::flush(Duration::from_secs(30));
}
