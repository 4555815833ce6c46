//! Comments say what is true now: no notes to self, no numbers of issues.

use crate::tidy::finding::Finding;
use crate::tidy::source::{Source, words};

const MARKERS: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];
const TRACKERS: [&str; 4] = ["issue", "issues", "ticket", "pr"];

/// Checks every line of every comment of a file.
pub(crate) fn check(source: &Source<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for comment in &source.comments {
        if let Some(marker) = words(&comment.text).find(|word| MARKERS.contains(word)) {
            let message = format!("`{marker}` in a comment: do it, or open an issue");
            findings.push(Finding::at_line("marker", source.file, comment.line, message));
        }
        if let Some(reference) = issue_reference(&comment.text) {
            let message = format!("`{reference}`: say what is true instead of where it was said");
            findings.push(Finding::at_line("issue-number", source.file, comment.line, message));
        }
    }
    findings
}

/// The first thing in a comment that looks like the number of an issue: a number after a hash, or
/// after the word.
fn issue_reference(text: &str) -> Option<&str> {
    let is_number = |word: &str| {
        let word =
            word.trim_start_matches('#').trim_end_matches(|c: char| c.is_ascii_punctuation());
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
    };
    let pieces: Vec<_> = text.split([' ', '(', '[', '`', '"']).collect();
    if let Some(piece) = pieces.iter().find(|piece| piece.starts_with('#') && is_number(piece)) {
        return Some(piece);
    }
    let pairs = pieces.windows(2);
    let tracked = pairs.filter(|pair| {
        TRACKERS.contains(&pair[0].to_ascii_lowercase().as_str()) && is_number(pair[1])
    });
    tracked.map(|pair| pair[1]).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Vec<&'static str> {
        check(&Source::new("a.rs", text)).into_iter().map(|finding| finding.rule).collect()
    }

    #[test]
    fn notes_to_self_are_found_in_comments_only() {
        assert_eq!(rules(concat!("// TO", "DO: later")), ["marker"]);
        assert_eq!(rules(concat!("/// FIX", "ME(me) this")), ["marker"]);
        assert!(rules(concat!("let a = \"TO", "DO\"; // tidy")).is_empty());
    }

    #[test]
    fn numbers_of_issues_are_found() {
        assert_eq!(rules(concat!("// see #", "12.")), ["issue-number"]);
        assert_eq!(rules(concat!("// fixes issue ", "12")), ["issue-number"]);
        assert_eq!(rules(concat!("// (PR #", "7)")), ["issue-number"]);
    }

    #[test]
    fn headings_attributes_and_plain_numbers_are_not() {
        for text in ["/// # Errors", "// `#[test]` and #! lines", "// 12 issues were 3 blocks"] {
            assert!(rules(text).is_empty(), "{text}");
        }
    }
}
