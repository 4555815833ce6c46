//! What a definition is.

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::keys::require_actor;
use crate::tenant::Tenant;

/// The longest name of a view, in bytes.
pub const VIEW_NAME_BYTES_MAX: usize = 64;

/// The longest definition of a view, in bytes.
pub const VIEW_SQL_BYTES_MAX: usize = 64 << 10;

/// A view to define.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSqlView {
    /// Whose it is.
    pub tenant: Tenant,
    /// Its name: lower-case letters, digits and underscores, no digit first. It is a part of the
    /// keys of the view's files.
    pub name: String,
    /// Its query.
    pub sql: String,
    /// Who defines it.
    pub created_by: String,
}

/// A view that is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlViewRecord {
    /// Whose it is.
    pub tenant: Tenant,
    /// Its name.
    pub name: String,
    /// Which definition of this name it is: greater than that of every one before, even if the view
    /// was dropped in between. Partitions have it as their schema version, so those of another
    /// definition are told apart.
    pub version: u32,
    /// Its query.
    pub sql: String,
    /// Who defined it.
    pub created_by: String,
    /// When, by the store's clock.
    pub created_time: DateTime<Utc>,
}

impl NewSqlView {
    /// Checks what every store refuses.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the name is none, the query is empty or too long, or `created_by`
    /// is empty or no printable text.
    pub fn validate(&self) -> Result<()> {
        let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let starts_well = self.name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let is_short = self.name.len() <= VIEW_NAME_BYTES_MAX;
        if !starts_well || !is_short || !self.name.chars().all(is_inner) {
            return Err(Error::invalid(format!(
                "{:?} is no name of a view: use at most {VIEW_NAME_BYTES_MAX} lower-case letters, \
                 digits and underscores, a digit not first",
                self.name
            )));
        }
        if self.sql.trim().is_empty() || self.sql.len() > VIEW_SQL_BYTES_MAX {
            return Err(Error::invalid(format!(
                "the query of a view has between 1 and {VIEW_SQL_BYTES_MAX} bytes"
            )));
        }
        require_actor(&self.created_by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> NewSqlView {
        let (tenant, sql) = (Tenant::default(), "SELECT 1".to_owned());
        NewSqlView { tenant, name: name.to_owned(), sql, created_by: "ada".to_owned() }
    }

    #[test]
    fn names_are_parts_of_keys_and_of_sql() {
        for name in ["a", "errors_by_minute", "_x9", &"a".repeat(64)] {
            assert!(named(name).validate().is_ok(), "{name}");
        }
        for name in ["", "9a", "A", "a b", "a/b", "a-b", "a.b", "ä", &"a".repeat(65)] {
            let error = named(name).validate().unwrap_err();
            assert!(matches!(error, Error::InvalidInput { .. }), "{name}: {error:?}");
        }
    }

    #[test]
    fn queries_are_neither_empty_nor_endless() {
        for sql in [String::new(), " \n".to_owned(), "x".repeat(VIEW_SQL_BYTES_MAX + 1)] {
            assert!(NewSqlView { sql, ..named("a") }.validate().is_err());
        }
    }
}
