//! The lines of a budget: `name value unit limit ok|MISSED`, or `name value unit - reported` where
//! there is no limit.

use std::fmt;

use crate::budget::limits::Row;

/// A row with its value, if something measures it.
pub(crate) struct Line<'a> {
    pub(crate) row: &'a Row,
    pub(crate) value: Option<f64>,
}

impl Line<'_> {
    fn is_missed(&self) -> bool {
        self.value.is_some_and(|value| !self.row.holds(value))
    }
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { name, limit, unit, .. } = self.row;
        let value = self.value.map(significant);
        match (value, limit) {
            (Some(value), Some(limit)) => {
                let verdict = if self.is_missed() { "MISSED" } else { "ok" };
                write!(f, "{name} {value} {unit} {limit} {verdict}")
            }
            (Some(value), None) => write!(f, "{name} {value} {unit} - reported"),
            (None, Some(limit)) => {
                write!(f, "nothing measures `{name}` yet (limit {limit} {unit})")
            }
            (None, None) => write!(f, "nothing measures `{name}` yet"),
        }
    }
}

/// The result of a whole budget, which is also the exit code of the command.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Kept = 0,
    Missed = 1,
    NotMeasured = 2,
}

impl Outcome {
    /// A miss is the worst; a limit that nothing measures is not kept either.
    pub(crate) fn of(lines: &[Line<'_>]) -> Self {
        if lines.iter().any(Line::is_missed) {
            Self::Missed
        } else if lines.iter().any(|line| line.value.is_none()) {
            Self::NotMeasured
        } else {
            Self::Kept
        }
    }
}

/// Three significant digits, or all digits before the point.
fn significant(value: f64) -> String {
    let digits_before = if value.abs() < 1.0 { 1.0 } else { value.abs().log10().floor() + 1.0 };
    let decimals = (1..=3).rev().find(|&n| digits_before + f64::from(n) <= 3.0).unwrap_or(0);
    format!("{value:.decimals$}", decimals = decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::limits::Better;

    fn row(better: Better) -> Row {
        Row {
            name: "span".to_owned(),
            limit: Some(1.1),
            unit: "x_limit".to_owned(),
            better,
            measure: None,
            what: String::new(),
            seen: None,
        }
    }

    #[test]
    fn a_line_has_five_words() {
        let row = row(Better::Lower);
        let line = |value| Line { row: &row, value }.to_string();
        assert_eq!(line(Some(1.0432)), "span 1.04 x_limit 1.1 ok");
        assert_eq!(line(Some(12.345)), "span 12.3 x_limit 1.1 MISSED");
        assert_eq!(line(None), "nothing measures `span` yet (limit 1.1 x_limit)");
    }

    #[test]
    fn what_has_no_limit_is_reported_and_never_missed() {
        let row = Row { limit: None, ..row(Better::Lower) };
        let line = Line { row: &row, value: Some(1e9) };
        assert_eq!(line.to_string(), "span 1000000000 x_limit - reported");
        assert_eq!(Outcome::of(&[line]), Outcome::Kept);
    }

    #[test]
    fn a_miss_is_worse_than_a_gap() {
        let row = row(Better::Higher);
        let outcome = |values: &[Option<f64>]| {
            let lines: Vec<_> = values.iter().map(|&value| Line { row: &row, value }).collect();
            Outcome::of(&lines)
        };
        assert_eq!(outcome(&[Some(2.0), Some(1.1)]), Outcome::Kept);
        assert_eq!(outcome(&[Some(2.0), None]), Outcome::NotMeasured);
        assert_eq!(outcome(&[Some(1.0), None, Some(2.0)]), Outcome::Missed);
    }

    #[test]
    fn values_keep_three_digits() {
        let shown: Vec<_> = [0.5, 1.0, 19.96, 372.4, 9000.4].into_iter().map(significant).collect();
        assert_eq!(shown, ["0.50", "1.00", "20.0", "372", "9000"]);
    }
}
