//! What an answered insert survives on local disks.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// What an answered insert survives, where this crate itself writes files.
///
/// S3 and its like, and PostgreSQL with its own settings, survive a loss of power anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// The death of the process, at any instant. What a loss of power takes is what the system had
    /// not written by then; the database stays whole.
    #[default]
    Process,
    /// A loss of power, too: files and folders are synced before an insert is answered.
    Fsync,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Process => "process",
            Self::Fsync => "fsync",
        })
    }
}

impl FromStr for Durability {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "process" => Ok(Self::Process),
            "fsync" => Ok(Self::Fsync),
            _ => Err(Error::invalid(format!("durability is `process` or `fsync`, not `{name}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_durability_is_read_as_it_is_written() {
        for durability in [Durability::Process, Durability::Fsync] {
            assert_eq!(durability.to_string().parse::<Durability>().unwrap(), durability);
        }
        assert!("none".parse::<Durability>().is_err());
    }
}
