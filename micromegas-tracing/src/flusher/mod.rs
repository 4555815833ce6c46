//! The thread that takes what all threads recorded and hands it to the sink.
//!
//! - [`wake`]: how others reach it.
//! - [`schedule`]: when which kind is due.
//! - [`worker`]: its loop.
//! - [`streams`]: the streams of the process; [`merged`] and [`spans`] fill them from [`runs`];
//!   [`merge`] puts runs in order.
//! - [`open_spans`]: the stack that each block of a thread carries.
//! - [`block`], [`dependencies`]: records become a block of the wire, addresses become numbers;
//!   [`own_ids`]: ids of what was made at run time.
//! - [`own_streams`]: blocks of the streams that are the host's own.
//! - [`recovery`]: what is lost when any of these panics.

pub(crate) mod wake;
pub(crate) mod worker;

mod block;
mod dependencies;
mod merge;
mod merged;
mod open_spans;
pub(crate) mod own_ids;
mod own_streams;
mod recovery;
mod runs;
mod schedule;
mod spans;
mod streams;
