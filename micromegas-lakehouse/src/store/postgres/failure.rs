//! What PostgreSQL's errors mean to callers.

use sqlx::Error as Sql;

use crate::error::Error;
use crate::store::sql::is_of_contents;
pub(super) use crate::store::sql::{Failure, Result};

impl Failure {
    /// What it means while the store is in use; `name` says which database.
    ///
    /// Whatever may pass by itself or by an operator's hand is retryable: a client must never
    /// drop what it has to send because a password was changed.
    pub(super) fn of(self, name: &str) -> Error {
        let error = match self {
            Self::Known(error) => return error,
            Self::Sql(error) => error,
        };
        if is_of_contents(&error) {
            return Error::corrupt_from(name, "a row is not what was written", error);
        }
        match class(&error).as_deref() {
            Some("22" | "54") => {
                let reason = format!("{name} cannot store these values: {error}");
                Error::InvalidInput { message: reason }
            }
            Some("XX") => {
                Error::corrupt_from(name, "its files are damaged; restore it from a backup", error)
            }
            Some("57" | "55" | "40") => Error::unavailable_from(
                format!("{name} did not finish in time or is restarting: send the same again"),
                error,
            ),
            _ => Error::unavailable_from(format!("{name} does not answer"), error),
        }
    }

    /// What it means while the store is opened, when somebody is there to read it.
    pub(super) fn on_open(self, name: &str) -> Error {
        let Self::Sql(error) = &self else { return self.of(name) };
        let advice = match (class(error).as_deref(), code(error).as_deref()) {
            (Some("28"), _) => "check user and password",
            (Some("3D"), _) => "create it first",
            (_, Some("42501")) => {
                "let its user make a schema in it: GRANT CREATE ON DATABASE … TO …"
            }
            _ => return self.of(name),
        };
        Error::invalid(format!("{name} cannot be used ({error}): {advice}"))
    }
}

/// The five characters of SQLSTATE.
fn code(error: &Sql) -> Option<String> {
    let Sql::Database(error) = error else {
        return None;
    };
    error.code().map(Into::into)
}

/// The class of SQLSTATE, its first two characters.
fn class(error: &Sql) -> Option<String> {
    code(error).and_then(|code| code.get(..2).map(str::to_owned))
}
