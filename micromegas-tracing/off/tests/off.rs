//! Without the feature `enable` nothing is left.
#![cfg(not(feature = "bounds"))]

use micromegas_tracing::{Counts, EventBlock, EventSink, stats};
use micromegas_tracing_off::{future_with, future_without, with};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Nothing arrives here.
struct Nothing;

impl EventSink for Nothing {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        panic!("a stream was made: {:?}", stream.tags)
    }

    fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}
}

fn poll<F: Future>(future: F) -> Poll<F::Output> {
    pin!(future).poll(&mut Context::from_waker(Waker::noop()))
}

#[test]
fn nothing_is_evaluated_and_nothing_recorded() {
    let guard = micromegas_tracing::init(Default::default(), Arc::new(Nothing))
        .expect("the first dispatch");
    assert_eq!(with(14), 42);
    assert_eq!(poll(future_with(3)), Poll::Ready(15));
    assert!(guard.flush(Duration::from_secs(30)));
    assert_eq!((stats().recorded, stats().dropped), (Counts::default(), Counts::default()));
}

#[test]
fn futures_stay_as_small_as_they_were() {
    // A hook is kept aside, and with it whether it was called; this one has no size itself.
    let (with, without) = (size_of_val(&future_with(1)), size_of_val(&future_without(1)));
    assert!(with <= without + size_of::<usize>(), "{with} bytes against {without}");
}

/// The instructions of a function in an assembly file. Of functions that are the same the compiler
/// may keep one, and say that the other is that.
fn instructions<'a>(assembly: &'a str, name: &str) -> Vec<&'a str> {
    let label = format!("4work{}{name}", name.len());
    let mut same = assembly.lines().filter_map(|line| line.split_once(" = "));
    let label = same.find(|(own, _)| own.contains(&label)).map_or(&*label, |(_, other)| other);
    let is_start = |line: &&str| line.contains(label) && line.ends_with(':');
    let body = assembly.lines().skip_while(|line| !is_start(line)).skip(1);
    body.map(str::trim)
        .take_while(|line| !line.starts_with(".cfi_endproc"))
        .filter(|line| !line.starts_with('.'))
        .collect()
}

#[test]
#[cfg(target_os = "linux")]
fn the_code_is_the_same_instruction_by_instruction() {
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("off.s");
    let outcome = Command::new(env!("CARGO"))
        .args(["rustc", "--quiet", "--lib", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .args(["--", "-Ccodegen-units=1", "--emit"])
        .arg(format!("asm={}", file.display()))
        .status()
        .expect("cargo runs");
    assert!(outcome.success());
    let assembly = std::fs::read_to_string(&file).expect("the assembly");
    let (with, without) = (instructions(&assembly, "with"), instructions(&assembly, "without"));
    assert!(!without.is_empty(), "the function is in the file");
    assert_eq!(with, without);
    assert_eq!(without.iter().filter(|line| line.starts_with("call")).count(), 0);
}
