//! PostgreSQL's rows.

use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::failure::Result;
use super::text::original;
use crate::store::sql::StoredRow;

impl StoredRow for PgRow {
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
        Ok(original(self.try_get(column)?))
    }

    fn optional_text(&self, column: &str) -> Result<Option<String>> {
        Ok(self.try_get::<Option<String>, _>(column)?.map(original))
    }

    fn texts(&self, column: &str) -> Result<Vec<String>> {
        let texts: Vec<String> = self.try_get(column)?;
        Ok(texts.into_iter().map(original).collect())
    }
}
