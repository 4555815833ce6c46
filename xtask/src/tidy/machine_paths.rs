//! No path of the machine that something was written on.

use std::env;
use std::path::Path;

use crate::tidy::finding::Finding;

/// Where home folders lie; the slash before the name keeps relative paths out.
const HOMES: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("C:\\Us", "ers\\"),
];

/// Folders of every machine, whose mention betrays none in particular.
const STANDARD: [&str; 9] = ["etc", "media", "mnt", "opt", "run", "srv", "tmp", "usr", "var"];

/// The paths that must not be mentioned: homes, and the folder the checkout lies in.
pub(crate) fn needles(root: &Path) -> Vec<String> {
    let around = root.parent().filter(|parent| {
        let mut names = parent.iter().skip(1);
        let is_standard = names.next().is_none_or(|name| STANDARD.iter().any(|s| name == *s));
        !is_standard && !parent.starts_with(env::temp_dir())
    });
    let around = around.map(|parent| format!("{}/", parent.display()));
    HOMES.into_iter().map(str::to_owned).chain(around).collect()
}

/// Checks the text of any file.
pub(crate) fn check(file: &str, text: &str, needles: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if let Some(needle) = needles.iter().find(|needle| mentions(line, needle)) {
            let message = format!("`{needle}` is a path of one machine");
            findings.push(Finding::at_line("machine-path", file, index + 1, message));
        }
    }
    findings
}

/// Whether the line has the path at the beginning of a path, so not as `a/home/b` or a URL's part.
fn mentions(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !(c.is_alphanumeric() || "_-./~$}>".contains(c)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_this_machine_is_found() {
        let text = concat!("all good\nopen(\"/ho", "me/me/data\")\n");
        let findings = check("a.py", text, &needles(Path::new("/")));
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].line, Some(2));
    }

    #[test]
    fn parts_of_other_paths_are_not() {
        let text = concat!("https://example.com/ho", "me/a and ./ro", "ot/b and ${X}/Us", "ers/c");
        assert!(check("a.md", text, &needles(Path::new("/"))).is_empty());
    }

    #[test]
    fn the_folder_around_the_checkout_counts_unless_every_machine_has_it() {
        let around = |root| needles(Path::new(root)).into_iter().nth(HOMES.len());
        assert_eq!(around("/projects/ours/main").as_deref(), Some("/projects/ours/"));
        assert_eq!(around("/tmp/main"), None);
        assert_eq!(around("/main"), None);
        assert_eq!(around("/srv/ci/main"), None);
    }
}
