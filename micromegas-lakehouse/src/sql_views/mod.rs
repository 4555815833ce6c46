//! The definitions of views that people have made in SQL.

mod record;
mod store;

pub use record::{NewSqlView, SqlViewRecord, VIEW_NAME_BYTES_MAX, VIEW_SQL_BYTES_MAX};
pub use store::SqlViewStore;
