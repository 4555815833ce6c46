//! Everything a program that records needs: `use micromegas_tracing::prelude::*;`.

pub use crate::clock::{frequency, now};
#[cfg(feature = "tokio")]
pub use crate::interop::{TracingRuntimeExt, spawn_with_context};
pub use crate::level::{Level, LevelFilter};
pub use crate::spans::{
    InstrumentFuture, InstrumentedFuture, SpanContextFuture, current_span_id, trace_context,
};
pub use crate::verbosity::{Verbosity, VerbosityFilter};
pub use crate::{
    debug, error, fatal, fmetric, fmetric_dyn, imetric, imetric_dyn, info, instrument_named,
    instrument_named_dyn, log, log_enabled, span_async_named, span_async_named_dyn, span_scope,
    span_scope_named, span_scope_named_dyn, static_span_desc, static_span_location, trace, warn,
};
pub use micromegas_tracing_macros::{log_fn, span_fn};
