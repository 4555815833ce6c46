//! What is to change in a process.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use micromegas_tracing::{LevelFilter, VerbosityFilter};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Settings are in force this long at most; clients would cut a longer time, too.
const TIME_TO_LIVE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The same for settings that turn some target up to `trace`.
const TRACE_TIME_TO_LIVE_MAX: Duration = Duration::from_secs(60 * 60);
/// The longest name of a target, in bytes.
const TARGET_BYTES_MAX: usize = 255;

/// The document of settings. What is absent stays as the process's host has set it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ControlSettings {
    /// How long they are in force.
    pub ttl_seconds: u64,
    /// The least severe level of log entries.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The same for targets of their own, and for those inside them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub target_levels: BTreeMap<String, String>,
    /// The finest verbosity of metrics and spans.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbosity: Option<String>,
    /// The same for targets of their own, and for those inside them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub target_verbosities: BTreeMap<String, String>,
    /// Which blocks of threads are sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
}

/// Which blocks of threads are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sampling {
    /// Every one.
    All,
    /// None.
    None,
    /// Those that the host's own rule keeps.
    Host,
}

impl ControlSettings {
    /// Checks what no process would understand or nobody may ask for.
    pub(super) fn validate(&self) -> Result<(), Error> {
        if *self == (Self { ttl_seconds: self.ttl_seconds, ..Self::default() }) {
            return Err(refused(
                "the settings change nothing; give `level`, `target_levels`, `verbosity`, \
                 `target_verbosities` or `sampling`",
            ));
        }
        let levels = self.level.iter().chain(self.target_levels.values());
        let mut turns_up_to_trace = false;
        for name in levels {
            let level: LevelFilter = known(name, "off, fatal, error, warn, info, debug or trace")?;
            turns_up_to_trace |= level == LevelFilter::Trace;
        }
        for name in self.verbosity.iter().chain(self.target_verbosities.values()) {
            known::<VerbosityFilter>(name, "off, low, medium or high")?;
        }
        let targets = self.target_levels.keys().chain(self.target_verbosities.keys());
        for target in targets {
            if target.is_empty() || target.len() > TARGET_BYTES_MAX {
                return Err(refused(&format!(
                    "the name of a target has 1 to {TARGET_BYTES_MAX} bytes"
                )));
            }
        }
        let (limit, of_what) = if turns_up_to_trace {
            (TRACE_TIME_TO_LIVE_MAX, "settings with a level `trace`")
        } else {
            (TIME_TO_LIVE_MAX, "settings")
        };
        if self.ttl_seconds == 0 || self.ttl_seconds > limit.as_secs() {
            let limit = limit.as_secs();
            return Err(refused(&format!("`ttl_seconds` of {of_what} is 1 to {limit}")));
        }
        Ok(())
    }
}

fn known<T: FromStr>(name: &str, names: &str) -> Result<T, Error> {
    name.parse().map_err(|_| refused(&format!("`{name}` is none of {names}")))
}

/// A request that would be refused the next time, too.
pub(super) fn refused(reason: &str) -> Error {
    Error::InvalidInput { reason: reason.to_owned(), source: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Result<(), String> {
        let settings: ControlSettings =
            serde_json::from_str(json).map_err(|error| error.to_string())?;
        settings.validate().map_err(|error| error.to_string())
    }

    #[test]
    fn settings_are_refused_with_the_reason() {
        assert_eq!(check(r#"{"ttl_seconds": 86400, "level": "DEBUG"}"#), Ok(()));
        assert_eq!(check(r#"{"ttl_seconds": 3600, "target_levels": {"a": "trace"}}"#), Ok(()));
        assert_eq!(check(r#"{"ttl_seconds": 1, "sampling": "all", "verbosity": "low"}"#), Ok(()));
        for (json, reason) in [
            (r#"{"ttl_seconds": 60}"#, "change nothing"),
            (r#"{"ttl_seconds": 60, "level": "loud"}"#, "`loud` is none of off, fatal"),
            (r#"{"ttl_seconds": 60, "target_verbosities": {"a": "x"}}"#, "`x` is none of off, low"),
            (r#"{"ttl_seconds": 60, "target_levels": {"": "info"}}"#, "name of a target"),
            (r#"{"level": "info"}"#, "1 to 86400"),
            (r#"{"ttl_seconds": 86401, "level": "debug"}"#, "1 to 86400"),
            (r#"{"ttl_seconds": 3601, "level": "Trace"}"#, "`trace` is 1 to 3600"),
            (r#"{"ttl_seconds": 3601, "target_levels": {"a": "trace"}}"#, "1 to 3600"),
            (r#"{"ttl_seconds": 60, "colour": "red"}"#, "unknown field `colour`"),
            (r#"{"ttl_seconds": 60, "sampling": "some"}"#, "unknown variant `some`"),
        ] {
            let error = check(json).unwrap_err();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
