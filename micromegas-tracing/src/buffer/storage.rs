//! One raw allocation of 64-bit words.
#![expect(
    unsafe_code,
    reason = "buffers are raw allocations, so that no reference covers bytes not yet written"
)]

use std::alloc::{Layout, alloc, dealloc};
use std::ptr::NonNull;

const ALIGNMENT: usize = 64;
const PAGE_BYTES: usize = 4096;

/// Memory for records: owned, touched, and not initialised beyond that.
#[derive(Debug)]
pub(crate) struct Storage {
    base: NonNull<u64>,
    layout: Layout,
}

// SAFETY: a storage owns its allocation and gives out nothing but its address; moving the owner to
// another thread moves the right to free it, and the global allocator frees from any thread.
unsafe impl Send for Storage {}

impl Storage {
    /// Allocates `bytes`, a positive multiple of the word size, and touches every page so that the
    /// recording thread meets no page fault. None if the system has no memory.
    pub(crate) fn allocate(bytes: usize) -> Option<Self> {
        assert!(bytes > 0 && bytes.is_multiple_of(size_of::<u64>()));
        let layout = Layout::from_size_align(bytes, ALIGNMENT).ok()?;
        // SAFETY: the layout's size is not zero, as asserted above.
        let address = unsafe { alloc(layout) };
        let base = NonNull::new(address.cast::<u64>())?;
        for offset in (0..bytes).step_by(PAGE_BYTES) {
            // SAFETY: `offset` is less than `bytes`, the size of this allocation.
            let page = unsafe { address.add(offset) };
            // SAFETY: `page` points into the allocation, which nobody else knows yet. A volatile
            // write is not optimised away.
            unsafe { page.write_volatile(0) };
        }
        Some(Self { base, layout })
    }

    pub(crate) fn base(&self) -> *mut u64 {
        self.base.as_ptr()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.layout.size()
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        // SAFETY: `base` was allocated with `layout` by `allocate` and is freed only here.
        unsafe { dealloc(self.base.as_ptr().cast::<u8>(), self.layout) };
    }
}
