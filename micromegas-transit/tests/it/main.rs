//! The public API, as its users see it.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod hostile;
mod limits;
mod own_writer;
mod planar;
mod round_trip;
mod rust_client;
mod same_columns;
mod unreal_client;
mod wire;
