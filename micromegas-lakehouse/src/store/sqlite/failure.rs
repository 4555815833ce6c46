//! What SQLite's errors mean to callers.

use std::path::Path;
use std::sync::Arc;

use sqlx::Error as Sql;

use crate::error::Error;
use crate::store::sql::is_of_contents;
pub(super) use crate::store::sql::{Failure, Result};

impl Failure {
    /// Whether another connection has the database.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self, Self::Sql(error) if primary_code(error) == Some(5))
    }

    /// What it means when the database is at `path`; SQLite's error is kept as the cause.
    pub(super) fn at(self, path: &Path) -> Error {
        let error = match self {
            Self::Known(error) => return error,
            Self::Sql(error) => error,
        };
        let shown = path.display();
        match primary_code(&error) {
            Some(5 | 6) => Error::unavailable_from(
                format!("{shown} is locked by another program: stop that program"),
                error,
            ),
            Some(11 | 26) => Error::corrupt_from(
                shown.to_string(),
                "it is damaged or no SQLite database; restore it from a backup or choose \
                 another data directory",
                error,
            ),
            Some(3 | 8 | 14) => {
                Error::Unwritable { path: path.to_owned(), source: Arc::new(error) }
            }
            Some(13) => Error::unavailable_from(
                format!("the disk that holds {shown} is full: free some space"),
                error,
            ),
            _ if is_of_contents(&error) => {
                Error::corrupt_from(shown.to_string(), "a row is not what was written", error)
            }
            _ => Error::unavailable_from(format!("{shown} does not answer"), error),
        }
    }
}

/// SQLite's result code without the extension.
fn primary_code(error: &Sql) -> Option<i32> {
    let Sql::Database(error) = error else {
        return None;
    };
    let code: i32 = error.code()?.parse().ok()?;
    Some(code & 0xff)
}
