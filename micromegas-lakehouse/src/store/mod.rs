//! The contract of metadata stores, and the stores.

#[cfg(feature = "conformance")]
#[expect(clippy::unwrap_used, reason = "a case of the suite fails by a panic")]
pub mod conformance;
mod contract;
mod memory;
mod sqlite;

pub use contract::MetadataStore;
pub use memory::MemoryStore;
pub use sqlite::SqliteStore;
