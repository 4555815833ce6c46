//! The licence of every dependency is one that `deny.toml` allows.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::tidy::finding::Finding;
use crate::tidy::graph::{Graph, Package};

const RULE: &str = "licenses";

/// The configuration's path in the checkout.
pub(crate) const PATH: &str = "deny.toml";

/// What `deny.toml` says about licences.
#[derive(Default)]
pub(crate) struct Allowed {
    everywhere: Vec<String>,
    by_crate: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
struct DenyFile {
    licenses: Licenses,
}

#[derive(Deserialize)]
struct Licenses {
    allow: Vec<String>,
    #[serde(default)]
    exceptions: Vec<LicenseException>,
}

#[derive(Deserialize)]
struct LicenseException {
    #[serde(rename = "crate")]
    name: String,
    allow: Vec<String>,
}

impl Allowed {
    /// Reads the list of allowed licences.
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let file: DenyFile = toml::from_str(text).with_context(|| format!("cannot read {PATH}"))?;
        let by_crate = file.licenses.exceptions.into_iter().map(|entry| (entry.name, entry.allow));
        Ok(Self { everywhere: file.licenses.allow, by_crate: by_crate.collect() })
    }

    fn allows(&self, package: &Package, license: &str) -> bool {
        let here = self.by_crate.get(&package.name);
        let mut licenses = self.everywhere.iter().chain(here.into_iter().flatten());
        licenses.any(|allowed| allowed == license)
    }
}

/// Checks every package of the graph, and finds allowed licences that the graph passes without.
pub(crate) fn check(graph: &Graph, allowed: &Allowed) -> Vec<Finding> {
    let is_allowed = |package: &Package, except: Option<&String>| {
        let license = package.license.as_deref().unwrap_or("no licence");
        let allows =
            |name: &str| except.is_none_or(|it| it != name) && allowed.allows(package, name);
        is_satisfied(license, &allows)
    };
    let refused = graph.packages.iter().filter(|package| !is_allowed(package, None));
    let refused = refused.map(|Package { name, version, license }| {
        let license = license.as_deref().unwrap_or("no licence");
        format!("`{name}` {version} is under `{license}`, which is not allowed")
    });
    let passed: Vec<_> =
        graph.packages.iter().filter(|package| is_allowed(package, None)).collect();
    let unneeded = allowed
        .everywhere
        .iter()
        .filter(|license| passed.iter().all(|package| is_allowed(package, Some(*license))));
    let unneeded = unneeded.map(|license| format!("no dependency needs `{license}`: drop it"));
    refused.chain(unneeded).map(|message| Finding::in_file(RULE, PATH, message)).collect()
}

/// Whether an SPDX expression holds when `allows` decides on single licences.
///
/// `AND` binds closer than `OR`; the old form `A/B` means `A OR B`.
fn is_satisfied(expression: &str, allows: &dyn Fn(&str) -> bool) -> bool {
    let tokens = tokens(expression);
    let mut rest = tokens.as_slice();
    any_of(&mut rest, allows) && rest.is_empty()
}

fn any_of(rest: &mut &[String], allows: &dyn Fn(&str) -> bool) -> bool {
    let mut holds = all_of(rest, allows);
    while next_is(rest, "OR") {
        holds |= all_of(rest, allows);
    }
    holds
}

fn all_of(rest: &mut &[String], allows: &dyn Fn(&str) -> bool) -> bool {
    let mut holds = single(rest, allows);
    while next_is(rest, "AND") {
        holds &= single(rest, allows);
    }
    holds
}

fn single(rest: &mut &[String], allows: &dyn Fn(&str) -> bool) -> bool {
    if next_is(rest, "(") {
        return any_of(rest, allows) && next_is(rest, ")");
    }
    let Some((license, after)) = rest.split_first() else {
        return false;
    };
    *rest = after;
    allows(license)
}

/// Takes the next token if it is this one.
fn next_is(rest: &mut &[String], token: &str) -> bool {
    let Some((_, after)) = rest.split_first().filter(|(next, _)| *next == token) else {
        return false;
    };
    *rest = after;
    true
}

/// Parentheses, operators and licences; a licence keeps its `WITH` part.
fn tokens(expression: &str) -> Vec<String> {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut tokens = Vec::<String>::new();
    let mut words = spaced.split_whitespace();
    while let Some(word) = words.next() {
        match tokens.last_mut().filter(|_| word == "WITH") {
            Some(license) => *license = format!("{license} WITH {}", words.next().unwrap_or("")),
            None => tokens.push(word.to_owned()),
        }
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(expression: &str) -> bool {
        let allowed = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];
        is_satisfied(expression, &|license| allowed.contains(&license))
    }

    #[test]
    fn expressions_follow_the_rules_of_spdx() {
        for allowed in [
            "MIT",
            "GPL-3.0 OR MIT",
            "GPL-3.0/MIT",
            "Apache-2.0 WITH LLVM-exception",
            "(GPL-3.0 OR MIT) AND Apache-2.0",
            "MIT OR GPL-3.0 AND GPL-2.0",
        ] {
            assert!(holds(allowed), "{allowed}");
        }
        for refused in
            ["", "no licence", "GPL-3.0", "MIT AND GPL-3.0", "MIT WITH other", "(MIT", "MIT MIT"]
        {
            assert!(!holds(refused), "{refused}");
        }
    }

    #[test]
    fn refused_and_unused_licences_are_found() {
        let package = |name: &str, license: Option<&str>| Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
        };
        let packages = vec![
            package("good", Some("MIT OR Apache-2.0")),
            package("excepted", Some("CC0-1.0")),
            package("bad", Some("GPL-3.0")),
            package("silent", None),
        ];
        let graph = Graph { members: Vec::new(), packages };
        let allowed = Allowed::parse(
            "[licenses]\nallow = ['MIT', 'ISC']\nexceptions = [{ crate = 'excepted', allow = ['CC0-1.0'] }]",
        );
        let findings = check(&graph, &allowed.unwrap());
        let messages: Vec<_> = findings.iter().map(|finding| finding.message.as_str()).collect();
        let expected = [
            "`bad` 1.0.0 is under `GPL-3.0`, which is not allowed",
            "`silent` 1.0.0 is under `no licence`, which is not allowed",
            "no dependency needs `ISC`: drop it",
        ];
        assert_eq!(messages, expected);
    }
}
