//! The public API, as its users see it.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod corpus;
mod golden;
mod hostile;
mod limits;
mod own_writer;
mod round_trip;
mod rust_client;
mod unreal_client;
mod untrusted;
mod wire;
