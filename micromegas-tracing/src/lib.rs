//! Records what a process does (logs, metrics, spans) for about ten nanoseconds an event, always
//! on.
//!
//! ```
//! use micromegas_tracing::prelude::*;
//!
//! #[span_fn]
//! fn load(name: &str) -> usize {
//!     info!("loading {name}");
//!     let size = name.len();
//!     imetric!("size", "bytes", size as u64);
//!     size
//! }
//! # load("atlas");
//! ```
//!
//! # Concepts
//!
//! - An **event** is a log entry, a sample of a metric, or the begin or end of a span. It holds the
//!   address of its call site's static **descriptor**, the time, and what differs from call to
//!   call.
//! - Each thread writes events to **buffers** of its own. What is committed there can be read by
//!   the **flusher**, a background thread, without the writer's help, so idle, blocked and finished
//!   threads lose nothing.
//! - The flusher makes **blocks** of a **stream** (one of logs, one of metrics, one of spans for
//!   each thread) and hands them to an [`EventSink`]. `micromegas-telemetry-sink` has sinks for
//!   HTTP and for the console, and a builder that starts everything.
//!
//! - Images and files of any media type are [attached](attach); events of types of one's own go to
//!   an [`EventStream`].
//! - A span of a future can be part of a **trace** that crosses processes: [`trace_context`] for
//!   calls that go out, [`InstrumentedFuture::with_remote_parent`] for those that come in.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `enable` (default) | without it, nothing is left of the macros |
//! | `http` | trace contexts in header maps |
//! | `log`, `tracing` | what is logged and traced with those crates |
//! | `tokio` | tasks stay in the span around their spawning |
//! | `max_level_…`, `release_max_level_…`, `max_verbosity_…` | bounds that are compiled in |
//!
//! # Guarantees and cost
//!
//! - Recording never allocates, locks, fails or panics while the thread's buffer has room. Text is
//!   formatted straight into the buffer, once; a message is cut at 64 KiB, with a mark.
//! - All buffers together stay within [`Config::with_buffer_bytes_max`]. What finds no room is
//!   dropped, counted in [`stats`], and declared by the next block.
//! - Before [`init`] nothing is recorded, and an event costs a few instructions.
//! - Logs and metrics reach the sink within a second, spans within five, entries of level Error and
//!   Fatal at once; [`flush`] hands everything over now. Dropping the [`Guard`] flushes.
//! - A panic in a sink, or in the flusher, ends neither recording nor the process.
//! - A panic anywhere makes the flusher hand everything over at once, and never ends recording. A
//!   process that exits without dropping the guard hands everything over first; one that is killed
//!   or aborts loses what it recorded since the last time.
//!
//! # What it is not
//!
//! It starts no async runtime, reads no environment variable and opens no connection: the host
//! decides, and gives values. It is not for signal handlers, which may interrupt a record half
//! written: one that calls code that records does so within [`in_signal_handler`]. The child of a
//! `fork` records nothing.

#![cfg_attr(
    not(feature = "enable"),
    expect(dead_code, unused_imports, reason = "without `enable` nothing records")
)]

mod buffer;
mod clock;
mod config;
mod crash;
mod dispatch;
mod event_sink;
mod filter;
mod flusher;
#[cfg(any(feature = "log", feature = "tokio", feature = "tracing"))]
mod interop;
mod kept;
mod level;
mod lock;
mod log_entry;
mod macros;
mod metadata;
mod origin;
mod own_streams;
mod panics;
mod process_end;
mod process_info;
mod properties;
mod record;
mod recording;
mod spans;
mod stats;
mod sync;
mod verbosity;

pub mod prelude;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

pub use clock::{frequency, now};
pub use config::Config;
pub use crash::{CrashHandlerError, handle_crashes};
pub use dispatch::{Guard, InitError, flush, init, process_id};
pub use event_sink::{EventBlock, EventSink};
pub use filter::{
    STATIC_MAX_LEVEL, STATIC_MAX_VERBOSITY, max_level, max_verbosity, override_levels,
    override_verbosities, set_max_level, set_max_verbosity, set_target_level, set_target_verbosity,
};
#[cfg(feature = "tracing")]
pub use interop::TracingLayer;
#[cfg(feature = "log")]
pub use interop::{LogBridge, bridge_log};
#[cfg(feature = "tokio")]
pub use interop::{TracingRuntimeExt, spawn_with_context};
pub use kept::{keep, kept_bytes};
pub use level::{Level, LevelFilter, ParseLevelError};
pub use log_entry::LogEntry;
pub use metadata::{CallSite, LogMetadata, MetricMetadata, SpanMetadata};
pub use micromegas_tracing_macros::{log_fn, main, span_fn};
pub use own_streams::{ATTACHMENT_BYTES_MAX, EventStream, References, attach, send_image};
pub use panics::record_panics;
pub use properties::{Property, PropertyList, PropertySet, PropertyText};
pub use recording::signal::in_signal_handler;
#[cfg(feature = "http")]
pub use spans::write_trace_context;
pub use spans::{
    AsyncSpan, DisabledSpanGuard, EnteredTrace, HookedFuture, InstrumentFuture, InstrumentedFuture,
    ParseTraceContextError, SpanContextFuture, TaggedSpanGuard, ThreadSpanGuard, TraceContext,
    current_span_id, trace_context,
};
pub use stats::{Counts, Stats, stats};
pub use verbosity::{ParseVerbosityError, Verbosity, VerbosityFilter};
