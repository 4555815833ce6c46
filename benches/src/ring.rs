//! The least that recording an event can cost: a clock read and a store into memory of the thread.
#![expect(unsafe_code, reason = "the yardstick has no check that recording could do without")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

/// 16 MiB: as recording does, the stores go through more memory than caches near the core hold.
const WORD_COUNT: usize = 2 << 20;

/// Room after the last word that a store may begin at.
const SLACK: usize = 4;

struct Cursor {
    base: Cell<*mut u64>,
    next: Cell<usize>,
}

thread_local! {
    static CURSOR: Cursor =
        const { Cursor { base: Cell::new(ptr::null_mut()), next: Cell::new(0) } };
}

/// The right to store into the calling thread's ring of 16 MiB, whose pages have been touched.
#[derive(Debug)]
pub struct Ring {
    /// Neither `Send` nor `Sync`: the ring is in a thread-local.
    thread: PhantomData<*const ()>,
}

impl Ring {
    /// The ring of this thread.
    ///
    /// # Panics
    /// When this thread has one already.
    pub fn of_this_thread() -> Self {
        CURSOR.with(|cursor| {
            assert!(cursor.base.get().is_null(), "a thread has one ring");
            let words = vec![1u64; WORD_COUNT + SLACK].into_boxed_slice();
            cursor.base.set(Box::into_raw(words).cast());
        });
        Self { thread: PhantomData }
    }

    /// Stores 16 bytes: `what`, and the time read from the clock.
    #[inline(always)]
    pub fn store_16(&self, what: u64) {
        CURSOR.with(|cursor| {
            let at = cursor.next.get();
            cursor.store(at, what);
            cursor.store(at + 1, clock());
            cursor.next.set((at + 2) % WORD_COUNT);
        });
    }

    /// Stores 24 bytes: `what`, `value`, and the time read from the clock.
    #[inline(always)]
    pub fn store_24(&self, what: u64, value: u64) {
        CURSOR.with(|cursor| {
            let at = cursor.next.get();
            cursor.store(at, what);
            cursor.store(at + 1, value);
            cursor.store(at + 2, clock());
            cursor.next.set((at + 3) % WORD_COUNT);
        });
    }
}

impl Cursor {
    #[inline(always)]
    fn store(&self, at: usize, word: u64) {
        // SAFETY: a `Ring` of this thread exists, since only its methods call this, so `base` is
        // the beginning of `WORD_COUNT + SLACK` words; `at` is below `WORD_COUNT + 3`.
        let place = unsafe { self.base.get().add(at) };
        // SAFETY: the place is inside the allocation, aligned as its element, and no reference to
        // it exists.
        unsafe { place.write(word) };
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        CURSOR.with(|cursor| {
            let base = cursor.base.replace(ptr::null_mut());
            let words = ptr::slice_from_raw_parts_mut(base, WORD_COUNT + SLACK);
            // SAFETY: `of_this_thread` made this pointer from a box of this length, and the null
            // left behind means that it is used here for the last time.
            drop(unsafe { Box::from_raw(words) });
        });
    }
}

/// The processor's counter itself, so that no wrapper is part of the yardstick.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn clock() -> u64 {
    // SAFETY: every x86-64 processor has the instruction, and no supported system forbids it.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn clock() -> u64 {
    micromegas_tracing::prelude::now() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_go_round() {
        let ring = Ring::of_this_thread();
        for _ in 0..WORD_COUNT {
            ring.store_24(7, 8);
        }
        let next = CURSOR.with(|cursor| cursor.next.get());
        assert_eq!(next, 0);
        ring.store_16(9);
        let first = CURSOR.with(|cursor| cursor.base.get());
        // SAFETY: the ring exists, so `first` points to its first word.
        assert_eq!(unsafe { first.read() }, 9);
    }

    #[test]
    fn a_thread_can_have_a_ring_after_its_first() {
        drop(Ring::of_this_thread());
        drop(Ring::of_this_thread());
    }
}
