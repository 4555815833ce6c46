//! What a span costs with other libraries: a workspace of its own, and the table of all of them.

use std::fmt;
use std::path::Path;

use anyhow::Result;

use crate::budget::estimates::Estimates;
use crate::budget::limits::{Budget, Measure};
use crate::command;
use crate::workspace::Workspace;

/// The name of the bench among those of `benches/budget.toml`.
pub(crate) const BENCH: &str = "peers";

/// The features of the two programs: everything compiled out that can be, and all of it recording.
const BUILDS: [&[&str]; 2] =
    [&["--no-default-features", "--features", "compiled-out"], &["--features", "recording"]];

/// What each library is measured in, and how that is called in the table.
const STATES: [(&str, &str); 5] = [
    ("compiled_out", "compiled out"),
    ("not_started", "not started"),
    ("filtered", "filtered"),
    ("recording", "recording"),
    ("beside_a_second", "beside a second"),
];

/// The least that a span can cost.
const LIMIT: &str = "limit";

/// Runs both programs, which leave their times in a folder of the bench's name in `results`.
pub(crate) fn bench(workspace: &Workspace, results: &Path) -> Result<()> {
    for features in BUILDS {
        let manifest = ["run", "--release", "--locked", "--manifest-path", "peers/Cargo.toml"];
        let mut cargo = workspace.cargo(manifest);
        cargo.env("CARGO_TARGET_DIR", workspace.target().join("peers"));
        command::run(cargo.args(features).arg("--").arg(results.join(BENCH)))?;
    }
    Ok(())
}

/// All libraries in all states, those first that record for the least.
pub(crate) struct Table {
    rows: Vec<(String, [Option<Cell>; STATES.len()])>,
}

/// Nanoseconds for begin and end, and the multiple of the limit in the same state.
#[derive(Clone, Copy)]
struct Cell {
    time: f64,
    ratio: Option<f64>,
}

impl Table {
    /// The table of what the bench left, if the budget asks for it.
    pub(crate) fn read(estimates: &Estimates, budget: &Budget) -> Result<Option<Self>> {
        let mut measures = budget.rows.iter().filter_map(|row| row.measure.as_ref());
        if !measures.any(|measure| measure.targets().any(|target| target == BENCH)) {
            return Ok(None);
        }
        let mut rows = Vec::new();
        for name in estimates.names(BENCH)? {
            let mut cells = [None; STATES.len()];
            let measured = estimates.names(&format!("{BENCH}/{name}"))?;
            for ((state, _), cell) in STATES.iter().zip(&mut cells) {
                if measured.iter().any(|own| own == state) {
                    *cell = Some(Cell::read(estimates, &name, state)?);
                }
            }
            rows.push((name, cells));
        }
        let recording = |cells: &[Option<Cell>]| cells[3].map_or(f64::MAX, |cell| cell.time);
        rows.sort_by(|(_, a), (_, b)| recording(a).total_cmp(&recording(b)));
        Ok(Some(Self { rows }))
    }
}

impl Cell {
    fn read(estimates: &Estimates, name: &str, state: &str) -> Result<Self> {
        let time = format!("{BENCH}/{name}/{state}");
        let over = format!("{BENCH}/{LIMIT}/{state}");
        let has_limit = estimates.names(&format!("{BENCH}/{LIMIT}"))?.iter().any(|it| it == state);
        let ratio = Measure::TimeRatio { time: time.clone(), over };
        let ratio = has_limit.then(|| estimates.value(&ratio)).transpose()?;
        Ok(Self { time: estimates.value(&Measure::Time { time })?, ratio })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<24}", "span, ns (x_limit)")?;
        STATES.iter().try_for_each(|(_, title)| write!(f, "{title:>17}"))?;
        for (name, cells) in &self.rows {
            write!(f, "\n{name:<24}")?;
            for cell in cells {
                let text = match cell {
                    Some(Cell { time, ratio: Some(ratio) }) => format!("{time:.1} ({ratio:.2})"),
                    Some(Cell { time, ratio: None }) => format!("{time:.1}"),
                    None => "-".to_owned(),
                };
                write!(f, "{text:>17}")?;
            }
        }
        writeln!(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::limits::Budgets;

    fn budget(measure: &str) -> Budget {
        let row = "name = 'a'\nlimit = 1\nunit = 'ns'\nbetter = 'lower'\nwhat = 'a'\n";
        let text = format!("[b]\nabout = 'b'\n[[b.row]]\n{row}measure = {{ time = '{measure}' }}");
        let mut budgets: Budgets = toml::from_str(&text).unwrap();
        budgets.0.remove("b").unwrap()
    }

    #[test]
    fn the_cheapest_comes_first_and_what_was_not_measured_is_a_dash() {
        let folder = tempfile::tempdir().unwrap();
        let note = |name: &str, state: &str, times: &[f64]| {
            for (round, time) in times.iter().enumerate() {
                let new = folder.path().join(format!("peers/{name}/{state}/{round}/new"));
                std::fs::create_dir_all(&new).unwrap();
                let text = format!(r#"{{"median":{{"point_estimate":{time}}}}}"#);
                std::fs::write(new.join("estimates.json"), text).unwrap();
            }
        };
        note("ours", "recording", &[22.0, 90.0, 18.0]);
        note("ours", "filtered", &[1.0]);
        note("limit", "recording", &[20.0, 30.0, 18.0]);
        let estimates = Estimates::in_folder(folder.path());
        let table = Table::read(&estimates, &budget("peers/ours/recording")).unwrap().unwrap();
        let text = table.to_string();
        let lines: Vec<Vec<_>> =
            text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["limit", "-", "-", "-", "20.0", "(1.00)", "-"]);
        assert_eq!(lines[2], ["ours", "-", "-", "1.0", "22.0", "(1.10)", "-"]);
        assert!(Table::read(&estimates, &budget("planar/size")).unwrap().is_none());
    }
}
