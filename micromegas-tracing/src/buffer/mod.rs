//! Buffers that one thread fills and anyone may read as far as they are committed.
//!
//! - [`kind`]: what the events of a buffer are.
//! - [`mapping`]: memory from the system.
//! - [`storage`]: one raw allocation.
//! - [`published`]: the owner's side (write, then publish) and the reader's side (the committed
//!   prefix) of one buffer.
//! - [`pool`]: where buffers come from and go back to; bounds them all together.
//! - [`chain`]: the buffers of one thread and kind, in the order they were filled.

pub(crate) mod chain;
mod kind;
pub(crate) mod mapping;
pub(crate) mod pool;
pub(crate) mod published;
pub(crate) mod storage;

pub(crate) use kind::Kind;
