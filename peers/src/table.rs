//! The table of what was measured.

use std::collections::BTreeMap;
use std::fmt;

use crate::subject::Subject;

const STATES: [&str; 5] =
    ["compiled out", "not started", "filtered", "recording", "beside a second"];

/// The times of each subject in each state, one for each round; their median is shown, since what
/// a library does only now and then, such as making its next buffer, is part of what a span costs.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// In the order in which they came.
    names: Vec<&'static str>,
    times: BTreeMap<(&'static str, &'static str), Vec<f64>>,
}

impl Table {
    /// Notes nanoseconds for a span.
    pub(crate) fn note(&mut self, subject: &Subject, state: &'static str, time: f64) {
        if !self.names.contains(&subject.name) {
            self.names.push(subject.name);
        }
        self.times.entry((subject.name, state)).or_default().push(time);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_known = |state: &&str| self.times.keys().any(|(_, own)| own == state);
        let states: Vec<_> = STATES.into_iter().filter(is_known).collect();
        write!(f, "{:<24}", "ns for begin and end")?;
        states.iter().try_for_each(|state| write!(f, "{state:>17}"))?;
        writeln!(f)?;
        for name in &self.names {
            write!(f, "{name:<24}")?;
            for state in &states {
                match self.times.get(&(*name, *state)) {
                    Some(times) => write!(f, "{:>17.1}", median(times))?,
                    None => write!(f, "{:>17}", "-")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

fn median(times: &[f64]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::libraries;

    #[test]
    fn the_median_of_each_state_is_shown_and_what_was_not_measured_is_a_dash() {
        let [first, second, ..] = libraries::all();
        let mut table = Table::default();
        for time in [20.0, 90.0, 18.0] {
            table.note(&first, "recording", time);
        }
        table.note(&first, "filtered", 1.0);
        table.note(&second, "recording", 30.0);
        let text = table.to_string();
        let lines: Vec<Vec<_>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0][5..], ["filtered", "recording"]);
        assert_eq!(lines[1], ["limit", "1.0", "20.0"]);
        assert_eq!(lines[2][1..], ["-", "30.0"]);
    }
}
