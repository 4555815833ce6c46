//! The conformance suite: the contract of [`MetadataStore`](crate::MetadataStore) as cases that every store passes.
//!
//! A store's tests make a [`Subject`] for each case and call [`run`]:
//!
//! ```
//! use std::sync::Arc;
//! use micromegas_lakehouse::conformance::{self, Subject};
//! use micromegas_lakehouse::{MemoryStore, MetadataStore};
//!
//! struct Memory(Arc<MemoryStore>);
//!
//! #[async_trait::async_trait]
//! impl Subject for Memory {
//!     fn store(&self) -> Arc<dyn MetadataStore> {
//!         Arc::clone(&self.0) as Arc<dyn MetadataStore>
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! conformance::run(|| async { Box::new(Memory(Arc::default())) as Box<dyn Subject> }).await;
//! # });
//! ```

mod audit;
mod cases;
mod completeness;
mod filters;
mod fixture;
mod idempotence;
mod insert_time;
mod keys;
mod leases;
mod ledger;
mod objects;
mod ordering;
mod paging;
mod persistence;
mod quarantine;
mod removal;
mod retirement;
mod round_trip;
mod sql_views;
mod suite;
mod tenants;

pub use cases::cases;
pub use suite::{Case, Subject, run};
