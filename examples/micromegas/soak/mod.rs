//! `micromegas soak`: records hard for a long time against a server that may stall, and accounts for
//! every event.
//!
//! The load goes the way of every program's telemetry: macros, buffers, flusher, HTTP. The server
//! is a small one inside the same process; it decodes every block it is sent and counts what it
//! finds. So three independent accounts exist of the same events: what the threads know they made,
//! what the library says of itself, and what arrived.

mod account;
mod command;
mod flat;
mod game;
mod load;
mod memory;
mod stall;
mod store;

pub(crate) use command::{Args, run};
