//! Spans: stretches of time with a beginning and an end, on a thread or in a future.

mod context;
mod future;
mod guard;

pub use future::{InstrumentFuture, InstrumentedFuture};
pub use guard::ThreadSpanGuard;
