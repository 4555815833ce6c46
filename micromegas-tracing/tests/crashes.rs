//! Processes that crash: each scenario is a process of its own, this program started again, whose
//! sink says on the standard output what it was given.
#![cfg(any(target_os = "linux", target_os = "macos"))]
#![expect(unsafe_code, reason = "the processes crash")]

use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, CrashHandlerError, EventBlock, EventSink, handle_crashes};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::{Duration, Instant};

const SCENARIO: &str = "SCENARIO_OF_THIS_CRASH";
/// Later than any of the processes ends.
const NEVER: Duration = Duration::from_secs(60);
const SPANS: u64 = 1000;

/// Says what it is given; crashes or sleeps itself if it is told to.
#[derive(Debug, Default)]
struct TellingSink {
    crashes: bool,
    sleeps: bool,
}

impl EventSink for TellingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        say(&format!("{} {} block", stream.tags[0], block.event_count));
        if self.crashes {
            touch_what_is_not_there();
        }
        if self.sleeps {
            std::thread::sleep(NEVER);
        }
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
    blocks.filter_map(|line| line.strip_prefix(tag)?.trim().parse::<u64>().ok()).sum()
}

fn was_shut_down(output: &Output) -> bool {
    String::from_utf8_lossy(&output.stdout).lines().any(|line| line == "last shutdown")
}

fn run(scenario: &str) -> (Output, Duration) {
    let program = std::env::current_exe().expect("the program knows its file");
    let arguments = ["--exact", "this_process_plays_its_scenario", "--nocapture"];
    let mut command = Command::new(program);
    command.args(arguments).env(SCENARIO, scenario);
    let begin = Instant::now();
    (command.output().expect("the program can be started again"), begin.elapsed())
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the scenario is chosen by the parent process")]
fn this_process_plays_its_scenario() {
    let Ok(scenario) = std::env::var(SCENARIO) else { return };
    let sink =
        TellingSink { crashes: scenario == "in the flusher", sleeps: scenario == "stalled sink" };
    let config = Config::default().with_flush_period(NEVER);
    std::mem::forget(micromegas_tracing::init(config, Arc::new(sink)).expect("the first dispatch"));
    if scenario == "refused at first" {
        refuse_files_while(|| {
            for _ in 0..2 {
                assert!(matches!(handle_crashes(), Err(CrashHandlerError::Unavailable(_))));
            }
        });
        say("twice refused");
    }
    for _ in 0..2 {
        handle_crashes().expect("the system lets us");
    }
    match scenario.as_str() {
        "fault" => {
            record_in_a_blocked_thread();
            record_spans();
            info!("the last words");
            touch_what_is_not_there();
        }
        "two threads" => two_threads_crash(),
        "abort" | "refused at first" => {
            record_spans();
            std::process::abort();
        }
        "sent" => {
            record_spans();
            let own_id = std::process::id() as libc::pid_t;
            // SAFETY: a signal to this process itself.
            unsafe { libc::kill(own_id, libc::SIGFPE) };
            std::thread::sleep(NEVER);
        }
        "overflow" => {
            record_spans();
            overflow(1);
        }
        "in the flusher" | "stalled sink" => {
            record_spans();
            if scenario == "stalled sink" {
                touch_what_is_not_there();
            }
            micromegas_tracing::flush(NEVER);
        }
        "fork" => crash_in_a_child(),
        other => panic!("there is no scenario `{other}`"),
    }
}

/// Runs something while the system gives this process no more files.
fn refuse_files_while(run: impl FnOnce()) {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is there to be filled.
    assert_eq!(unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) }, 0);
    let none = libc::rlimit { rlim_cur: 0, ..limit };
    // SAFETY: the structure is read only.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const none) }, 0);
    run();
    // SAFETY: as above.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) }, 0);
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

/// A fault: nothing lies on the first page.
fn touch_what_is_not_there() {
    let nowhere = std::ptr::without_provenance_mut::<u64>(8);
    // SAFETY: none, which is the purpose.
    unsafe { nowhere.write_volatile(1) };
}

#[expect(unconditional_recursion, reason = "the stack is to overflow")]
fn overflow(depth: u64) -> u64 {
    let filling = std::hint::black_box([depth; 64]);
    overflow(depth + 1) + filling[7]
}

