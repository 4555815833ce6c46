//! Errors inside of a store.

use sqlx::Error as Sql;

use crate::error::Error;

/// An error inside of a store: the database's, or one that has its meaning already.
#[derive(Debug)]
pub(crate) enum Failure {
    Sql(Sql),
    Known(Error),
}

/// A result inside of a store.
pub(crate) type Result<T, E = Failure> = std::result::Result<T, E>;

impl From<Sql> for Failure {
    fn from(error: Sql) -> Self {
        Self::Sql(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Known(error)
    }
}

/// Whether a stored value has another type or form than its column.
pub(crate) fn is_of_contents(error: &Sql) -> bool {
    matches!(error, Sql::ColumnDecode { .. } | Sql::Decode(_) | Sql::TypeNotFound { .. })
}
