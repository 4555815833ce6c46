//! What buffers synchronise threads with. The models in the folder `races` compile the
//! buffers with types of a model checker in place of these, which is told of accesses to raw memory.

pub(crate) use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
pub(crate) use std::sync::{Arc, Mutex};

/// The calling thread has written so many words there.
#[inline(always)]
pub(crate) fn note_written(_first: *const u64, _words: usize) {}

/// The calling thread reads so many words from there on.
#[inline(always)]
pub(crate) fn note_read(_first: *const u64, _words: usize) {}
