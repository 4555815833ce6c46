//! Delivery over HTTP, against servers of all kinds.

mod control;
mod crashed;
mod credentials;
mod delivery;
mod fixtures;
mod killed;
mod negotiation;
mod retries;
mod server;
mod spool;
mod tls;
