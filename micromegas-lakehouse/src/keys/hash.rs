//! What is kept of a key in place of its text.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// The SHA-256 of a key's text. The text itself is kept nowhere.
///
/// It is found by this, so it has an order and equality; whoever decides about a request compares
/// [the bytes](Self::as_bytes) in constant time. `Debug` shows nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyHash([u8; Self::LENGTH]);

impl KeyHash {
    /// The number of its bytes.
    pub const LENGTH: usize = 32;

    /// The hash of these bytes.
    pub fn from_bytes(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; Self::LENGTH] {
        &self.0
    }

    /// Its bytes as 64 hexadecimal digits, which [`FromStr`] reads.
    pub fn to_hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl TryFrom<&[u8]> for KeyHash {
    type Error = Error;

    fn try_from(bytes: &[u8]) -> Result<Self> {
        let bytes = bytes.try_into();
        bytes.map(Self).map_err(|_| Error::invalid("the hash of a key has 32 bytes"))
    }
}

impl FromStr for KeyHash {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let malformed = || Error::invalid("the hash of a key has 64 hexadecimal digits");
        if text.len() != 2 * Self::LENGTH || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(malformed());
        }
        let mut bytes = [0; Self::LENGTH];
        for (place, byte) in bytes.iter_mut().enumerate() {
            let digits = &text[2 * place..2 * place + 2];
            *byte = u8::from_str_radix(digits, 16).map_err(|_| malformed())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_digits_come_back_and_anything_else_is_refused() {
        let hash = KeyHash::from_bytes(std::array::from_fn(|place| 8 * place as u8));
        assert_eq!(hash.to_hex().parse::<KeyHash>().unwrap(), hash);
        assert_eq!(KeyHash::try_from(hash.as_bytes().as_slice()).unwrap(), hash);
        let digit = "+1".repeat(32);
        for text in ["", "ab", digit.as_str(), &"é".repeat(32)] {
            assert!(text.parse::<KeyHash>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", KeyHash::from_bytes([0xab; 32])), "KeyHash(..)");
    }
}
