//! Delivery over HTTP, against servers of all kinds.

mod delivery;
mod negotiation;
mod server;
