//! The tenant: whose data a row, an object or a partition is.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::error::{Error, Result};

/// The longest tenant name, in bytes.
pub const TENANT_BYTES_MAX: usize = 64;

/// A tenant's name: 1 to 64 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
///
/// It is part of the identity of every process, stream, block, partition and lease, and of every
/// object key, so the characters are those that are safe in all of these. Clones share the text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// The tenant of an installation that does not separate tenants.
    pub const DEFAULT_NAME: &'static str = "default";

    /// Makes a tenant of its name.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the name is empty, too long or has other characters.
    pub fn new(name: &str) -> Result<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if name.is_empty() || name.len() > TENANT_BYTES_MAX || !name.bytes().all(allowed) {
            return Err(Error::invalid(format!(
                "a tenant name has 1 to {TENANT_BYTES_MAX} letters, digits, '_' or '-'"
            )));
        }
        Ok(Self(Arc::from(name)))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the default tenant, whose objects lie in the published layout.
    pub fn is_default(&self) -> bool {
        &*self.0 == Self::DEFAULT_NAME
    }
}

impl Default for Tenant {
    fn default() -> Self {
        Self(Arc::from(Self::DEFAULT_NAME))
    }
}

impl FromStr for Tenant {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::new(name)
    }
}

impl Borrow<str> for Tenant {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_unsafe_in_a_path_are_refused() {
        for name in ["", "a/b", "..", "a b", "ü", &"x".repeat(65)] {
            assert!(Tenant::new(name).is_err(), "{name:?} was accepted");
        }
        assert_eq!(Tenant::new("Team_7-eu").unwrap().as_str(), "Team_7-eu");
        assert!(Tenant::new(&"x".repeat(64)).is_ok());
    }

    #[test]
    fn the_default_tenant_is_named_default() {
        assert_eq!(Tenant::default().as_str(), "default");
        assert!(Tenant::new("default").unwrap().is_default());
    }
}
