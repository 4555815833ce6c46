//! The embedded store: one SQLite file.

mod audit;
mod batch;
mod checkpoint;
mod connect;
mod encode;
mod failure;
mod insert;
mod insert_blocks;
mod keys;
mod leases;
mod ledger;
mod list_blocks;
mod lists;
mod numbering;
#[cfg(test)]
mod plan;
mod quarantine;
mod reads;
mod reclaim;
mod refused;
mod removal;
mod row;
mod schema;
mod select;
mod sql_views;
mod store;

pub use store::SqliteStore;

use super::sql::decode;
