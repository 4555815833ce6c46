//! The routes as clients meet them: documents over HTTP, answers, and what the lake holds then.
#![expect(clippy::unwrap_used, reason = "a test ends where what it relies on is missing")]

mod answers;
mod composition;
mod control;
mod corpus;
mod documents;
mod failing_objects;
mod failing_store;
mod limits;
mod order;
mod otlp;
mod outage;
mod panicked;
mod planar;
mod probes;
mod server;
mod tenancy;
mod tenant_limits;
mod untrusted;
