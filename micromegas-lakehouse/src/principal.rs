//! The principal: who asks, for which tenants, with which rights.

use std::fmt;
use std::ops::BitOr;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::tenant::Tenant;

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Rights(u8);

impl Rights {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// May send processes, streams and blocks.
    pub const INGEST: Self = Self(1);
    /// May read through SQL.
    pub const QUERY: Self = Self(1 << 1);
    /// May change what processes record while they run.
    pub const CONTROL: Self = Self(1 << 2);
    /// May materialise, retire, release and administer.
    pub const ADMIN: Self = Self(1 << 3);
    /// Every right.
    pub const ALL: Self = Self(Self::INGEST.0 | Self::QUERY.0 | Self::CONTROL.0 | Self::ADMIN.0);

    const NAMES: [(Self, &'static str); 4] = [
        (Self::INGEST, "ingest"),
        (Self::QUERY, "query"),
        (Self::CONTROL, "control"),
        (Self::ADMIN, "admin"),
    ];

    /// Whether all of `rights` are in this set.
    pub fn contains(self, rights: Self) -> bool {
        self.0 & rights.0 == rights.0
    }

    fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().filter(move |(right, _)| self.contains(*right)).map(|(_, name)| *name)
    }
}

/// The names of the rights with commas between, such as `ingest,query`; [`FromStr`] reads them.
impl fmt::Display for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.names().enumerate() {
            if place > 0 {
                f.write_str(",")?;
            }
            f.write_str(name)?;
        }
        Ok(())
    }
}

/// Reads names of rights with commas between; `all` is all of them, and nothing is none.
impl FromStr for Rights {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut rights = Self::NONE;
        for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            let known = Self::NAMES.iter().find(|(_, known)| *known == name);
            rights = rights
                | match known {
                    Some((right, _)) => *right,
                    None if name == "all" => Self::ALL,
                    None => {
                        return Err(Error::invalid(
                            "rights are ingest, query, control, admin or all, with commas between",
                        ));
                    }
                };
        }
        Ok(rights)
    }
}

impl BitOr for Rights {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Debug for Rights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Who asks: a subject, the tenants it belongs to and what it may do there.
///
/// A principal writes to its [home tenant](Self::home) and reads the union of its tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    subject: String,
    tenants: Vec<Tenant>,
    rights: Rights,
}

impl Principal {
    /// Makes a principal; the first tenant is its home. Repeated tenants are dropped.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if no tenant is given.
    pub fn new(
        subject: impl Into<String>,
        tenants: impl IntoIterator<Item = Tenant>,
        rights: Rights,
    ) -> Result<Self> {
        let mut unique: Vec<Tenant> = Vec::new();
        for tenant in tenants {
            if !unique.contains(&tenant) {
                unique.push(tenant);
            }
        }
        if unique.is_empty() {
            return Err(Error::invalid("a principal belongs to at least one tenant"));
        }
        Ok(Self { subject: subject.into(), tenants: unique, rights })
    }

    /// The principal of an installation without authentication: every right on the default tenant.
    pub fn local() -> Self {
        Self { subject: "local".to_owned(), tenants: vec![Tenant::default()], rights: Rights::ALL }
    }

    /// The name the principal is known by, for audit.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The tenant that the principal writes to.
    pub fn home(&self) -> &Tenant {
        &self.tenants[0]
    }

    /// The tenants that the principal reads, its home first.
    pub fn tenants(&self) -> &[Tenant] {
        &self.tenants
    }

    /// The rights.
    pub fn rights(&self) -> Rights {
        self.rights
    }

    /// Whether the principal has all of `rights`.
    pub fn can(&self, rights: Rights) -> bool {
        self.rights.contains(rights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_principal_may_do_everything_on_the_default_tenant() {
        let local = Principal::local();
        assert!(local.can(Rights::ALL));
        assert!(local.home().is_default());
        assert_eq!(local.tenants().len(), 1);
    }

    #[test]
    fn rights_are_a_set() {
        let rights = Rights::INGEST | Rights::QUERY;
        assert!(rights.contains(Rights::QUERY));
        assert!(!rights.contains(Rights::QUERY | Rights::ADMIN));
        assert_eq!(format!("{rights:?}"), r#"{"ingest", "query"}"#);
    }

    #[test]
    fn rights_are_written_and_read_by_name() {
        let rights = Rights::INGEST | Rights::CONTROL;
        assert_eq!(rights.to_string(), "ingest,control");
        for rights in [Rights::NONE, rights, Rights::ALL] {
            assert_eq!(rights.to_string().parse::<Rights>().unwrap(), rights);
        }
        assert_eq!("all".parse::<Rights>().unwrap(), Rights::ALL);
        assert_eq!(" query, ingest ".parse::<Rights>().unwrap(), Rights::INGEST | Rights::QUERY);
        assert!("ingest,everything".parse::<Rights>().is_err());
    }

    #[test]
    fn a_principal_has_a_home_and_no_repeated_tenant() {
        assert!(Principal::new("nobody", [], Rights::ALL).is_err());
        let eu = Tenant::new("eu").unwrap();
        let us = Tenant::new("us").unwrap();
        let principal = Principal::new("ada", [us.clone(), eu.clone(), us.clone()], Rights::QUERY);
        assert_eq!(principal.unwrap().tenants(), [us, eu]);
    }
}
