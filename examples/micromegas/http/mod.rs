//! HTTP for clients: version 1 and, without TLS by prior knowledge as gRPC speaks it, version 2 on
//! the same port.

mod activity;
mod connection;
mod listener;

pub(crate) use listener::{ConnectionLimits, serve};
