//! Which properties nobody sees, as the command line says it.

use std::str::FromStr;

use anyhow::{Context, Error, Result, bail};
use micromegas_lakehouse::{Redact, Redaction};

/// Properties that are hidden; without any of it, none.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct RedactionArgs {
    /// Hide a property: `NAME=drop` leaves it out, `NAME=hash` puts a hash in place of its value,
    /// made with the secret in MICROMEGAS_REDACTION_KEY; NAME may end in `*`, the first rule that
    /// matches counts. OTLP is stored so, and SQL answers so whatever was sent and stored
    #[arg(
        long = "redact",
        env = "MICROMEGAS_REDACT",
        value_name = "NAME=WHAT",
        value_delimiter = ','
    )]
    rules: Vec<Rule>,
}

/// The environment variable with the key of hashes: a secret is no argument.
const KEY_VARIABLE: &str = "MICROMEGAS_REDACTION_KEY";

/// The key of hashes, if there is one.
pub(crate) fn key_of_environment() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "a binary may read the environment")]
    std::env::var(KEY_VARIABLE).ok()
}

/// A rule for a name.
#[derive(Debug, Clone, PartialEq)]
struct Rule(String, Redact);

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, what) = text.rsplit_once('=').context("write it as user.email=hash")?;
        if name.is_empty() {
            bail!("a rule of redaction names a property: write it as user.email=hash");
        }
        Ok(Self(name.to_owned(), what.parse()?))
    }
}

impl RedactionArgs {
    /// The rules, with the key if there is one.
    pub(crate) fn rules(&self, key: Option<String>) -> Result<Redaction> {
        let key = key.filter(|key| !key.is_empty());
        if key.is_none() && self.rules.iter().any(|Rule(_, what)| *what == Redact::Hash) {
            bail!(
                "hashes without a secret can be undone by trying likely values; set {KEY_VARIABLE} \
                 to any long text that you keep, or use NAME=drop"
            );
        }
        let rules = self.rules.iter().map(|Rule(name, what)| (name.clone(), *what));
        Ok(Redaction::new(rules, key.unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(texts: &[&str], key: Option<&str>) -> Result<Redaction> {
        let rules = texts.iter().map(|text| text.parse()).collect::<Result<_>>()?;
        RedactionArgs { rules }.rules(key.map(str::to_owned))
    }

    #[test]
    fn rules_name_a_property_and_what_becomes_of_it() {
        let read = rules(&["user.*=hash", "a=b=drop"], Some("secret")).unwrap();
        assert_eq!(read.action("user.name"), Some(Redact::Hash));
        assert_eq!(read.action("a=b"), Some(Redact::Drop));
        assert!(rules(&[], None).unwrap().is_empty());
        for wrong in ["", "user", "=drop", "user=", "user=hide"] {
            assert!(rules(&[wrong], Some("secret")).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn hashes_need_a_secret() {
        for key in [None, Some("")] {
            let error = rules(&["user=hash"], key).unwrap_err().to_string();
            assert!(error.contains(KEY_VARIABLE), "{error}");
            assert!(rules(&["user=drop"], key).is_ok());
        }
    }
}
