//! The shared store: a PostgreSQL database.

mod adopt;
mod audit;
mod connect;
mod failure;
mod insert;
mod insert_blocks;
mod keys;
mod leases;
mod ledger;
mod list_blocks;
mod lists;
mod options;
mod quarantine;
mod reads;
mod reclaim;
mod removal;
mod row;
mod schema;
mod select;
mod sql_views;
mod store;
mod text;

pub use adopt::Adopted;
pub use options::PostgresOptions;
pub use store::PostgresStore;

use super::sql::decode;
