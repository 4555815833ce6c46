//! Settings by the names of environment variables.

use crate::config::Config;
use std::time::Duration;
use uuid::Uuid;

/// The process that started this one, by its identity in telemetry.
pub(super) const PARENT_PROCESS: &str = "MICROMEGAS_TELEMETRY_PARENT_PROCESS";
/// Properties of the process: `name=value,name=value`.
const PROCESS_PROPERTIES: &str = "MICROMEGAS_PROCESS_PROPERTIES";
/// How long events wait, in seconds.
const FLUSH_PERIOD: &str = "MICROMEGAS_FLUSH_PERIOD";

/// A variable whose value says nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} is `{value}`: expected {expected}")]
pub struct EnvironmentError {
    /// The variable.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// What it can be.
    pub expected: &'static str,
}

impl Config {
    /// Takes settings from the variables that published programs know, too; `look_up` gives their
    /// values, because only a host reads its environment. What was set before by name stays where a
    /// variable is absent; of properties, what was set before wins.
    ///
    /// | variable | |
    /// |---|---|
    /// | `MICROMEGAS_TELEMETRY_PARENT_PROCESS` | the process that started this one, as [`pass_process_id`](crate::pass_process_id) tells it |
    /// | `MICROMEGAS_PROCESS_PROPERTIES` | `name=value,name=value` |
    /// | `MICROMEGAS_FLUSH_PERIOD` | seconds |
    ///
    /// ```
    /// use micromegas_tracing::Config;
    ///
    /// let config = Config::default()
    ///     .with_process_property("version", env!("CARGO_PKG_VERSION"))
    ///     .with_environment(|name| std::env::var(name).ok())?;
    /// # Ok::<(), micromegas_tracing::EnvironmentError>(())
    /// ```
    ///
    /// # Errors
    /// If a value cannot be read. A parent that cannot be read is none.
    pub fn with_environment(
        mut self,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, EnvironmentError> {
        let error = |name, value: &str, expected| {
            Err(EnvironmentError { name, value: value.to_owned(), expected })
        };
        if let Some(parent) = look_up(PARENT_PROCESS) {
            self.parent_process_id = Uuid::parse_str(&parent).ok();
        }
        if let Some(text) = look_up(PROCESS_PROPERTIES) {
            for pair in text.split(',').filter(|pair| !pair.trim().is_empty()) {
                let Some((name, value)) = pair.split_once('=') else {
                    return error(PROCESS_PROPERTIES, &text, "`name=value,name=value`");
                };
                let properties = &mut self.process_properties;
                properties.entry(name.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
            }
        }
        if let Some(text) = look_up(FLUSH_PERIOD) {
            let seconds = text.trim().parse().ok();
            let Some(period) =
                seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            else {
                return error(FLUSH_PERIOD, &text, "a number of seconds");
            };
            self = self.with_flush_period(period);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Config, EnvironmentError> {
        let config = Config::default().with_process_property("version", "1");
        config.with_environment(|name| {
            let own = variables.iter().find(|(own, _)| *own == name);
            own.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_are_read_and_what_was_set_before_wins() {
        let id = Uuid::from_u128(7);
        let config = read(&[
            (PARENT_PROCESS, &id.to_string()),
            (PROCESS_PROPERTIES, "version=2, region = eu ,"),
            (FLUSH_PERIOD, "2.5"),
        ])
        .expect("values that can be read");
        assert_eq!(config.parent_process_id, Some(id));
        assert_eq!(config.process_properties["version"], "1");
        assert_eq!(config.process_properties["region"], "eu");
        assert_eq!(config.span_period, Duration::from_millis(2500));
        assert_eq!(read(&[]).expect("nothing").log_period, Config::default().log_period);
    }

    #[test]
    fn values_that_say_nothing_are_refused_and_named() {
        let error = read(&[(FLUSH_PERIOD, "soon")]).expect_err("no number");
        assert_eq!(
            error.to_string(),
            "MICROMEGAS_FLUSH_PERIOD is `soon`: expected a number of seconds"
        );
        assert!(read(&[(FLUSH_PERIOD, "-1")]).is_err());
        assert!(read(&[(PROCESS_PROPERTIES, "version")]).is_err());
        let orphan = read(&[(PARENT_PROCESS, "nobody")]).expect("no parent is none");
        assert_eq!(orphan.parent_process_id, None);
    }
}
