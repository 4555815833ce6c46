//! Memory that the system gives for one purpose, and has back as soon as that is over.
//!
//! An allocator that serves many threads keeps what was freed for the next one who asks the same
//! part of it, and the peaks of its parts, which come at different times, add up. Of what is large,
//! has a bound, and passes from thread to thread, nothing may be kept so.
#![expect(unsafe_code, reason = "memory is asked of the system, and handed out as raw bytes")]

use std::ptr::NonNull;
use std::sync::Mutex;

/// A region of bytes, owned, touched, and all zeros at first.
#[derive(Debug)]
pub(crate) struct Mapping {
    base: NonNull<u8>,
    bytes: usize,
}

// SAFETY: a mapping owns its memory; moving the owner to another thread moves the right to give it
// back, which may be done on any thread.
unsafe impl Send for Mapping {}
// SAFETY: a shared mapping gives out nothing but its address, and bytes that nobody can write.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Takes `bytes`, which is not zero, from the system. Every page is touched, so that whoever
    /// writes to it meets no page fault. None if the system has no memory.
    pub(crate) fn new(bytes: usize) -> Option<Self> {
        assert!(bytes > 0);
        Some(Self { base: system::map(bytes)?, bytes })
    }

    pub(crate) fn base(&self) -> *mut u8 {
        self.base.as_ptr()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `new` has mapped so many bytes there, and nobody else gives them back.
        unsafe { system::unmap(self.base, self.bytes) };
    }
}

/// The memory that is taken for a copy of so many bytes: one of few sizes, so that what one copy
/// gives back fits the next.
pub(crate) const fn copied_bytes(len: usize) -> usize {
    const PAGE_BYTES: usize = 4096;
    let step = len.next_power_of_two() / 16;
    len.next_multiple_of(if step > PAGE_BYTES { step } else { PAGE_BYTES })
}

/// How much memory waits for the next copy. The system takes its time to give a region and to have
/// it back, and stops all threads of the process meanwhile.
const SPARE_BYTES_MAX: usize = 8 * 1024 * 1024;

static SPARE: Mutex<Vec<Mapping>> = Mutex::new(Vec::new());

/// A spare region of this size. Nobody waits: while the stock is locked it has none.
fn take_spare(bytes: usize) -> Option<Mapping> {
    let mut spare = SPARE.try_lock().ok()?;
    let found = spare.iter().position(|mapping| mapping.bytes == bytes)?;
    Some(spare.swap_remove(found))
}

/// Keeps a region for the next copy, in place of those that wait for longer, unless it is too large.
fn keep_spare(mapping: Mapping) {
    let mut freed = Vec::new();
    if let Ok(mut spare) = SPARE.try_lock()
        && mapping.bytes <= SPARE_BYTES_MAX
    {
        spare.push(mapping);
        while spare.iter().map(|mapping| mapping.bytes).sum::<usize>() > SPARE_BYTES_MAX {
            freed.push(spare.remove(0));
        }
    }
}

/// Gives up what waits for the next copy.
pub(crate) fn trim() {
    let spare = SPARE.try_lock().map(|mut spare| std::mem::take(&mut *spare));
    // Unmapped without the lock.
    drop(spare);
}

/// Whether something waits for the next copy.
pub(crate) fn has_spare() -> bool {
    SPARE.try_lock().is_ok_and(|spare| !spare.is_empty())
}

/// A copy of bytes, which nobody writes to.
#[derive(Debug)]
pub(crate) struct Copied {
    /// There until it is dropped.
    mapping: Option<Mapping>,
    len: usize,
}

impl Copied {
    /// None if there is nothing to copy, or no memory.
    pub(crate) fn new(bytes: &[u8]) -> Option<Self> {
        if bytes.is_empty() {
            return None;
        }
        let size = copied_bytes(bytes.len());
        let mapping = take_spare(size).or_else(|| Mapping::new(size))?;
        let from = NonNull::from(bytes).cast::<u8>();
        // SAFETY: `mapping` is at least that long, and nobody else's: it is new, or was given back.
        unsafe { mapping.base.copy_from_nonoverlapping(from, bytes.len()) };
        Some(Self { mapping: Some(mapping), len: bytes.len() })
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Some(mapping) = self.mapping.take() {
            keep_spare(mapping);
        }
    }
}

impl AsRef<[u8]> for Copied {
    fn as_ref(&self) -> &[u8] {
        let Some(mapping) = &self.mapping else { return &[] };
        // SAFETY: `new` has written that many bytes there and given nobody the address, and the
        // mapping lives as long as the slice.
        unsafe { std::slice::from_raw_parts(mapping.base.as_ptr(), self.len) }
    }
}

