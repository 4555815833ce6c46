//! The routes as clients meet them: documents over HTTP, answers, and what the lake holds then.
#![expect(clippy::unwrap_used, reason = "a test ends where what it relies on is missing")]

mod answers;
#[expect(dead_code, reason = "the lake's own tests need more of it")]
#[path = "../../../micromegas-lakehouse/tests/it/cluster.rs"]
mod cluster;
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
#[expect(dead_code, reason = "the lake's own tests need more of it")]
#[path = "../../../micromegas-lakehouse/tests/it/s3_server.rs"]
mod s3_server;
mod server;
mod tenancy;
mod tenant_limits;
mod torture;
mod untrusted;
