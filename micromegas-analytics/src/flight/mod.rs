//! SQL over the network: an Arrow FlightSQL service for the host's tonic server.

mod answer;
mod catalog;
mod dictionaries;
mod headers;
mod query;
mod server;
mod service;
mod session;
mod status;

pub use server::{FlightSqlServer, PrincipalResolver};
