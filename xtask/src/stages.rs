//! Named stages with their times, and the table that closes a run.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// The stages of one run, in order.
#[derive(Default)]
pub(crate) struct Stages {
    finished: Vec<Stage>,
}

struct Stage {
    name: &'static str,
    time: Duration,
    passed: bool,
}

impl Stages {
    /// Runs one stage, prints how long it took, and keeps the result for the table.
    pub(crate) fn run<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        eprintln!("\n== {name}");
        let start = Instant::now();
        let outcome = work();
        let stage = Stage { name, time: start.elapsed(), passed: outcome.is_ok() };
        eprintln!("== {name}: {} after {}", stage.verdict(), minutes(stage.time));
        self.finished.push(stage);
        outcome.with_context(|| format!("stage {name}"))
    }
}

impl Stage {
    fn verdict(&self) -> &'static str {
        if self.passed { "ok" } else { "FAILED" }
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<12} {:>8}  result", "stage", "time")?;
        for stage in &self.finished {
            writeln!(f, "{:<12} {:>8}  {}", stage.name, minutes(stage.time), stage.verdict())?;
        }
        let total = self.finished.iter().map(|stage| stage.time).sum();
        write!(f, "{:<12} {:>8}", "total", minutes(total))
    }
}

/// A duration as `minutes:seconds`.
fn minutes(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn the_table_lists_every_stage_that_ran() {
        let mut stages = Stages::default();
        stages.run("first", || Ok(())).unwrap();
        let failure: Result<()> = stages.run("second", || bail!("out of paper"));
        assert_eq!(format!("{:#}", failure.unwrap_err()), "stage second: out of paper");
        let table = stages.to_string();
        let lines: Vec<_> = table.lines().map(str::split_whitespace).map(Vec::from_iter).collect();
        assert_eq!(lines[1], ["first", "0:00", "ok"]);
        assert_eq!(lines[2], ["second", "0:00", "FAILED"]);
        assert_eq!(lines[3], ["total", "0:00"]);
    }

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(minutes(Duration::from_secs(605)), "10:05");
    }
}
