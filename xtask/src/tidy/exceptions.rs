//! Findings that the rulebook excepts, and exceptions that except nothing.

use crate::tidy::finding::Finding;
use crate::tidy::rulebook::{self, Exception};

/// Drops what is excepted, and reports exceptions without a reason or without a finding.
pub(crate) fn apply(mut findings: Vec<Finding>, exceptions: &[Exception]) -> Vec<Finding> {
    let mut problems = Vec::new();
    for Exception { rule, file, reason } in exceptions {
        let count_before = findings.len();
        findings.retain(|finding| finding.rule != rule || finding.file != *file);
        let is_unused = findings.len() == count_before;
        if is_unused {
            let message = format!("`{file}` does not break the rule `{rule}`: drop the exception");
            problems.push(Finding::in_file("exception", rulebook::PATH, message));
        }
        if reason.trim().is_empty() {
            let message = format!("say why `{file}` may break the rule `{rule}`");
            problems.push(Finding::in_file("exception", rulebook::PATH, message));
        }
    }
    findings.extend(problems);
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exception(rule: &str, file: &str, reason: &str) -> Exception {
        let [rule, file, reason] = [rule, file, reason].map(str::to_owned);
        Exception { rule, file, reason }
    }

    fn applied(exceptions: &[Exception]) -> Vec<String> {
        let findings = vec![
            Finding::at_line("unsafe", "a.rs", 1, "first"),
            Finding::at_line("unsafe", "b.rs", 1, "second"),
            Finding::in_file("length", "a.rs", "third"),
        ];
        apply(findings, exceptions).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn an_exception_covers_one_rule_in_one_file() {
        let remaining = applied(&[exception("unsafe", "a.rs", "the hot path")]);
        assert_eq!(remaining, ["second", "third"]);
    }

    #[test]
    fn an_exception_without_effect_is_found() {
        let remaining = applied(&[exception("length", "b.rs", "a table")]);
        let expected = "`b.rs` does not break the rule `length`: drop the exception";
        assert_eq!(remaining, ["first", "second", "third", expected]);
    }

    #[test]
    fn an_exception_has_a_reason() {
        let remaining = applied(&[exception("length", "a.rs", "")]);
        assert_eq!(remaining.last().unwrap(), "say why `a.rs` may break the rule `length`");
    }
}