fn two_threads_crash() {
    static GO: AtomicBool = AtomicBool::new(false);
    for name in ["first", "second"] {
        let crash = || {
            record_spans();
            while !GO.load(Ordering::SeqCst) {
                std::hint::spin_loop();
            }
            touch_what_is_not_there();
        };
        Builder::new().name(name.to_owned()).spawn(crash).expect("threads can be started");
    }
    GO.store(true, Ordering::SeqCst);
    std::thread::sleep(NEVER);
}

/// Says how the child ended, then exits itself.
fn crash_in_a_child() {
    record_spans();
    let begin = Instant::now();
    // SAFETY: the child calls nothing that allocates or locks.
    let id = unsafe { libc::fork() };
    if id == 0 {
        touch_what_is_not_there();
    }
    let mut status = 0;
    // SAFETY: the process is our child, and the status is ours.
    unsafe { libc::waitpid(id, &raw mut status, 0) };
    assert!(begin.elapsed() < Duration::from_secs(2), "nothing to wait for");
    say(&format!("child {}", libc::WTERMSIG(status)));
    std::process::exit(0);
}

#[test]
fn a_fault_lets_everything_leave_that_any_thread_has_recorded() {
    let (output, time) = run("fault");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    // The last words, and the handler's own.
    assert_eq!((given(&output, "cpu"), given(&output, "log")), (4 * SPANS, 2), "{output:?}");
    assert!(was_shut_down(&output), "{output:?}");
    assert!(time < Duration::from_secs(2), "{time:?}");
}

#[test]
fn two_threads_may_crash_at_once() {
    let (output, time) = run("two threads");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    // The other one may not have begun.
    let events = given(&output, "cpu");
    assert!(events >= 2 * SPANS && given(&output, "log") == 1, "{output:?}");
    assert!(was_shut_down(&output) && time < Duration::from_secs(2), "{time:?} {output:?}");
}

#[test]
fn an_abort_and_signals_from_outside_are_crashes_too() {
    // The threads that deliver get what is sent to the process, too: any thread may.
    let sent = [("sent", libc::SIGFPE); 5];
    for (scenario, signal) in [("abort", libc::SIGABRT)].into_iter().chain(sent) {
        let (output, time) = run(scenario);
        assert_eq!(output.status.signal(), Some(signal), "{output:?}");
        assert_eq!((given(&output, "cpu"), given(&output, "log")), (2 * SPANS, 1), "{output:?}");
        assert!(was_shut_down(&output) && time < Duration::from_secs(2), "{time:?} {output:?}");
    }
}

#[test]
fn every_caller_is_told_that_there_is_no_handler_until_there_is() {
    let (output, _) = run("refused at first");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("twice refused"), "{output:?}");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{output:?}");
    assert_eq!((given(&output, "cpu"), given(&output, "log")), (2 * SPANS, 1), "{output:?}");
}

/// The handler that was there before comes after ours: it is the standard library's, which tells
/// what happened and aborts.
#[test]
fn an_overflow_of_the_stack_leaves_everything_and_is_told_as_ever() {
    let (output, _) = run("overflow");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{output:?}");
    assert_eq!((given(&output, "cpu"), given(&output, "log")), (2 * SPANS, 1), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("overflowed its stack"), "{told}");
}

#[test]
fn a_crash_in_the_flusher_waits_for_nothing() {
    let (output, time) = run("in the flusher");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    assert!(time < Duration::from_secs(2), "{time:?}");
}

#[test]
fn a_stalled_sink_delays_the_end_by_no_more_than_its_time() {
    let (output, time) = run("stalled sink");
    assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{output:?}");
    assert!(!was_shut_down(&output));
    assert!((2..10).contains(&time.as_secs()), "{time:?}");
}

#[test]
fn the_child_of_a_fork_crashes_as_ever() {
    let (output, _) = run("fork");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.contains(&format!("child {}", libc::SIGSEGV)), "{output:?}");
    // The parent goes on recording, and exits.
    assert_eq!(given(&output, "cpu"), 2 * SPANS, "{output:?}");
    assert!(was_shut_down(&output));
}
