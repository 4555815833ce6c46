//! While there is room in the thread's buffers, recording asks the allocator for nothing.
#![expect(unsafe_code, reason = "an allocator that counts hands every request on to the system's")]

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, stats};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

thread_local! {
    static REQUESTS: Cell<u64> = const { Cell::new(0) };
}

struct Counting;

// SAFETY: all memory comes from the system's allocator, and goes back to it with the layout it was
// asked for with; counting touches neither and does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        // SAFETY: the caller keeps the contract of this function, which is that of the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) };
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        REQUESTS.set(REQUESTS.get() + 1);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, bytes) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// An event of every form, but for names made at run time.
fn record(number: u64) {
    span_scope!("span");
    let tagged = span_scope!(name = "tagged", number = %number);
    imetric!("integer", "count", black_box(number));
    fmetric!("float", "percent", black_box(0.5));
    imetric!("tagged", "count", kind = "even", number = %number, number);
    info!("constant");
    info!("the number is {}", black_box(number));
    info!(number = %number, "the number is {number}");
    drop(tagged);
}

#[test]
fn recording_asks_for_no_memory_while_there_is_room() {
    const ROUNDS: u64 = 50;
    let config = Config::default().with_flush_period(Duration::from_secs(3600));
    let guard = micromegas_tracing::init(config, Arc::new(MemorySink::default()))
        .expect("the first dispatch");
    // The first events of a thread make its buffers, and the memory for properties.
    record(1);
    let before = REQUESTS.get();
    (0..ROUNDS).for_each(record);
    let requests = REQUESTS.get() - before;
    assert_eq!(requests, 0, "in {ROUNDS} rounds");
    assert!(!black_box(vec![1]).is_empty() && REQUESTS.get() > before, "they are counted");
    assert!(guard.flush(Duration::from_secs(30)));
    let recorded = stats().recorded;
    assert_eq!(recorded.thread_span_events, 4 * (ROUNDS + 1));
    assert_eq!((recorded.logs, recorded.metrics), (3 * (ROUNDS + 1), 3 * (ROUNDS + 1)));
}
