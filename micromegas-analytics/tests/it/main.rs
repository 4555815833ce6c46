//! SQL over a lake in memory: what the tables, views, functions and services answer.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up its world has failed")]

mod async_events;
mod columns;
mod daemon;
mod fixture;
mod flight;
mod invariant;
mod loss;
mod metadata_tables;
mod pruning;
mod snapshot;
mod tenants;
mod thread_spans;
mod views;
