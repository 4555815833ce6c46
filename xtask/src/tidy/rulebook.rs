//! The data the rules are held against: `xtask/tidy.toml`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

/// The rulebook's path in the checkout.
pub(crate) const PATH: &str = "xtask/tidy.toml";

/// The whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rulebook {
    /// The known crates by name.
    pub(crate) crates: BTreeMap<String, CrateRule>,
    /// Families of crates that have one version.
    pub(crate) families: Families,
    /// Files that may break a rule.
    #[serde(default)]
    pub(crate) exceptions: Vec<Exception>,
}

/// What one crate of the workspace may depend on.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CrateRule {
    /// Dependencies inside the workspace lie on lower floors.
    pub(crate) floor: u32,
    /// The crate this one is a part of, which may depend on it in spite of equal floors.
    pub(crate) part_of: Option<String>,
    /// Crates that may be optional dependencies only.
    #[serde(default)]
    pub(crate) optional: Vec<Pattern>,
    /// Crates that may not be dependencies at all.
    #[serde(default)]
    pub(crate) never: Vec<Pattern>,
}

/// Families of crates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Families {
    /// Crates of which the resolved graph holds one version each.
    pub(crate) one_version: Vec<Pattern>,
}

/// A file that may break a rule, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    /// The name of the rule.
    pub(crate) rule: String,
    /// The file, relative to the root of the checkout.
    pub(crate) file: String,
    /// Why the rule would do harm here.
    pub(crate) reason: String,
}

/// A crate's name, or the beginning of names when it ends in `*`.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Pattern(String);

impl Pattern {
    /// Whether the pattern covers this name. `arrow*` covers `arrow` and `arrow-array`, not `arrows`.
    pub(crate) fn matches(&self, name: &str) -> bool {
        match self.0.strip_suffix('*') {
            None => name == self.0,
            Some(family) => name
                .strip_prefix(family)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_'])),
        }
    }
}

#[cfg(test)]
impl From<&str> for Pattern {
    fn from(pattern: &str) -> Self {
        Self(pattern.to_owned())
    }
}

impl Rulebook {
    /// Reads the rulebook.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).with_context(|| format!("cannot read {PATH}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rulebook_of_this_checkout_is_readable() {
        let rulebook = Rulebook::parse(include_str!("../../tidy.toml")).unwrap();
        assert_eq!(rulebook.crates["micromegas-transit"].floor, 0);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        assert!(Rulebook::parse("[crates.a]\nflor = 1\n[families]\none_version = []").is_err());
    }

    #[test]
    fn a_star_covers_the_members_of_a_family() {
        let family = Pattern::from("arrow*");
        assert!(family.matches("arrow") && family.matches("arrow-array"));
        assert!(!family.matches("arrows") && !family.matches("my-arrow"));
        assert!(Pattern::from("tokio").matches("tokio"));
        assert!(!Pattern::from("tokio").matches("tokio-util"));
    }
}
