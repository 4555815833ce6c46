//! SQL over a lake in memory: what the tables, views, functions and services answer.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod async_events;
mod async_spans;
mod call_graph;
mod columns;
mod daemon;
mod events;
mod fixture;
mod flight;
mod goldens;
mod invariant;
mod loss;
mod metadata_tables;
mod otlp;
mod partitions;
mod pruning;
mod redaction;
mod snapshot;
mod sql_views;
mod stats;
mod tenants;
mod thread_spans;
mod trace;
mod views;
