//! Spans: stretches of time with a beginning and an end, on a thread or in a future.
//!
//! - [`guard`], [`tagged_guard`]: spans of a thread.
//! - [`state`]: the span of a future, from its creation to its end; [`future`], [`hooked`]: futures
//!   that are spans.
//! - [`context`]: which span the thread is in; [`carried`]: a future that stays in the span around
//!   its creation.
//! - [`trace`]: traces that cross processes.

mod carried;
pub(crate) mod context;
mod future;
mod guard;
mod hooked;
#[cfg(feature = "enable")]
pub(crate) mod state;
#[cfg(not(feature = "enable"))]
#[path = "state_disabled.rs"]
pub(crate) mod state;
mod tagged_guard;
pub(crate) mod trace;
#[cfg(feature = "http")]
mod trace_headers;

pub use carried::SpanContextFuture;
pub use context::current_span_id;
pub use future::{InstrumentFuture, InstrumentedFuture};
pub use guard::ThreadSpanGuard;
pub use hooked::HookedFuture;
pub use state::AsyncSpan;
pub use tagged_guard::{DisabledSpanGuard, TaggedSpanGuard};
pub use trace::{EnteredTrace, ParseTraceContextError, TraceContext, trace_context};
#[cfg(feature = "http")]
pub use trace_headers::write_trace_context;
