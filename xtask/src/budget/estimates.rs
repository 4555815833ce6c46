//! Values made of the estimates that criterion leaves behind.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::budget::limits::Measure;

/// Criterion's folder of results.
pub(crate) struct Estimates {
    folder: PathBuf,
}

#[derive(Deserialize)]
struct EstimatesFile {
    median: Statistic,
}

#[derive(Deserialize)]
struct BenchmarkFile {
    throughput: Throughput,
}

#[derive(Deserialize)]
struct Throughput {
    #[serde(rename = "Elements")]
    elements: f64,
}

#[derive(Deserialize)]
struct Statistic {
    point_estimate: f64,
}

impl Estimates {
    /// Reads from this folder.
    pub(crate) fn in_folder(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The value of a measure.
    ///
    /// Benches that are compared run in rounds, one after the other within each round. A ratio is
    /// made within a round, where both saw the same machine; the value is the median over rounds.
    pub(crate) fn value(&self, measure: &Measure) -> Result<f64> {
        match measure {
            Measure::Time { time } => Ok(median(self.rounds(time)?.into_values().collect())),
            Measure::Rate { rate } => {
                let time_ns = median(self.rounds(rate)?.into_values().collect());
                Ok(self.elements(rate)? * 1e3 / time_ns)
            }
            Measure::Value { value } => {
                let path = self.folder.join(value).join("value");
                let text = fs::read_to_string(&path);
                let text = text.with_context(|| format!("the bench left no value `{value}`"))?;
                text.trim().parse().with_context(|| format!("cannot read {}", path.display()))
            }
            Measure::TimeRatio { time, over } => self.ratio(time, over),
            Measure::SpeedRatio { speed, over } => self.ratio(over, speed),
        }
    }

    fn ratio(&self, numerator: &str, denominator: &str) -> Result<f64> {
        let denominators = self.rounds(denominator)?;
        let ratios: Vec<_> = self
            .rounds(numerator)?
            .into_iter()
            .filter_map(|(round, time)| Some(time / denominators.get(&round)?))
            .collect();
        if ratios.is_empty() {
            bail!("`{numerator}` and `{denominator}` share no round");
        }
        Ok(median(ratios))
    }

    /// How many elements an iteration of the bench works on.
    fn elements(&self, bench: &str) -> Result<f64> {
        for entry in fs::read_dir(self.folder.join(bench))? {
            let path = entry?.path().join("new").join("benchmark.json");
            if path.is_file() {
                let read =
                    || -> Result<BenchmarkFile> { Ok(serde_json::from_slice(&fs::read(&path)?)?) };
                let file = read().with_context(|| format!("cannot read {}", path.display()))?;
                return Ok(file.throughput.elements);
            }
        }
        bail!("the bench `{bench}` does not say how many elements it works on");
    }

    /// The names of the folders in a folder of results; none if it is not there.
    pub(crate) fn names(&self, folder: &str) -> Result<Vec<String>> {
        let folder = self.folder.join(folder);
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        fs::read_dir(folder)?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect()
    }

    /// The median time of an iteration in each round, in nanoseconds.
    fn rounds(&self, bench: &str) -> Result<BTreeMap<String, f64>> {
        let folder = self.folder.join(bench);
        let entries = fs::read_dir(&folder)
            .with_context(|| format!("the bench left no estimate for `{bench}`"))?;
        let mut rounds = BTreeMap::new();
        for entry in entries {
            let entry = entry?;
            if let Some(time) = median_time(&entry.path())? {
                rounds.insert(entry.file_name().to_string_lossy().into_owned(), time);
            }
        }
        if rounds.is_empty() {
            bail!("the bench left no estimate for `{bench}`");
        }
        Ok(rounds)
    }
}

/// The estimate in the folder of one round; folders of reports have none.
fn median_time(round: &Path) -> Result<Option<f64>> {
    let path = round.join("new").join("estimates.json");
    if !path.is_file() {
        return Ok(None);
    }
    let read = || -> Result<EstimatesFile> { Ok(serde_json::from_slice(&fs::read(&path)?)?) };
    let file = read().with_context(|| format!("cannot read {}", path.display()))?;
    Ok(Some(file.median.point_estimate))
}

/// The middle value, or the mean of the two in the middle. `values` is not empty.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        values[middle]
    } else {
        f64::midpoint(values[middle - 1], values[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as criterion leaves it: one subfolder per bench and round.
    fn results(estimates: &[(&str, f64)]) -> (tempfile::TempDir, Estimates) {
        let folder = tempfile::tempdir().unwrap();
        for (bench, time) in estimates {
            let new = folder.path().join(bench).join("new");
            fs::create_dir_all(&new).unwrap();
            let file = format!(r#"{{"mean":{{}},"median":{{"point_estimate":{time}}}}}"#);
            fs::write(new.join("estimates.json"), file).unwrap();
        }
        let estimates = Estimates::in_folder(folder.path());
        (folder, estimates)
    }

    #[test]
    fn ratios_are_made_within_rounds() {
        let (_folder, estimates) = results(&[
            ("recording/span/1", 20.0),
            ("recording/limit/1", 10.0),
            ("recording/span/2", 90.0),
            ("recording/limit/2", 30.0),
            ("recording/span/3", 22.0),
            ("recording/limit/3", 10.0),
            ("recording/span/4", 1.0),
        ]);
        let [span, limit] = ["recording/span", "recording/limit"].map(str::to_owned);
        let time = Measure::TimeRatio { time: span.clone(), over: limit.clone() };
        assert!((estimates.value(&time).unwrap() - 2.2).abs() < 1e-9);
        let speed = Measure::SpeedRatio { speed: limit, over: span };
        assert!((estimates.value(&speed).unwrap() - 2.2).abs() < 1e-9);
    }

    #[test]
    fn a_time_is_the_median_of_its_rounds() {
        let (_folder, estimates) = results(&[("recording/log/1", 50.0), ("recording/log/2", 70.0)]);
        let time = Measure::Time { time: "recording/log".to_owned() };
        assert!((estimates.value(&time).unwrap() - 60.0).abs() < 1e-9);
    }

    #[test]
    fn a_rate_is_made_of_elements_and_time() {
        let (folder, estimates) = results(&[("planar/encode/1", 50.0), ("planar/encode/2", 50.0)]);
        let rate = Measure::Rate { rate: "planar/encode".to_owned() };
        assert!(estimates.value(&rate).is_err());
        let file = folder.path().join("planar/encode/2/new/benchmark.json");
        fs::write(file, r#"{"throughput":{"Elements":2000},"title":"planar/encode/2"}"#).unwrap();
        // 2,000 elements in 50 ns.
        assert!((estimates.value(&rate).unwrap() - 40_000.0).abs() < 1e-9);
    }

    #[test]
    fn a_value_is_taken_as_it_was_left() {
        let (folder, estimates) = results(&[]);
        let value = Measure::Value { value: "planar/size".to_owned() };
        let error = estimates.value(&value).unwrap_err();
        assert_eq!(error.to_string(), "the bench left no value `planar/size`");
        fs::create_dir_all(folder.path().join("planar/size")).unwrap();
        fs::write(folder.path().join("planar/size/value"), "1.25\n").unwrap();
        assert!((estimates.value(&value).unwrap() - 1.25).abs() < 1e-9);
    }

    #[test]
    fn a_bench_that_left_nothing_is_an_error() {
        let (_folder, estimates) = results(&[("recording/log/report", 1.0)]);
        let time = Measure::Time { time: "recording/span".to_owned() };
        let error = estimates.value(&time).unwrap_err();
        assert_eq!(error.to_string(), "the bench left no estimate for `recording/span`");
    }
}
