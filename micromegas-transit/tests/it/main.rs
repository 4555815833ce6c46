//! The public API, as its users see it.

#![forbid(unsafe_code)]
#![expect(clippy::unwrap_used, reason = "a test that fails may panic")]

mod cbor;
mod compile_time;
mod corpus;
mod custom_events;
mod frames;
mod golden;
mod hostile;
mod hostile_layouts;
mod images;
mod limits;
mod net;
mod own_writer;
mod planar;
mod published_reader;
mod round_trip;
mod rust_client;
mod same_columns;
mod type_tables;
mod unreal_client;
mod untrusted;
mod wire;
