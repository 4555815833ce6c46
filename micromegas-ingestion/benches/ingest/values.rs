//! What was measured, in rounds.

use std::collections::BTreeMap;
use std::path::Path;

use micromegas_benches::leave_value;

/// Values by name, one of each round.
#[derive(Debug, Default)]
pub(crate) struct Values(BTreeMap<String, Vec<f64>>);

impl Values {
    pub(crate) fn note(&mut self, name: &str, value: f64) {
        eprintln!("{name}: {value:.2}");
        self.0.entry(name.to_owned()).or_default().push(value);
    }

    /// Leaves the medians where the command looks for them, if a command asks.
    pub(crate) fn leave(self) {
        let Some(folder) = std::env::var_os("CRITERION_HOME") else { return };
        for (name, mut values) in self.0 {
            values.sort_by(f64::total_cmp);
            let median = values[values.len() / 2];
            let name = format!("ingest/{name}");
            leave_value(Path::new(&folder), &name, median).expect("a folder for values");
        }
    }
}
