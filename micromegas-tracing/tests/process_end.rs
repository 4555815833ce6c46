//! Processes that end in every way but the orderly one, that fork, and that handle signals: each
//! scenario is a process of its own, this program started again, whose sink says on the standard
//! output what it was given.
#![cfg(unix)]
#![expect(unsafe_code, reason = "the processes fork and raise signals")]

use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink, Guard, process_id, stats};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::fmt;
use std::io::Write;
use std::panic::catch_unwind;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::{Duration, Instant};

const SCENARIO: &str = "SCENARIO_OF_THIS_PROCESS";
const NEVER: Duration = Duration::from_secs(3600);
const SPANS: u64 = 1000;

/// Says what it is given.
#[derive(Debug)]
struct TellingSink;

impl EventSink for TellingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        say(&format!("{} {} block", stream.tags[0], block.event_count));
    }

    fn on_shutdown(&self, _: Instant) {
        say("last shutdown");
    }
}

/// Writes a line of its own.
fn say(what: &str) {
    let line = format!("\n{what}\n");
    std::io::stdout().lock().write_all(line.as_bytes()).expect("the parent process reads");
}

/// How many events of a tag the process's sink was given, by what it said.
fn given(output: &Output, tag: &str) -> u64 {
    let text = String::from_utf8_lossy(&output.stdout);
    let blocks = text.lines().filter_map(|line| line.strip_suffix(" block"));
    let counts = blocks.filter_map(|line| line.strip_prefix(tag)?.trim().parse::<u64>().ok());
    counts.sum()
}

fn was_shut_down(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stdout).lines().any(|line| line == "last shutdown")
}

