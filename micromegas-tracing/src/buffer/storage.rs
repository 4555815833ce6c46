//! One raw allocation of 64-bit words.

use crate::buffer::mapping::Mapping;

/// Memory for records: owned and touched.
#[derive(Debug)]
pub(crate) struct Storage {
    mapping: Mapping,
}

impl Storage {
    /// Allocates `bytes`, a positive multiple of the word size. None if the system has no memory.
    pub(crate) fn allocate(bytes: usize) -> Option<Self> {
        assert!(bytes.is_multiple_of(size_of::<u64>()));
        Some(Self { mapping: Mapping::new(bytes)? })
    }

    /// Its first word: pages and allocations begin where words may.
    pub(crate) fn base(&self) -> *mut u64 {
        self.mapping.base().cast()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.mapping.bytes()
    }
}
