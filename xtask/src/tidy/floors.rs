//! Arrows point down: a crate depends on lower floors, and never on what its floor excludes.

use crate::tidy::finding::Finding;
use crate::tidy::graph::{Dependency, Graph, Member};
use crate::tidy::rulebook::{self, CrateRule, Rulebook};

const RULE: &str = "floors";

/// Checks direct, normal dependencies of every crate of the workspace.
pub(crate) fn check(graph: &Graph, rulebook: &Rulebook) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &graph.members {
        let Some(rule) = rulebook.crates.get(&member.name) else {
            let message = format!("give `{}` a floor in {}", member.name, rulebook::PATH);
            findings.push(Finding::in_file(RULE, &member.manifest, message));
            continue;
        };
        let problems = member
            .dependencies
            .iter()
            .filter_map(|dependency| problem(member, rule, dependency, rulebook));
        findings.extend(problems.map(|message| Finding::in_file(RULE, &member.manifest, message)));
    }
    findings
}

fn problem(
    member: &Member,
    rule: &CrateRule,
    dependency: &Dependency,
    rulebook: &Rulebook,
) -> Option<String> {
    let (from, to) = (&member.name, &dependency.name);
    if rule.never.iter().any(|pattern| pattern.matches(to)) {
        return Some(format!("`{from}` must never depend on `{to}`"));
    }
    if !dependency.is_optional && rule.optional.iter().any(|pattern| pattern.matches(to)) {
        return Some(format!("`{from}` may depend on `{to}` behind a feature only"));
    }
    let below = rulebook.crates.get(to)?;
    let is_allowed = below.floor < rule.floor || below.part_of.as_ref() == Some(from);
    (!is_allowed).then(|| {
        let (floor, other) = (rule.floor, below.floor);
        format!("`{from}` (floor {floor}) must not depend on `{to}` (floor {other})")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::rulebook::{Families, Pattern};

    fn rulebook() -> Rulebook {
        let part = CrateRule { part_of: Some("wire".to_owned()), ..CrateRule::default() };
        let wire = CrateRule { never: vec![Pattern::from("arrow*")], ..CrateRule::default() };
        let recording =
            CrateRule { floor: 1, optional: vec!["tokio".into()], ..CrateRule::default() };
        let crates = [("wire", wire), ("wire-derive", part), ("recording", recording)];
        Rulebook {
            crates: crates.into_iter().map(|(name, rule)| (name.to_owned(), rule)).collect(),
            families: Families { one_version: Vec::new() },
            exceptions: Vec::new(),
        }
    }

    fn findings(name: &str, dependency: &str, is_optional: bool) -> Vec<String> {
        let dependency = Dependency { name: dependency.to_owned(), is_optional };
        let member = Member {
            name: name.to_owned(),
            manifest: format!("{name}/Cargo.toml"),
            dependencies: vec![dependency],
            ..Member::default()
        };
        let graph = Graph { members: vec![member], packages: Vec::new() };
        check(&graph, &rulebook()).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn lower_floors_parts_and_other_crates_are_allowed() {
        assert!(findings("recording", "wire", false).is_empty());
        assert!(findings("wire", "wire-derive", false).is_empty());
        assert!(findings("wire", "serde", false).is_empty());
        assert!(findings("recording", "tokio", true).is_empty());
    }

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let expected = "`wire` (floor 0) must not depend on `recording` (floor 1)";
        assert_eq!(findings("wire", "recording", false), [expected]);
    }

    #[test]
    fn a_part_does_not_depend_on_its_whole() {
        assert_eq!(findings("wire-derive", "wire", false).len(), 1);
    }

    #[test]
    fn an_excluded_dependency_is_found_even_behind_a_feature() {
        let expected = "`wire` must never depend on `arrow-array`";
        assert_eq!(findings("wire", "arrow-array", true), [expected]);
    }

    #[test]
    fn an_optional_dependency_made_normal_is_found() {
        let expected = "`recording` may depend on `tokio` behind a feature only";
        assert_eq!(findings("recording", "tokio", false), [expected]);
    }

    #[test]
    fn an_unknown_crate_is_found() {
        assert_eq!(findings("novel", "serde", false), ["give `novel` a floor in xtask/tidy.toml"]);
    }
}
