//! What a rule reports.

use std::fmt;

/// One place that breaks a rule.
#[derive(Debug, PartialEq)]
pub(crate) struct Finding {
    /// The rule's name, as exceptions in `xtask/tidy.toml` refer to it.
    pub(crate) rule: &'static str,
    /// The file, relative to the root of the checkout.
    pub(crate) file: String,
    /// The line, counted from one, where there is one.
    pub(crate) line: Option<usize>,
    /// What is wrong and what to do.
    pub(crate) message: String,
    /// A warning is printed and does not fail the run.
    pub(crate) is_warning: bool,
}

impl Finding {
    /// A finding about a whole file.
    pub(crate) fn in_file(
        rule: &'static str,
        file: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self { rule, file: file.into(), line: None, message: message.into(), is_warning: false }
    }

    /// A finding about one line.
    pub(crate) fn at_line(
        rule: &'static str,
        file: impl Into<String>,
        line: usize,
        message: impl Into<String>,
    ) -> Self {
        Self { line: Some(line), ..Self::in_file(rule, file, message) }
    }

    /// The same, as a warning.
    pub(crate) fn into_warning(self) -> Self {
        Self { is_warning: true, ..self }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        let kind = if self.is_warning { "warning" } else { "error" };
        write!(f, ": {kind} [{}]: {}", self.rule, self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_place_and_rule() {
        let finding = Finding::at_line("length", "a/b.rs", 7, "too long");
        assert_eq!(finding.to_string(), "a/b.rs:7: error [length]: too long");
        let finding = Finding::in_file("length", "a/b.rs", "long").into_warning();
        assert_eq!(finding.to_string(), "a/b.rs: warning [length]: long");
    }
}
