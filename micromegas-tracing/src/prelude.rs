//! Everything a program that records needs: `use micromegas_tracing::prelude::*;`.

pub use crate::clock::{frequency, now};
pub use crate::level::{Level, LevelFilter};
pub use crate::spans::{InstrumentFuture, InstrumentedFuture};
pub use crate::{
    debug, error, fatal, fmetric, imetric, info, log, log_enabled, span_scope, static_span_desc,
    trace, warn,
};
pub use micromegas_tracing_macros::span_fn;
