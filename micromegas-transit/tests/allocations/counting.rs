//! An allocator that counts what each thread asks for.
#![expect(unsafe_code, reason = "hands every request on to the system's allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// Counts, and leaves the work to the system. A vector that grows is there twice for a moment while
/// it is small; the system moves the pages of a large one.
pub(crate) struct CountingAllocator;

/// From this size on, the system's allocator maps memory of its own for an allocation, and moves
/// the mapping when it grows (`mallopt(3)`, `M_MMAP_THRESHOLD`).
const MOVED_BYTES: usize = 128 << 10;

/// What one thread asked for during one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Allocations {
    /// How many times.
    pub(crate) count: usize,
    /// The most bytes that were held at once.
    pub(crate) peak_bytes: usize,
}

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<isize> = const { Cell::new(0) };
}

/// Runs `call` and tells what it allocated on this thread.
pub(crate) fn allocations_of<T>(call: impl FnOnce() -> T) -> (T, Allocations) {
    let (count, live) = (COUNT.get(), LIVE_BYTES.get());
    PEAK_BYTES.set(live);
    let result = call();
    let peak_bytes = (PEAK_BYTES.get() - live).unsigned_abs();
    (result, Allocations { count: COUNT.get() - count, peak_bytes })
}

fn change_live(bytes: isize) {
    // These cells need no destructor, so a thread has them for as long as it allocates.
    LIVE_BYTES.set(LIVE_BYTES.get() + bytes);
    PEAK_BYTES.set(PEAK_BYTES.get().max(LIVE_BYTES.get()));
}

// SAFETY: all memory comes from the system's allocator, and goes back to it with the layout it was
// asked for with; counting touches neither and does not allocate.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        change_live(layout.size().cast_signed());
        // SAFETY: the caller keeps the contract of this function, which is that of the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        change_live(layout.size().cast_signed());
        // SAFETY: as above.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        if layout.size() < MOVED_BYTES {
            change_live(size.cast_signed());
            change_live(-layout.size().cast_signed());
        } else {
            change_live(size.cast_signed() - layout.size().cast_signed());
        }
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        change_live(-layout.size().cast_signed());
        // SAFETY: the caller got the memory from `alloc` or `alloc_zeroed` above with this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}
