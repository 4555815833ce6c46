//! Delivers what `micromegas-tracing` records: over HTTP, to the console, or to several sinks at
//! once.
//!
//! ```no_run
//! use micromegas_telemetry_sink::TelemetryBuilder;
//! use micromegas_tracing::LevelFilter;
//! use micromegas_tracing::prelude::*;
//!
//! # fn main() -> Result<(), micromegas_telemetry_sink::BuildError> {
//! let _telemetry = TelemetryBuilder::new()
//!     .with_url("http://localhost:9000")
//!     .with_console(LevelFilter::Info)
//!     .build()?;
//! info!("ready");
//! # Ok(())
//! # }
//! ```
//!
//! # Guarantees and cost
//!
//! - Nothing here runs on a recording thread but the console, for the levels it shows.
//! - [`HttpSink`] encodes on one thread and sends on another, with a blocking client: the host
//!   needs no async runtime, and none is started. The process's description goes before its
//!   streams, a stream's before its blocks, and blocks of a stream in the order they were recorded;
//!   logs go before metrics, and these before traces.
//! - What the server does not take at once is sent again, with exponential backoff and jitter, for
//!   as long as it takes; `Retry-After` is honoured. What it refuses for good (a status of 4xx but
//!   408, 425 and 429, or 500 twenty times over one block) is dropped. What waits is bounded in
//!   bytes: traces make way for metrics, both for logs. Everything dropped is counted, and the
//!   stream's next block declares it.
//! - With a [spool](SpoolOptions), what cannot be sent waits on disk, within a quota: it survives
//!   the process, and its next start sends it. Key and tokens are never written.
//! - A server of ours may change levels and sampling, for as long as it says and no longer, unless
//!   [the host forbids it](TelemetryBuilder::with_control).
//! - [`SamplingSink`] leaves out whole blocks of threads, and the next block says how much is
//!   missing.
//! - Blocks are planar ([`micromegas_transit::planar`]) for servers whose latest answer says that
//!   they read them, and plain for all others.
//! - Ending takes no longer than the deadline it is given.
//!
//! # Features
//!
//! - `zstd`: planar blocks compressed with zstd, for servers that read them.
//! - `system-metrics`: load and memory of machine and process, as metrics and as properties of the
//!   process.
//!
//! # What it is not
//!
//! It reads no environment variable, but in [`TelemetryBuilder::from_env`], which is for binaries:
//! a library's host gives URL and key as values.
#![forbid(unsafe_code)]

mod builder;
mod composite;
mod console;
mod control;
mod environment;
mod http;
mod memory;
mod reports;
mod sampling;
mod spool;

pub use builder::{BuildError, TelemetryBuilder, TelemetryGuard};
pub use composite::CompositeSink;
pub use console::ConsoleSink;
pub use control::{ControlSettings, Controlled, ProcessSettings, Sampling};
pub use environment::{EnvironmentError, inherit_process};
pub use http::{
    ClientCredentials, DeliveryStats, EventCounts, HttpOptions, HttpSink, HttpSinkError,
};
pub use memory::{
    MemorySink, Recorded, RecordedAsyncSpan, RecordedLog, RecordedMetric, RecordedSpan,
};
pub use sampling::{BlockSampler, SamplingSink, SamplingSwitch, SpikeOptions, SpikeSampler};
pub use spool::{SpoolError, SpoolOptions, SpoolReader, SpoolRecord};
