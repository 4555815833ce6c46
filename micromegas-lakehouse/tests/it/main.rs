//! The public API: conformance of all stores, the write side, and the local directory.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

mod adoption;
mod archive;
mod azure;
mod cluster;
mod conformance;
mod fixture;
mod group_commit;
mod kill;
mod local;
mod payloads;
mod postgres;
mod removal;
mod s3;
mod s3_server;
mod segments;
mod slow_objects;
