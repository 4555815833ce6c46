//! An allocator that records: recording is entered from within its own cold path.
#![expect(unsafe_code, reason = "an allocator that records hands every request on to the system's")]

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, stats};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::thread::Builder;
use std::time::Duration;

thread_local! {
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    static MADE: Cell<u64> = const { Cell::new(0) };
}

struct Recording;

impl Recording {
    fn note(layout: Layout) {
        if IS_RECORDING.get() {
            MADE.set(MADE.get() + 1);
            imetric!("allocated", "bytes", layout.size() as u64);
        }
    }
}

// SAFETY: all memory comes from the system's allocator, and goes back to it with the layout it was
// asked for with; recording touches neither, and does not unwind.
unsafe impl GlobalAlloc for Recording {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::note(layout);
        // SAFETY: the caller keeps the contract of this function, which is that of the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Recording = Recording;

/// Allocates and records, and counts what the allocator recorded.
fn work() -> u64 {
    IS_RECORDING.set(true);
    for number in 0..5_000_usize {
        span_scope!("work");
        black_box(vec![7_u8; number]);
        info!("a text made on the way: {}", format!("{number}"));
    }
    IS_RECORDING.set(false);
    MADE.get()
}

#[test]
fn an_allocator_may_record_and_what_recording_itself_asks_for_is_refused_and_counted() {
    const THREADS: u64 = 4;
    let sink = Arc::new(MemorySink::default());
    let config = Config::default().with_flush_period(Duration::from_millis(20));
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");
    let threads: Vec<_> = (0..THREADS)
        .map(|number| Builder::new().name(format!("worker-{number}")).spawn(work))
        .collect::<Result<_, _>>()
        .expect("threads can be started");
    let made: u64 = threads.into_iter().map(|it| it.join().expect("no panic")).sum();
    assert!(guard.flush(Duration::from_secs(30)));
    let (recorded, dropped) = (stats().recorded, stats().dropped);
    assert!(made >= THREADS * 2 * 4_999, "{made}");
    assert_eq!(recorded.metrics + dropped.metrics, made);
    // A thread's first buffers, and each further one, are asked for in the midst of recording.
    assert!((THREADS..made / 10).contains(&dropped.metrics), "{dropped:?} of {made}");
    assert_eq!((recorded.logs, dropped.logs), (THREADS * 5_000, 0));
    assert_eq!(recorded.thread_span_events, THREADS * 2 * 5_000);
    let metrics = sink.recorded().expect("blocks are whole").metrics.len() as u64;
    assert_eq!(metrics, recorded.metrics);
}
