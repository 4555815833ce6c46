//! The limits: `benches/budget.toml`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::Workspace;

const PATH: &str = "benches/budget.toml";

/// All budgets by name.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct Budgets(pub(crate) BTreeMap<String, Budget>);

/// Limits that are checked together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Budget {
    /// What the budget is about.
    pub(crate) about: String,
    /// The limits.
    #[serde(rename = "row")]
    pub(crate) rows: Vec<Row>,
}

/// One limit.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Row {
    /// Without spaces, unique in the file.
    pub(crate) name: String,
    /// The worst value that is within the budget; absent where a value is only reported.
    pub(crate) limit: Option<f64>,
    /// Without spaces.
    pub(crate) unit: String,
    /// On which side of the limit values are within the budget.
    pub(crate) better: Better,
    /// How the value is made of criterion's estimates; absent while nothing measures it.
    pub(crate) measure: Option<Measure>,
    /// What exactly is measured, and what is left out.
    pub(crate) what: String,
    /// What was seen elsewhere on the same machine.
    pub(crate) seen: Option<String>,
}

/// The direction of improvement.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Lower,
    Higher,
}

/// How a value is made. Each name is a bench's path below criterion's folder, or that of a value
/// that a bench leaves there; its first part is the bench target that writes it.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Measure {
    /// The time of one iteration, as a multiple of another's.
    TimeRatio { time: String, over: String },
    /// The time of one iteration in nanoseconds.
    Time { time: String },
    /// The speed as a multiple of another's, where both do the same work in one iteration.
    SpeedRatio { speed: String, over: String },
    /// Millions of elements a second, of which the bench says how many an iteration has.
    Rate { rate: String },
    /// What the bench itself has computed: a size.
    Value { value: String },
}

impl Measure {
    /// The benches whose estimates are needed.
    pub(crate) fn benches(&self) -> Vec<&str> {
        match self {
            Self::TimeRatio { time, over } => vec![time, over],
            Self::Time { time } => vec![time],
            Self::Rate { rate } => vec![rate],
            Self::Value { value } => vec![value],
            Self::SpeedRatio { speed, over } => vec![speed, over],
        }
    }

    /// The bench targets that write those estimates.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &str> {
        self.benches().into_iter().filter_map(|bench| bench.split('/').next())
    }
}

impl Row {
    /// Whether a value is within the limit.
    pub(crate) fn holds(&self, value: f64) -> bool {
        self.limit.is_none_or(|limit| match self.better {
            Better::Lower => value <= limit,
            Better::Higher => value >= limit,
        })
    }
}

impl Budgets {
    /// Reads the limits of the checkout.
    pub(crate) fn load(workspace: &Workspace) -> Result<Self> {
        let text = fs::read_to_string(workspace.root().join(PATH));
        Self::parse(&text.with_context(|| format!("cannot read {PATH}"))?)
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).with_context(|| format!("cannot read {PATH}"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn own() -> Budgets {
        Budgets::parse(include_str!("../../../benches/budget.toml")).unwrap()
    }

    #[test]
    fn names_are_unique_and_fit_the_output_format() {
        let budgets = own();
        let mut names = BTreeSet::new();
        for row in budgets.0.values().flat_map(|budget| &budget.rows) {
            assert!(names.insert(&row.name), "{} is there twice", row.name);
            for text in [&row.name, &row.unit] {
                assert!(!text.is_empty() && !text.contains(char::is_whitespace), "{text:?}");
            }
            assert!(row.limit.is_none_or(|limit| limit > 0.0), "{}", row.name);
            assert!(row.limit.is_some() || row.measure.is_some(), "{} says nothing", row.name);
        }
    }

    #[test]
    fn every_measured_row_names_a_bench_target_that_exists() {
        let manifests = [
            include_str!("../../../benches/Cargo.toml"),
            include_str!("../../../examples/Cargo.toml"),
            include_str!("../../../micromegas-ingestion/Cargo.toml"),
            include_str!("../../../micromegas-lakehouse/Cargo.toml"),
        ]
        .map(|manifest| manifest.parse::<toml::Table>().unwrap());
        let targets = manifests.iter().flat_map(|manifest| manifest["bench"].as_array().unwrap());
        let targets: BTreeSet<_> = targets.filter_map(|target| target["name"].as_str()).collect();
        let budgets = own();
        let rows = budgets.0.values().flat_map(|budget| &budget.rows);
        for target in rows.filter_map(|row| row.measure.as_ref()).flat_map(Measure::targets) {
            let apart = [crate::cpp::BENCH, crate::budget::peers::BENCH];
            let is_there = apart.contains(&target) || targets.contains(target);
            assert!(is_there, "no bench target `{target}`");
        }
    }

    #[test]
    fn a_misspelt_measure_is_an_error() {
        let row = "name = 'a'\nlimit = 1\nunit = 'ns'\nbetter = 'lower'\nwhat = 'a'\n";
        let budget = |measure: &str| {
            Budgets::parse(&format!("[b]\nabout = 'b'\n[[b.row]]\n{row}measure = {measure}"))
        };
        assert!(budget("{ time = 'b/a' }").is_ok());
        assert!(budget("{ tyme = 'b/a' }").is_err());
    }

    #[test]
    fn the_limit_itself_is_within_the_budget() {
        let row = |better| Row {
            name: "a".to_owned(),
            limit: Some(2.0),
            unit: "ns".to_owned(),
            better,
            measure: None,
            what: String::new(),
            seen: None,
        };
        assert!(row(Better::Lower).holds(2.0) && !row(Better::Lower).holds(2.1));
        assert!(row(Better::Higher).holds(2.0) && !row(Better::Higher).holds(1.9));
    }
}
