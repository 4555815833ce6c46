//! Gathers the files and the graph, applies every rule, and prints what they found.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command;
use crate::tidy::exceptions;
use crate::tidy::finding::Finding;
use crate::tidy::graph::Graph;
use crate::tidy::licenses::{self, Allowed};
use crate::tidy::rulebook::{self, Rulebook};
use crate::tidy::source::Source;
use crate::tidy::{
    attributes, comments, families, files, floors, machine_paths, manifests, module_roots, quotes,
    unsafe_code,
};
use crate::workspace::Workspace;

/// Prints every finding; fails when one of them is more than a warning.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let read = |path: &str| {
        fs::read_to_string(workspace.root().join(path))
            .with_context(|| format!("cannot read {path}"))
    };
    let tree = Tree {
        rulebook: Rulebook::parse(&read(rulebook::PATH)?)?,
        allowed_licenses: Allowed::parse(&read(licenses::PATH)?)?,
        graph: Graph::load(workspace)?,
        texts: texts(workspace)?,
        path_needles: machine_paths::needles(workspace.root()),
    };
    let findings = tree.findings();
    for finding in &findings {
        eprintln!("{finding}");
    }
    let error_count = findings.iter().filter(|finding| !finding.is_warning).count();
    eprintln!(
        "tidy: {} files, {} crates, {} errors, {} warnings",
        tree.texts.len(),
        tree.graph.members.len(),
        error_count,
        findings.len() - error_count,
    );
    if error_count > 0 {
        bail!("the tree is not tidy");
    }
    Ok(())
}

/// Everything the rules look at.
struct Tree {
    rulebook: Rulebook,
    allowed_licenses: Allowed,
    graph: Graph,
    texts: Vec<Text>,
    path_needles: Vec<String>,
}

/// A file of the checkout, by its path relative to the root.
struct Text {
    file: String,
    text: String,
}

impl Tree {
    /// What all rules find, without what is excepted.
    fn findings(&self) -> Vec<Finding> {
        let Self { rulebook, graph, texts, .. } = self;
        let rust = texts.iter().filter(|text| text.file.ends_with(".rs"));
        let sources: Vec<_> = rust.map(|text| Source::new(&text.file, &text.text)).collect();
        let unsafe_files: BTreeSet<_> = rulebook
            .exceptions
            .iter()
            .filter(|exception| exception.rule == unsafe_code::RULE)
            .map(|exception| exception.file.as_str())
            .collect();

        let mut findings = floors::check(graph, rulebook);
        findings.extend(families::check(graph, rulebook));
        findings.extend(licenses::check(graph, &self.allowed_licenses));
        findings.extend(manifests::check(graph));
        findings.extend(unsafe_code::check_roots(graph, &sources, &unsafe_files));
        findings.extend(sources.iter().flat_map(check_source));
        for Text { file, text } in texts {
            findings.extend(files::check_name(file));
            findings.extend(machine_paths::check(file, text, &self.path_needles));
            if file == "README.md" {
                findings.extend(quotes::check(file, text, &sources));
            }
        }
        exceptions::apply(findings, &rulebook.exceptions)
    }
}

fn check_source(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = unsafe_code::check(source);
    findings.extend(attributes::check(source));
    findings.extend(comments::check(source));
    findings.extend(files::check_length(source));
    findings.extend(module_roots::check(source));
    findings
}

/// Every text file that is in git or would be added to it.
fn texts(workspace: &Workspace) -> Result<Vec<Text>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let list = command::output(Command::new("git").args(arguments).current_dir(workspace.root()))
        .context("tidy looks at the files that git knows")?;
    let paths = BTreeSet::from_iter(list.split_terminator('\0'));
    let texts = paths.into_iter().filter_map(|file| {
        // What is deleted and not yet committed, and what is not text, has nothing to check.
        let text = fs::read_to_string(workspace.root().join(file)).ok()?;
        Some(Text { file: file.to_owned(), text })
    });
    Ok(texts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::Member;

    fn tree(exceptions: &str) -> Tree {
        let rulebook = format!(
            "exceptions = [{exceptions}]\n[crates.a]\nfloor = 0\n[families]\none_version = []"
        );
        let member = Member {
            name: "a".to_owned(),
            manifest: "a/Cargo.toml".to_owned(),
            manifest_text: "lints.workspace = true".to_owned(),
            description: Some("A crate".to_owned()),
            license: Some("Apache-2.0".to_owned()),
            roots: vec!["a/src/lib.rs".to_owned()],
            ..Member::default()
        };
        let text = |file: &str, text: &str| Text { file: file.to_owned(), text: text.to_owned() };
        Tree {
            rulebook: Rulebook::parse(&rulebook).unwrap(),
            allowed_licenses: Allowed::default(),
            graph: Graph { members: vec![member], packages: Vec::new() },
            texts: vec![
                text("a/src/lib.rs", "//! About.\nmod hot;\n"),
                text("a/src/hot.rs", "unsafe { store() }\n"),
            ],
            path_needles: Vec::new(),
        }
    }

    fn rules(tree: &Tree) -> Vec<&'static str> {
        tree.findings().iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn a_file_that_may_hold_unsafe_frees_its_crate_from_forbidding_it() {
        assert_eq!(rules(&tree("")), ["forbid-unsafe", "unsafe"]);
        let listed = "{ rule = 'unsafe', file = 'a/src/hot.rs', reason = 'the hot path' }";
        assert!(rules(&tree(listed)).is_empty());
    }

    #[test]
    fn every_rule_about_files_is_applied() {
        let mut tree = tree("{ rule = 'unsafe', file = 'a/src/hot.rs', reason = 'the hot path' }");
        let text = format!(
            "// {}\n// {}\n#[ignore]\n#[allow(x)]\nstatic mut A: u8 = 0;\n{}",
            concat!("TO", "DO"),
            concat!("#", "12"),
            "\n".repeat(700),
        );
        tree.texts.push(Text { file: "a/src/utils.rs".to_owned(), text });
        tree.texts.push(Text { file: "a/src/b/mod.rs".to_owned(), text: "fn f() {}".to_owned() });
        tree.texts.push(Text { file: "a.md".to_owned(), text: "in /here/".to_owned() });
        tree.path_needles.push("/here/".to_owned());
        let expected = [
            "ignore",
            "issue-number",
            "length",
            "machine-path",
            "marker",
            "module-root",
            "name",
            "static-mut",
            "suppression",
        ];
        assert_eq!(BTreeSet::from_iter(rules(&tree)), BTreeSet::from(expected));
    }
}
