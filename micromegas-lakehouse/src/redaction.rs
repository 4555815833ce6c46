//! Rules that drop or hash named properties: of OTLP before anything is stored, and of everything
//! when it is read.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// What every hashed value begins with.
const HASH_PREFIX: &str = "sha256:";
/// How many bytes of the hash are kept.
const HASH_BYTES: usize = 16;

/// What becomes of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Redact {
    /// It is left out.
    Drop,
    /// Its value is replaced by `sha256:` and 32 hexadecimal digits, which follow from the value
    /// and the rules' key: equal values stay equal, and nobody without the key can find the value
    /// by trying likely ones.
    Hash,
}

impl FromStr for Redact {
    type Err = Error;

    /// Reads `drop` or `hash`.
    fn from_str(text: &str) -> Result<Self> {
        match text {
            "drop" => Ok(Self::Drop),
            "hash" => Ok(Self::Hash),
            _ => Err(Error::invalid("a rule of redaction says `drop` or `hash`")),
        }
    }
}

/// Rules for properties by name; the first that matches counts.
///
/// Names are the same whatever the case of their ASCII letters, as they are to `property_get` in
/// SQL. A value that has the form of a hash is taken for one and stays, so that rules may be
/// applied where they were applied before.
#[derive(Clone, Default)]
pub struct Redaction {
    rules: Arc<[Rule]>,
    hash_key: Arc<[u8]>,
}

#[derive(Debug)]
struct Rule {
    /// The whole name, or its beginning.
    name: String,
    is_prefix: bool,
    action: Redact,
}

impl Redaction {
    /// Rules with the key for hashes. A name may end in `*`, which stands for anything.
    pub fn new<N: Into<String>>(
        rules: impl IntoIterator<Item = (N, Redact)>,
        hash_key: impl Into<Vec<u8>>,
    ) -> Self {
        let rules = rules.into_iter().map(|(name, action)| {
            let mut name = name.into();
            let is_prefix = name.ends_with('*');
            name.truncate(name.len() - usize::from(is_prefix));
            Rule { name, is_prefix, action }
        });
        Self { rules: rules.collect(), hash_key: hash_key.into().into() }
    }

    /// Whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What becomes of the property of this name; `None` if it stays as it is.
    pub fn action(&self, name: &str) -> Option<Redact> {
        let matches = |rule: &&Rule| match rule.is_prefix {
            true => {
                let begin = name.as_bytes().get(..rule.name.len());
                begin.is_some_and(|begin| begin.eq_ignore_ascii_case(rule.name.as_bytes()))
            }
            false => name.eq_ignore_ascii_case(&rule.name),
        };
        self.rules.iter().find(matches).map(|rule| rule.action)
    }

    /// What stands for this value of a property that is hashed.
    pub fn hash(&self, value: &str) -> String {
        if is_hash(value) {
            return value.to_owned();
        }
        // The key's length comes first, so that key and value cannot be split another way.
        let digest = Sha256::new()
            .chain_update((self.hash_key.len() as u64).to_le_bytes())
            .chain_update(&self.hash_key)
            .chain_update(value.as_bytes())
            .finalize();
        let digits = digest.iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}"));
        format!("{HASH_PREFIX}{}", digits.collect::<String>())
    }

    /// The value of a property of this name as its readers see it; `None` if they do not.
    pub fn apply(&self, name: &str, value: &str) -> Option<String> {
        match self.action(name) {
            None => Some(value.to_owned()),
            Some(Redact::Drop) => None,
            Some(Redact::Hash) => Some(self.hash(value)),
        }
    }
}

fn is_hash(value: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let digits = value.strip_prefix(HASH_PREFIX);
    digits.is_some_and(|digits| digits.len() == 2 * HASH_BYTES && digits.bytes().all(is_digit))
}

impl fmt::Debug for Redaction {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redaction").field("rules", &self.rules).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_matches_counts() {
        let rules = Redaction::new(
            [("user.id", Redact::Hash), ("user.*", Redact::Drop), ("token", Redact::Drop)],
            "key",
        );
        assert_eq!(rules.action("user.id"), Some(Redact::Hash));
        assert_eq!(rules.action("user."), Some(Redact::Drop));
        assert_eq!(rules.action("user"), None);
        assert_eq!(rules.action("Token"), Some(Redact::Drop));
        assert_eq!(rules.action("USER.é"), Some(Redact::Drop));
        assert_eq!(rules.action("tokens"), None);
        assert_eq!(rules.apply("token", "abc"), None);
        assert_eq!(rules.apply("other", "abc").as_deref(), Some("abc"));
        assert!(Redaction::default().is_empty() && !rules.is_empty());
    }

    #[test]
    fn a_hash_follows_from_value_and_key_and_is_not_hashed_again() {
        let of = |key: &str| Redaction::new([("*", Redact::Hash)], key);
        let hashed = of("one").hash("ada");
        assert_eq!(hashed, of("one").hash("ada"));
        assert_ne!(hashed, of("one").hash("bob"));
        assert_ne!(hashed, of("two").hash("ada"));
        // Key and value cannot be split another way.
        assert_ne!(of("on").hash("eada"), hashed);
        assert!(is_hash(&hashed), "{hashed}");
        assert_eq!(of("two").hash(&hashed), hashed);
        for other in ["", "sha256:", "sha256:12", &hashed.to_uppercase(), &hashed[1..]] {
            assert!(!is_hash(other), "{other}");
        }
    }

    #[test]
    fn what_a_rule_does_is_a_word_and_the_key_is_not_shown() {
        assert_eq!("drop".parse::<Redact>().unwrap(), Redact::Drop);
        assert_eq!("hash".parse::<Redact>().unwrap(), Redact::Hash);
        assert!("Hash".parse::<Redact>().is_err());
        let rules = Redaction::new([("name", Redact::Hash)], "the-secret");
        assert!(!format!("{rules:?}").contains("the-secret"));
    }
}
