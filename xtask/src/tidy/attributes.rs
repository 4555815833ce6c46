//! Attributes that silence something give a reason: ignored tests and suppressed lints.

use crate::tidy::finding::Finding;
use crate::tidy::source::{Source, words};

/// Checks every attribute of a file.
pub(crate) fn check(source: &Source<'_>) -> Vec<Finding> {
    attributes(&source.code)
        .filter_map(|(line, attribute)| {
            let (rule, message) = problem(attribute)?;
            Some(Finding::at_line(rule, source.file, line, message))
        })
        .collect()
}

fn problem(attribute: &str) -> Option<(&'static str, &'static str)> {
    let has = |name: &str| words(attribute).any(|word| word == name);
    if has("ignore") && !attribute.contains('=') {
        return Some(("ignore", "give the reason: `#[ignore = \"...\"]`"));
    }
    if has("allow") {
        return Some(("suppression", "use `#[expect(lint, reason = \"...\")]` on one item"));
    }
    if has("expect") && !has("reason") {
        return Some(("suppression", "give the reason: `#[expect(lint, reason = \"...\")]`"));
    }
    None
}

/// Every attribute with the line it begins on.
fn attributes(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let starts = code.match_indices("#[").chain(code.match_indices("#!["));
    starts.map(|(start, _)| {
        let line = 1 + code[..start].matches('\n').count();
        (line, &code[start..attribute_end(code, start)])
    })
}

fn attribute_end(code: &str, start: usize) -> usize {
    let mut depth = 0;
    let end = code[start..].bytes().position(|byte| {
        depth += i32::from(byte == b'[') - i32::from(byte == b']');
        byte == b']' && depth == 0
    });
    end.map_or(code.len(), |length| start + length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<(&'static str, usize)> {
        let findings = check(&Source::new("a.rs", text));
        findings.into_iter().map(|finding| (finding.rule, finding.line.unwrap())).collect()
    }

    #[test]
    fn an_ignored_test_gives_its_reason() {
        assert_eq!(findings("\n#[ignore]\nfn a() {}"), [("ignore", 2)]);
        assert_eq!(findings("#[cfg_attr(miri, ignore)] fn a() {}"), [("ignore", 1)]);
        assert!(findings("#[ignore = \"needs an hour\"] fn a() {}").is_empty());
        assert!(findings("fn ignore() {}").is_empty());
    }

    #[test]
    fn a_suppressed_lint_is_expected_with_a_reason() {
        assert_eq!(findings("#[allow(dead_code)] fn a() {}"), [("suppression", 1)]);
        assert_eq!(findings("#![allow(dead_code)]"), [("suppression", 1)]);
        assert_eq!(findings("#[expect(dead_code)] fn a() {}"), [("suppression", 1)]);
        assert!(findings("#[expect(\n dead_code,\n reason = \"x\")] fn a() {}").is_empty());
        assert!(findings("value.expect(\"there is one\");").is_empty());
    }

    #[test]
    fn text_about_attributes_is_not_an_attribute() {
        assert!(findings("// #[ignore]\nlet text = \"#[allow(x)]\";").is_empty());
    }
}
