//! The text of a key, which only its bearer has.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use micromegas_lakehouse::KeyHash;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What every key begins with, so that people and scanners for leaked secrets recognise one.
pub const KEY_MARK: &str = "mmk_";
/// The number of random bytes in a key.
const RANDOM_BYTES: usize = 32;
/// How much of a key is shown in lists: the mark and 48 of its 256 random bits.
const PREFIX_LENGTH: usize = KEY_MARK.len() + 8;

/// The text of a key: [`KEY_MARK`] and 32 random bytes in URL-safe base64. `Debug` does not show it.
#[derive(Clone)]
pub struct KeyText(String);

impl KeyText {
    /// Makes a new one of the system's randomness.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the system has none.
    pub fn generate() -> Result<Self> {
        let mut random = [0; RANDOM_BYTES];
        getrandom::fill(&mut random).map_err(|source| Error::Unavailable {
            message: "the system gives no random numbers to make a key of".to_owned(),
            source: Some(Box::new(source)),
        })?;
        Ok(Self(format!("{KEY_MARK}{}", URL_SAFE_NO_PAD.encode(random))))
    }

    /// The text, to be told to its bearer once.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The beginning, which lists show.
    pub fn prefix(&self) -> &str {
        &self.0[..PREFIX_LENGTH]
    }

    /// What is kept of it.
    pub fn hash(&self) -> KeyHash {
        hash(&self.0)
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyText(..)")
    }
}

/// The hash of a credential.
///
/// A key has 256 random bits, so nobody finds it by trying, however fast the hash is.
pub(crate) fn hash(credential: &str) -> KeyHash {
    KeyHash::from_bytes(Sha256::digest(credential.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_another_and_only_its_beginning_is_shown() {
        let (one, other) = (KeyText::generate().unwrap(), KeyText::generate().unwrap());
        assert_ne!(one.expose(), other.expose());
        assert_ne!(one.hash(), other.hash());
        assert_eq!(one.expose().len(), KEY_MARK.len() + 43);
        assert_eq!(one.prefix().len(), 12);
        assert!(one.expose().starts_with(one.prefix()));
        assert_eq!(format!("{one:?}"), "KeyText(..)");
    }

    #[test]
    fn the_hash_is_sha_256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash("abc").to_hex(), known);
    }
}
