//! SQL over the lake: tables, views and functions for DataFusion, and a FlightSQL service.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use datafusion::prelude::SessionContext;
//! use micromegas_analytics::{Options, register};
//! use micromegas_lakehouse::{Lakehouse, Principal};
//!
//! let lakehouse = Lakehouse::open_local("data").await?;
//! let context = SessionContext::new(); // or yours, with your own tables
//! register(&context, lakehouse, Principal::local(), Options::default())?;
//! context.sql("SELECT time, level, msg FROM log_entries LIMIT 20").await?.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # Concepts
//!
//! A **view** is: which blocks it reads, and how a run of blocks becomes rows. Everything else is
//! shared: `scan(view, filters) = partitions that may match ∪ decode(fresh blocks that may match)`.
//! **Partitions** are what was written down as Parquet; **fresh blocks** are those that are in no
//! partition yet. They are decoded when a query needs them, and kept in a bounded [`BlockCache`].
//!
//! | SQL | rows |
//! |---|---|
//! | `processes`, `streams`, `blocks` | what the lake knows about its data |
//! | `audit_log` | what was done to the lake and by whom, for principals with the right `admin` |
//! | `log_entries`, `measures` | log entries and samples of metrics, of all processes |
//! | `log_stats`, `metric_stats` | the same by the minute |
//! | views made with `CREATE MATERIALIZED VIEW`, or declared as [`SqlView`]s | what their queries say |
//! | `otel_spans`, `trace_contexts`, `images` | spans of OpenTelemetry, places in traces, attached files |
//! | `view_instance('log_entries', 'process id')`, same for the others | the global table, filtered by `process_id` |
//! | `view_instance('thread_spans', 'stream id')` | the spans of one thread |
//! | `thread_spans('process id')` | the spans of all threads of a process |
//! | `view_instance('async_events', 'process id')` | begins and ends of asynchronous spans |
//! | `view_instance('async_spans', 'process id')` | asynchronous spans |
//! | `view_instance('net_spans', 'process id')` | what it sent and received |
//! | `call_graph('process id', begin, end)` | who calls whom, how often and for how long |
//! | `trace('trace id')` | one trace across processes |
//! | `events."TypeName"`, `list_event_types()` | events of types that processes have defined themselves |
//! | `list_quarantined_blocks()` | blocks that cannot be decoded, and why |
//!
//! [`table_docs`] has their columns. `property_get`, `jsonb_get`, `jsonb_as_string` and
//! `jsonb_format_json` read properties; `exponential_histogram`, `merge_exponential_histograms` and
//! `exponential_histogram_quantile` make, merge and read histograms.
//!
//! # Guarantees
//!
//! - The same query gives the same rows, whatever has been written down.
//! - Every scan of a query sees one snapshot: one commit sequence, one ledger version.
//! - Filters in SQL prune: partitions and files by statistics, fresh blocks by identity and, where
//!   their sender vouches for exact bounds, by time.
//! - A block that cannot be decoded is in quarantine, with its reason. One that cannot be fetched
//!   fails the query, and is never counted as written down.
//! - A principal sees its tenants, and nothing else.
//!
//! # Features
//!
//! `flight` (default): the Arrow FlightSQL service, in the module `flight`.
//!
//! # What it is not
//!
//! It does not take events in, does not listen on sockets and does not start threads of its own:
//! the host brings the runtime and the server.
#![forbid(unsafe_code)]

mod admin;
mod clock;
mod columns;
mod computed;
mod derived;
mod engine;
mod error;
mod events;
#[cfg(feature = "flight")]
pub mod flight;
mod functions;
mod histogram;
mod materialize;
mod nearest;
mod net;
mod options;
mod otlp;
mod redaction;
mod register;
mod scan;
mod snapshot;
mod source;
mod spans;
mod sql_view;
mod table_functions;
mod tables;
mod view;

pub use columns::{Column, ColumnKind, TableDoc};
pub use error::Error;
pub use materialize::{Daemon, DaemonOptions, InsertRange, Materializer, Progress};
pub use options::Options;
pub use register::{Tables, register, table_docs};
pub use scan::BlockCache;
pub use snapshot::PinSnapshot;
pub use sql_view::SqlView;
