//! The contract of metadata stores, and the stores.

#[cfg(feature = "conformance")]
#[expect(clippy::unwrap_used, reason = "a case of the suite fails by a panic")]
pub mod conformance;
mod contract;
mod memory;
mod pages;
mod partition_codes;
#[cfg(feature = "postgres")]
mod postgres;
mod sql;
mod sqlite;

pub use contract::MetadataStore;
pub use memory::MemoryStore;
#[cfg(feature = "postgres")]
pub use postgres::{Adopted, PostgresOptions, PostgresStore};
pub use sqlite::SqliteStore;
