//! Trees of network traffic.

mod rows;
mod tree;

pub(crate) use rows::NetRows;
pub(crate) use tree::{NetEvent, NetTree};