fn run(scenario: &str) -> Output {
    let program = std::env::current_exe().expect("the program knows its file");
    let arguments = ["--exact", "this_process_plays_its_scenario", "--nocapture"];
    let mut command = Command::new(program);
    command.args(arguments).env(SCENARIO, scenario).env("RUST_BACKTRACE", "0");
    command.output().expect("the program can be started again")
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the scenario is chosen by the parent process")]
fn this_process_plays_its_scenario() {
    match std::env::var(SCENARIO).as_deref() {
        Ok("exit") => exit_without_dropping_the_guard(),
        Ok("abort") => abort_after_a_flush_period(),
        Ok("panic") => panic_in_a_thread_and_abort(),
        Ok("caught") => panic_in_a_caught_task(),
        Ok("fork") => fork_while_threads_record(),
        Ok("signal") => record_in_signal_handlers(),
        _ => {}
    }
}

fn start(period: Duration) -> Guard {
    let config = Config::default().with_flush_period(period);
    micromegas_tracing::init(config, Arc::new(TellingSink)).expect("the first dispatch")
}

fn record_spans() {
    for _ in 0..SPANS {
        span_scope!("work");
    }
}

/// Records in a thread that is blocked for ever afterwards.
fn record_in_a_blocked_thread() {
    let recorded = Arc::new(Barrier::new(2));
    let done = Arc::clone(&recorded);
    let work = move || {
        record_spans();
        done.wait();
        std::thread::sleep(NEVER);
    };
    Builder::new().name("blocked".to_owned()).spawn(work).expect("threads can be started");
    recorded.wait();
}

fn exit_without_dropping_the_guard() {
    std::mem::forget(start(NEVER));
    record_in_a_blocked_thread();
    info!("the last words");
    std::process::exit(7);
}

#[test]
fn an_exit_without_the_guard_hands_over_what_all_threads_recorded() {
    let output = run("exit");
    assert_eq!(output.status.code(), Some(7), "{output:?}");
    assert_eq!((given(&output, "cpu"), given(&output, "log")), (2 * SPANS, 1), "{output:?}");
    assert!(was_shut_down(&output));
}

fn abort_after_a_flush_period() {
    std::mem::forget(start(Duration::from_millis(20)));
    record_in_a_blocked_thread();
    await_recorded(2 * SPANS);
    std::process::abort();
}

fn await_recorded(events: u64) {
    let begin = Instant::now();
    while stats().recorded.total() < events {
        assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", stats());
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn an_abort_loses_nothing_older_than_the_flush_period() {
    let output = run("abort");
    assert!(!output.status.success());
    assert_eq!(given(&output, "cpu"), 2 * SPANS, "{output:?}");
    assert!(!was_shut_down(&output));
}

fn panic_in_a_thread_and_abort() {
    std::mem::forget(start(NEVER));
    (0..7).for_each(|_| record_in_a_blocked_thread());
    let panicking = Builder::new().name("panicking".to_owned()).spawn(|| {
        record_spans();
        panic!("one of the eight threads panics");
    });
    assert!(panicking.expect("threads can be started").join().is_err());
    // Nobody flushes: the panic alone makes everything leave.
    await_recorded(8 * 2 * SPANS);
    std::process::abort();
}

#[test]
fn a_panic_makes_everything_leave_at_once_and_ends_nothing() {
    let output = run("panic");
    assert_eq!(given(&output, "cpu"), 8 * 2 * SPANS, "{output:?}");
    assert!(!was_shut_down(&output));
}

fn panic_in_a_caught_task() {
    let guard = start(NEVER);
    for _ in 0..10 {
        let outcome = catch_unwind(|| {
            span_scope!("task");
            panic!("a task panics");
        });
        assert!(outcome.is_err());
        info!("the next task");
    }
    drop(guard);
}

#[test]
fn recording_goes_on_after_a_caught_panic() {
    let output = run("caught");
    assert!(output.status.success(), "{output:?}");
    assert_eq!((given(&output, "cpu"), given(&output, "log")), (20, 10), "{output:?}");
    assert!(was_shut_down(&output));
}

fn fork_while_threads_record() {
    const CHILDREN: u64 = 20;
    let guard = start(Duration::from_millis(1));
    let is_over = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&is_over);
    let busy = Builder::new().name("busy".to_owned()).spawn(move || {
        let mut rounds = 0;
        while !watched.load(Ordering::SeqCst) {
            record_spans();
            rounds += 1;
        }
        rounds
    });
    for child in 0..CHILDREN {
        span_scope!("forking");
        info!("child {child}");
        // SAFETY: the child calls functions of this test and of the library, which must work there.
        let id = unsafe { libc::fork() };
        assert!(id >= 0);
        if id == 0 {
            in_child();
        }
        let mut status = -1;
        // SAFETY: the process is our child, and the status is ours.
        let waited = unsafe { libc::waitpid(id, &raw mut status, 0) };
        assert_eq!((waited, status), (id, 0), "child {child}");
    }
    is_over.store(true, Ordering::SeqCst);
    let rounds: u64 = busy.expect("threads can be started").join().expect("no panic");
    assert!(guard.flush(Duration::from_secs(30)));
    let stats = stats();
    assert_eq!(stats.recorded.logs, CHILDREN);
    let spans = stats.recorded.thread_span_events + stats.dropped.thread_span_events;
    assert_eq!(spans, 2 * (CHILDREN + rounds * SPANS));
    drop(guard);
}

/// Ends with status 0 if everything here is as it should be, and without waiting for anything.
fn in_child() -> ! {
    record_spans();
    info!("not recorded {}", 1);
    imetric!("nor this", "count", 1);
    let is_right = process_id().is_none() && !micromegas_tracing::flush(Duration::from_secs(60));
    // The handlers at exit run, as in any child.
    std::process::exit(if is_right { 0 } else { 1 })
}

#[test]
fn the_child_of_a_fork_forgets_and_the_parent_goes_on() {
    let begin = Instant::now();
    let output = run("fork");
    assert!(output.status.success(), "{output:?}");
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert_eq!(given(&output, "log"), 20);
    assert!(was_shut_down(&output));
}

extern "C" fn on_signal(_: libc::c_int) {
    micromegas_tracing::in_signal_handler(|| {
        span_scope!("refused");
        imetric!("refused", "count", 1);
        info!("refused");
        info!("refused {}", 1);
        info!(reason = 1, "refused with a property");
    });
}

/// Raises a signal while it is formatted.
struct Raising;

impl fmt::Display for Raising {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        raise();
        f.write_str("raised")
    }
}

fn raise() {
    // SAFETY: a handler is installed for this signal.
    let outcome = unsafe { libc::raise(libc::SIGUSR1) };
    assert_eq!(outcome, 0);
}

fn record_in_signal_handlers() {
    const ROUNDS: u64 = 100;
    let guard = start(NEVER);
    let handler: extern "C" fn(libc::c_int) = on_signal;
    // SAFETY: the handler only records, within what is made for handlers.
    unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    for round in 0..ROUNDS {
        span_scope!("around");
        raise();
        info!("{round} {}", Raising);
    }
    assert!(guard.flush(Duration::from_secs(30)));
    let stats = stats();
    assert_eq!((stats.recorded.logs, stats.recorded.thread_span_events), (ROUNDS, 2 * ROUNDS));
    assert_eq!(stats.recorded.metrics, 0);
    let handlers = 2 * ROUNDS;
    assert_eq!(stats.dropped.thread_span_events, 2 * handlers);
    assert_eq!((stats.dropped.metrics, stats.dropped.logs), (handlers, 3 * handlers));
    drop(guard);
}

#[test]
fn recording_in_a_signal_handler_is_refused_and_counted() {
    let output = run("signal");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(given(&output, "log"), 100);
}
