//! SQLite's rows.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::failure::Result;
use crate::store::sql::{StoredRow, decode};

impl StoredRow for SqliteRow {
    fn integer(&self, column: &str) -> Result<i64> {
        Ok(self.try_get(column)?)
    }

    fn optional_integer(&self, column: &str) -> Result<Option<i64>> {
        Ok(self.try_get(column)?)
    }

    fn count(&self, column: &str) -> Result<i32> {
        Ok(self.try_get(column)?)
    }

    fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.try_get(column)?)
    }

    fn id(&self, column: &str) -> Result<Uuid> {
        Ok(self.try_get(column)?)
    }

    fn optional_id(&self, column: &str) -> Result<Option<Uuid>> {
        Ok(self.try_get(column)?)
    }

    fn bytes(&self, column: &str) -> Result<&[u8]> {
        Ok(self.try_get(column)?)
    }

    fn own_text(&self, column: &str) -> Result<&str> {
        Ok(self.try_get(column)?)
    }

    fn text(&self, column: &str) -> Result<String> {
        Ok(self.try_get(column)?)
    }

    fn optional_text(&self, column: &str) -> Result<Option<String>> {
        Ok(self.try_get(column)?)
    }

    /// JSON: SQLite has no lists.
    fn texts(&self, column: &str) -> Result<Vec<String>> {
        decode::json(self, column)
    }
}
