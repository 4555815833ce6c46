//! What the runs gave.

use std::fmt;
use std::path::PathBuf;

/// The result of one target's run.
#[derive(Debug, PartialEq)]
pub(super) struct Outcome {
    executions: u64,
    executions_per_second: u64,
    passed: bool,
    found: Vec<PathBuf>,
}

impl Outcome {
    /// Reads the numbers that libFuzzer prints at its end.
    pub(super) fn read(log: &str, passed: bool, found: Vec<PathBuf>) -> Self {
        let number = |name: &str| {
            let line = log.lines().rev().find_map(|line| line.strip_prefix(name));
            line.and_then(|rest| rest.trim().parse().ok()).unwrap_or(0)
        };
        Self {
            executions: number("stat::number_of_executed_units:"),
            executions_per_second: number("stat::average_exec_per_sec:"),
            passed,
            found,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { executions, executions_per_second, passed, found } = self;
        write!(f, "{executions} executions, {executions_per_second}/s, ")?;
        if *passed {
            return f.write_str("nothing found");
        }
        f.write_str("FAILED")?;
        found.iter().try_for_each(|file| write!(f, " {}", file.display()))
    }
}

/// All targets' outcomes.
#[derive(Default)]
pub(super) struct Report {
    outcomes: Vec<(String, Outcome)>,
}

impl Report {
    pub(super) fn add(&mut self, target: &str, outcome: Outcome) {
        self.outcomes.push((target.to_owned(), outcome));
    }

    pub(super) fn has_findings(&self) -> bool {
        self.outcomes.iter().any(|(_, outcome)| !outcome.passed)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<14} {:>12} {:>10}  found", "target", "executions", "per second")?;
        for (target, outcome) in &self.outcomes {
            let Outcome { executions, executions_per_second, passed, found } = outcome;
            let found = match (passed, found.len()) {
                (true, _) => "nothing".to_owned(),
                (false, 0) => "a failure without an input".to_owned(),
                (false, count) => format!("{count} failing inputs"),
            };
            write!(f, "\n{target:<14} {executions:>12} {executions_per_second:>10}  {found}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "#5\tDONE   cov: 1 ft: 2\n\
        stat::number_of_executed_units: 152152\n\
        stat::average_exec_per_sec:     11704\n\
        stat::new_units_added:          1065\n";

    #[test]
    fn the_numbers_are_those_that_the_fuzzer_prints() {
        let outcome = Outcome::read(LOG, true, Vec::new());
        assert_eq!(outcome.to_string(), "152152 executions, 11704/s, nothing found");
    }

    #[test]
    fn a_target_that_fails_is_named_with_its_input() {
        let mut report = Report::default();
        report.add("good", Outcome::read(LOG, true, Vec::new()));
        assert!(!report.has_findings());
        let outcome = Outcome::read("panicked", false, vec!["artifacts/bad/crash-1".into()]);
        assert_eq!(outcome.to_string(), "0 executions, 0/s, FAILED artifacts/bad/crash-1");
        report.add("bad", outcome);
        assert!(report.has_findings());
        let table = report.to_string();
        let lines: Vec<_> = table.lines().map(str::split_whitespace).map(Vec::from_iter).collect();
        assert_eq!(lines[1], ["good", "152152", "11704", "nothing"]);
        assert_eq!(lines[2], ["bad", "0", "0", "1", "failing", "inputs"]);
    }
}
