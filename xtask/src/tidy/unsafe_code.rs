//! `unsafe` stands in few named files; crates without such a file forbid it.

use std::collections::BTreeSet;

use crate::tidy::finding::Finding;
use crate::tidy::graph::Graph;
use crate::tidy::source::{Source, words};

/// The rule about files; its exceptions in the rulebook are the files that may hold `unsafe`.
pub(crate) const RULE: &str = "unsafe";

/// Finds the first `unsafe` of a file, and every `static mut`.
pub(crate) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut first = source
        .code_lines()
        .filter(|(_, line)| words(line).any(|word| word == "unsafe"))
        .map(|(line, _)| line);
    if let Some(line) = first.next() {
        let message = "`unsafe` outside the files that may hold it";
        findings.push(Finding::at_line(RULE, source.file, line, message));
    }
    for (line, code) in source.code_lines() {
        let pairs = words(code).zip(words(code).skip(1));
        if pairs.into_iter().any(|pair| pair == ("static", "mut")) {
            let message = "use an atomic or a lock in place of `static mut`";
            findings.push(Finding::at_line("static-mut", source.file, line, message));
        }
    }
    findings
}

/// Finds crate roots that should forbid `unsafe`: those of crates that hold none by exception.
pub(crate) fn check_roots(
    graph: &Graph,
    sources: &[Source<'_>],
    unsafe_files: &BTreeSet<&str>,
) -> Vec<Finding> {
    let folder = |manifest: &str| manifest.trim_end_matches("Cargo.toml").to_owned();
    let folders: Vec<_> = graph.members.iter().map(|member| folder(&member.manifest)).collect();
    // A crate in a folder inside another crate's folder is a crate of its own: the longest wins.
    let owner = |file: &str| {
        folders.iter().filter(|folder| file.starts_with(*folder)).max_by_key(|folder| folder.len())
    };
    let with_unsafe: BTreeSet<_> = unsafe_files.iter().filter_map(|file| owner(file)).collect();
    let roots = graph.members.iter().flat_map(|member| &member.roots);
    let silent = roots.filter(|root| {
        let source = sources.iter().find(|source| source.file == root.as_str());
        let forbids = source.is_some_and(|source| source.code.contains("#![forbid(unsafe_code)]"));
        !forbids && owner(root).is_none_or(|folder| !with_unsafe.contains(folder))
    });
    silent
        .map(|root| Finding::in_file("forbid-unsafe", root, "add `#![forbid(unsafe_code)]`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph::Member;

    #[test]
    fn unsafe_code_is_found_and_its_mention_is_not() {
        let source = Source::new("a.rs", "// unsafe\n#![deny(unsafe_code)]\nunsafe { f() }\n");
        let findings = check(&source);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].rule, findings[0].line), (RULE, Some(3)));
    }

    #[test]
    fn a_mutable_static_is_found() {
        let source = Source::new("a.rs", "static mut COUNT: u32 = 0;\nstatic OTHER: u32 = 0;");
        let findings = check(&source);
        assert_eq!(findings.len(), 1);
        assert_eq!((findings[0].rule, findings[0].line), ("static-mut", Some(1)));
    }

    #[test]
    fn a_crate_without_unsafe_files_forbids_unsafe() {
        let member = |folder: &str| Member {
            manifest: format!("{folder}/Cargo.toml"),
            roots: vec![format!("{folder}/src/lib.rs")],
            ..Member::default()
        };
        let members = vec![member("a"), member("a/part"), member("b")];
        let graph = Graph { members, packages: Vec::new() };
        let sources = [
            Source::new("a/src/lib.rs", "mod hot;"),
            Source::new("a/part/src/lib.rs", "mod parse;"),
            Source::new("b/src/lib.rs", "#![forbid(unsafe_code)]"),
        ];
        let findings = check_roots(&graph, &sources, &BTreeSet::from(["a/src/hot.rs"]));
        let files: Vec<_> = findings.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(files, ["a/part/src/lib.rs"]);
    }
}