#[cfg(all(unix, not(miri)))]
mod system {
    use std::ptr::{NonNull, null_mut};

    #[cfg(target_os = "linux")]
    const TOUCHED: libc::c_int = libc::MAP_POPULATE;
    #[cfg(not(target_os = "linux"))]
    const TOUCHED: libc::c_int = 0;

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON | TOUCHED;
        // SAFETY: asks for new memory, wherever there is room.
        let address = unsafe { libc::mmap(null_mut(), bytes, access, flags, -1, 0) };
        if address == libc::MAP_FAILED {
            return None;
        }
        let base = NonNull::new(address.cast::<u8>())?;
        if TOUCHED == 0 {
            super::touch(base, bytes);
        }
        Some(base)
    }

    /// # Safety
    /// `map` has returned `base` for so many bytes, and nobody uses them any more.
    pub(super) unsafe fn unmap(base: NonNull<u8>, bytes: usize) {
        // SAFETY: as the caller guarantees.
        unsafe { libc::munmap(base.as_ptr().cast(), bytes) };
    }
}

/// Elsewhere, and under Miri, the allocator is asked, which gives back what is large.
#[cfg(any(miri, not(unix)))]
mod system {
    use std::alloc::{Layout, alloc_zeroed, dealloc};
    use std::ptr::NonNull;

    const ALIGNMENT: usize = 64;

    pub(super) fn map(bytes: usize) -> Option<NonNull<u8>> {
        let layout = Layout::from_size_align(bytes, ALIGNMENT).ok()?;
        // SAFETY: the size is not zero, as `Mapping::new` asserts.
        let base = NonNull::new(unsafe { alloc_zeroed(layout) })?;
        super::touch(base, bytes);
        Some(base)
    }

    /// # Safety
    /// `map` has returned `base` for so many bytes, and nobody uses them any more.
    pub(super) unsafe fn unmap(base: NonNull<u8>, bytes: usize) {
        if let Ok(layout) = Layout::from_size_align(bytes, ALIGNMENT) {
            // SAFETY: it was allocated with this layout.
            unsafe { dealloc(base.as_ptr(), layout) };
        }
    }
}

fn touch(base: NonNull<u8>, bytes: usize) {
    const PAGE_BYTES: usize = 4096;
    for offset in (0..bytes).step_by(PAGE_BYTES) {
        // SAFETY: `offset` is less than `bytes`, the size of the memory at `base`.
        let page = unsafe { base.add(offset) };
        // SAFETY: the memory is nobody else's yet. A volatile write is not optimised away.
        unsafe { page.write_volatile(0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_the_same_bytes() {
        for len in [1, 4095, 4096, 4097, 100_000] {
            let bytes: Vec<u8> = (0..len).map(|index| index as u8).collect();
            let copy = Copied::new(&bytes).expect("there is memory");
            assert_eq!(copy.as_ref(), bytes);
        }
        assert!(Copied::new(&[]).is_none());
    }

    #[test]
    fn a_copy_takes_at_most_an_eighth_more_than_its_bytes() {
        for len in [1, 4096, 65_536, 65_537, 100_000, 1 << 20, (1 << 20) + 1, 3_000_000] {
            let bytes = copied_bytes(len);
            assert!(bytes >= len && bytes < len + len / 8 + 4096, "{bytes} for {len}");
        }
    }

    #[test]
    fn what_waits_for_the_next_copy_is_little() {
        let copies: Vec<_> = (1..20).map(|n| Copied::new(&vec![1; n * 100_000])).collect();
        drop(copies);
        drop(Copied::new(&vec![2; 2 * SPARE_BYTES_MAX]));
        let spare = SPARE.lock().expect("no test panics with it");
        let bytes: usize = spare.iter().map(|mapping| mapping.bytes).sum();
        assert!(bytes <= SPARE_BYTES_MAX, "{bytes}");
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn what_is_dropped_is_back_with_the_system_at_once() {
        const BYTES: usize = 256 << 20;
        let resident = || {
            let pages = std::fs::read_to_string("/proc/self/statm").expect("a system with /proc");
            let pages: usize = pages.split(' ').nth(1).expect("numbers").parse().expect("a number");
            pages * 4096
        };
        let mapping = Mapping::new(BYTES).expect("there is memory");
        let touched = resident();
        assert!(touched >= BYTES, "{touched}");
        drop(mapping);
        let left = resident();
        assert!(left + BYTES / 2 < touched, "{touched} before, {left} after");
    }
}
