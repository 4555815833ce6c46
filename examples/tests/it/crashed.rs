//! Programs that crash and panic while no server is there, and what a person sees who then opens
//! their spools.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::Duration;

use micromegas_telemetry_sink::{SpoolOptions, TelemetryBuilder};
use micromegas_tracing::Config;
use micromegas_tracing::prelude::*;

use crate::spool::spool_files;
use crate::started::{MICROMEGAS, run};

/// What the program that plays a crash is told.
const FOLDER: &str = "TEST_CRASH_FOLDER";
const END: &str = "TEST_CRASH_END";
const SPANS: u64 = 1000;

#[expect(clippy::disallowed_methods, reason = "this is how the child learns what it is for")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The program that crashes; without its variables, a test that passes.
#[test]
fn child() {
    let (Some(folder), Some(end)) = (variable(FOLDER), variable(END)) else { return };
    let telemetry = TelemetryBuilder::new()
        // Nothing leaves by itself.
        .with_config(Config::default().with_flush_period(Duration::from_secs(60)))
        // Nobody listens on port 1.
        .with_url("http://127.0.0.1:1")
        .with_spool(SpoolOptions::new(folder))
        .with_crash_handler(true)
        .build();
    std::mem::forget(telemetry.unwrap());
    micromegas_tracing::record_panics();
    let recorded = Arc::new(Barrier::new(2));
    let done = Arc::clone(&recorded);
    let work = move || {
        record_spans();
        done.wait();
        std::thread::sleep(Duration::from_secs(60));
    };
    Builder::new().name("blocked".to_owned()).spawn(work).unwrap();
    recorded.wait();
    record_spans();
    info!("the last words");
    match end.as_str() {
        "crash" => std::process::abort(),
        _ => panic!("it came to this"),
    }
}

fn record_spans() {
    for _ in 0..SPANS {
        span_scope!("work");
    }
}

/// The rows that `micromegas open` prints, without the line of their names.
#[track_caller]
fn ask(file: &Path, sql: &str) -> Vec<String> {
    let args = ["open", file.to_str().unwrap(), "--format", "csv", "--sql", sql];
    run(MICROMEGAS, &args).output().lines().skip(1).map(str::to_owned).collect()
}

/// Has a program end so, and opens what it left.
#[track_caller]
fn log_of(end: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let ended = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crashed::child", "--nocapture"])
        .env(FOLDER, folder.path())
        .env(END, end)
        .output()
        .unwrap();
    assert!(!ended.status.success(), "{ended:?}");
    let [file] = &spool_files(folder.path())[..] else { panic!("one file of one process") };

    let there = run(MICROMEGAS, &["open", file.to_str().unwrap()]);
    assert_eq!(there.stderr, "");
    println!("{}", there.output());
    let spans = ask(file, "SELECT sum(nb_objects) FROM blocks WHERE \"streams.tags\"[1] = 'cpu'");
    assert_eq!(spans, [(4 * SPANS).to_string()]);
    let streams = "SELECT stream_id FROM streams WHERE array_has(tags, 'cpu')";
    let whole: usize = ask(file, streams)
        .iter()
        .map(|id| {
            format!(
                "SELECT count(*) FROM view_instance('thread_spans', '{id}') WHERE name = 'work'"
            )
        })
        .map(|sql| ask(file, &sql)[0].parse::<usize>().unwrap())
        .sum();
    assert_eq!(whole as u64, 2 * SPANS);
    ask(file, "SELECT level, target, msg FROM log_entries ORDER BY time")
}

#[test]
fn what_a_crashed_program_left_can_be_opened() {
    let log = log_of("crash");
    let [last_words, signal] = &log[..] else { panic!("{log:?}") };
    assert!(last_words.ends_with("the last words"), "{log:?}");
    assert!(signal.starts_with("1,crash,SIGABRT"), "{log:?}");
}

#[test]
fn what_a_program_left_that_panicked_can_be_opened() {
    let log = log_of("panic");
    let [last_words, panic] = &log[..] else { panic!("{log:?}") };
    assert!(last_words.ends_with("the last words"), "{log:?}");
    assert!(panic.contains("it came to this"), "{log:?}");
}
