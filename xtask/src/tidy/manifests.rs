//! Every crate says what it is and under which licence, takes the workspace's lints, and links one
//! integration test binary.

use crate::tidy::finding::Finding;
use crate::tidy::graph::{Graph, Member};

/// Checks the manifest of every crate of the workspace.
pub(crate) fn check(graph: &Graph) -> Vec<Finding> {
    graph.members.iter().flat_map(check_member).collect()
}

fn check_member(member: &Member) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut found = |rule, message: &str| {
        findings.push(Finding::in_file(rule, &member.manifest, message));
    };
    let is_blank = |text: &Option<String>| text.as_ref().is_none_or(|text| text.trim().is_empty());
    if is_blank(&member.description) {
        found("manifest", "say in `description` what the crate is");
    }
    if is_blank(&member.license) {
        found("manifest", "add `license.workspace = true`");
    }
    if !takes_workspace_lints(&member.manifest_text) {
        found("manifest", "add `[lints] workspace = true`");
    }
    if member.test_binaries.len() > 1 {
        let message = format!(
            "{} integration test binaries ({}) where one would do: each is linked on its own",
            member.test_binaries.len(),
            member.test_binaries.join(", "),
        );
        found("test-binaries", &message);
    }
    findings
}

fn takes_workspace_lints(manifest: &str) -> bool {
    let manifest = manifest.parse::<toml::Table>();
    let lints =
        manifest.ok().and_then(|manifest| manifest.get("lints")?.get("workspace")?.as_bool());
    lints == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tidy_member() -> Member {
        Member {
            manifest: "a/Cargo.toml".to_owned(),
            manifest_text: "[lints]\nworkspace = true".to_owned(),
            description: Some("A thing".to_owned()),
            license: Some("Apache-2.0".to_owned()),
            test_binaries: vec!["it".to_owned()],
            ..Member::default()
        }
    }

    fn findings(member: Member) -> Vec<String> {
        let graph = Graph { members: vec![member], packages: Vec::new() };
        check(&graph).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn a_complete_manifest_passes() {
        assert!(findings(tidy_member()).is_empty());
        let manifest_text = "lints.workspace = true".to_owned();
        assert!(findings(Member { manifest_text, ..tidy_member() }).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let member = Member {
            description: Some(" ".to_owned()),
            license: None,
            manifest_text: "[lints.rust]".to_owned(),
            ..tidy_member()
        };
        let expected = [
            "say in `description` what the crate is",
            "add `license.workspace = true`",
            "add `[lints] workspace = true`",
        ];
        assert_eq!(findings(member), expected);
    }

    #[test]
    fn a_second_test_binary_is_found() {
        let test_binaries = vec!["it".to_owned(), "slow".to_owned()];
        let found = findings(Member { test_binaries, ..tidy_member() });
        assert!(found[0].starts_with("2 integration test binaries (it, slow)"), "{found:?}");
    }
}
