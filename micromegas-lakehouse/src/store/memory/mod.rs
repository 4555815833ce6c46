//! The store in memory: the contract in its simplest form, for tests and for trying things out.

mod access;
mod lake;
mod leases;
mod ledger;
mod quarantine;
mod reads;
mod removal;
mod sql_views;
mod store;

pub use store::MemoryStore;
