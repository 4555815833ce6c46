//! The checksum of a partition file.

use std::fmt;
use std::str::FromStr;

use twox_hash::XxHash64;

use crate::error::{Error, Result};

/// A checksum that says its algorithm; its text form is `xxh64:` and 16 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Checksum {
    /// XXH64 with seed 0.
    Xxh64(u64),
}

impl Checksum {
    /// The checksum of a whole file.
    pub fn of(bytes: &[u8]) -> Self {
        Self::Xxh64(XxHash64::oneshot(0, bytes))
    }
}

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xxh64(hash) => write!(f, "xxh64:{hash:016x}"),
        }
    }
}

impl FromStr for Checksum {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.strip_prefix("xxh64:")
            .filter(|digits| digits.len() == 16)
            .and_then(|digits| u64::from_str_radix(digits, 16).ok())
            .map(Self::Xxh64)
            .ok_or_else(|| Error::Unsupported {
                message: format!("the checksum {text:?} is of no known kind"),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back() {
        let checksum = Checksum::of(b"abc");
        assert_eq!(checksum.to_string(), "xxh64:44bc2cf5ad770999");
        assert_eq!(checksum.to_string().parse::<Checksum>().unwrap(), checksum);
        assert!("crc32:00000000".parse::<Checksum>().is_err());
    }
}
