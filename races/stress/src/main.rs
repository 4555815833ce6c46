//! Records from many threads at once, while others flush, change levels, start and end; then holds
//! what was made against what was handed over and dropped.
//!
//! It is watched by the thread sanitizer, so it uses nothing of the standard library whose
//! synchronisation the sanitizer does not see: threads are started and joined, and all else is
//! atomic.
#![forbid(unsafe_code)]

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink, set_max_level, stats};
use micromegas_transit::{ProcessInfo, StreamInfo};

const THREADS: u64 = 4;
/// Each thread is followed by so many, so that threads also start and end.
const GENERATIONS: u64 = 8;
const ROUNDS: u64 = 400;
/// Little enough that buffers are used again and that some events find no room.
const BUFFER_BYTES: usize = 512 * 1024;
/// What one round of one thread records.
const EVENTS_A_ROUND: u64 = 4 + 2 + 4;

/// Counts what it is given.
#[derive(Debug, Default)]
struct CountingSink {
    events: AtomicU64,
    skipped: AtomicU64,
}

impl EventSink for CountingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, _: &Arc<StreamInfo>, block: EventBlock) {
        self.events.fetch_add(u64::from(block.event_count.unsigned_abs()), Ordering::Relaxed);
        self.skipped.fetch_add(block.skipped_events, Ordering::Relaxed);
    }
}

/// Logs while it is formatted.
struct Talkative(u64);

impl fmt::Display for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        error!("said while something else is said");
        write!(f, "{:>300}", self.0)
    }
}

/// One round: four span events, two samples, four entries that no level filters out.
fn record(round: u64) {
    span_scope!("outer");
    span_scope!("inner");
    imetric!("round", "count", round);
    fmetric!("half", "ratio", black_box(0.5));
    error!("constant");
    error!("round {round}");
    error!("talkative {}", Talkative(round));
    debug!("sometimes");
}

fn spawn(work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new().spawn(work).expect("threads can be started")
}

fn main() {
    let sink = Arc::new(CountingSink::default());
    let config = Config::default()
        .with_max_level(LevelFilter::Error)
        .with_flush_period(Duration::from_millis(1))
        .with_buffer_bytes_max(BUFFER_BYTES);
    let guard = micromegas_tracing::init(config, Arc::<CountingSink>::clone(&sink))
        .expect("the first dispatch");

    let is_over = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&is_over);
    let flushing = spawn(move || {
        while !watched.load(Ordering::Acquire) {
            micromegas_tracing::flush(Duration::from_secs(60));
            set_max_level(LevelFilter::Fatal);
            set_max_level(LevelFilter::Error);
        }
    });
    let made = Arc::new(AtomicU64::new(0));
    let recording: Vec<_> = (0..THREADS)
        .map(|_| {
            let made = Arc::clone(&made);
            spawn(move || {
                for _ in 0..GENERATIONS {
                    let made = Arc::clone(&made);
                    let one = spawn(move || {
                        (0..ROUNDS).for_each(record);
                        made.fetch_add(ROUNDS * EVENTS_A_ROUND, Ordering::Relaxed);
                    });
                    one.join().expect("no panic");
                }
            })
        })
        .collect();
    for thread in recording {
        thread.join().expect("no panic");
    }
    is_over.store(true, Ordering::Release);
    flushing.join().expect("no panic");
    assert!(guard.flush(Duration::from_secs(60)));

    let (recorded, dropped) = (stats().recorded.total(), stats().dropped.total());
    drop(guard);
    // Entries that met the stricter filter were not made at all; spans and samples always are.
    let made = made.load(Ordering::Relaxed);
    let logs = stats().recorded.logs + stats().dropped.logs;
    assert_eq!(recorded + dropped - logs, made * 6 / EVENTS_A_ROUND);
    assert!(logs <= made * 4 / EVENTS_A_ROUND && logs > 0);
    assert_eq!(sink.events.load(Ordering::Relaxed), recorded);
    assert!(sink.skipped.load(Ordering::Relaxed) <= dropped);
    println!("{made} events or filtered entries: {recorded} recorded, {dropped} dropped");
}
