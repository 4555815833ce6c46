//! Putting settings in force in this process.

use crate::control::settings::{ControlSettings, Sampling};
use crate::sampling::SamplingSwitch;
use micromegas_tracing::{override_levels, override_verbosities};
use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

/// What a server's settings act on.
///
/// Guarantees of the caller: one call at a time; [`restore`](Self::restore) only after
/// [`apply`](Self::apply).
pub trait Controlled: Send + Sync + 'static {
    /// Puts settings in force, in place of those of an earlier call. What they do not mention is
    /// as the host has set it, and so is what they mention and nobody understands.
    fn apply(&self, settings: &ControlSettings);

    /// Puts in force again what the host has set.
    fn restore(&self);
}

/// Acts on the filters of `micromegas-tracing`, and on sampling if it is given a switch of it.
#[derive(Debug, Default)]
pub struct ProcessSettings {
    sampling: Option<Arc<SamplingSwitch>>,
}

impl ProcessSettings {
    /// Acts on the filters of this process alone.
    pub fn new() -> Self {
        Self::default()
    }

    /// Acts on what this switches, too.
    pub fn with_sampling(mut self, sampling: Arc<SamplingSwitch>) -> Self {
        self.sampling = Some(sampling);
        self
    }

    fn set_sampling(&self, sampling: Sampling) {
        if let Some(switch) = &self.sampling {
            switch.set(sampling);
        }
    }
}

impl Controlled for ProcessSettings {
    fn apply(&self, settings: &ControlSettings) {
        override_levels(one(&settings.level), known(&settings.target_levels));
        override_verbosities(one(&settings.verbosity), known(&settings.target_verbosities));
        self.set_sampling(settings.sampling.unwrap_or(Sampling::Host));
    }

    fn restore(&self) {
        override_levels(None, []);
        override_verbosities(None, []);
        self.set_sampling(Sampling::Host);
    }
}

fn one<T: FromStr>(name: &Option<String>) -> Option<T> {
    name.as_deref().and_then(|name| name.parse().ok())
}

fn known<T: FromStr>(targets: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, T)> {
    targets.iter().filter_map(|(target, name)| Some((target.as_str(), name.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use micromegas_tracing::Level::{Info, Trace};
    use micromegas_tracing::{
        LevelFilter, VerbosityFilter, log_enabled, max_level, max_verbosity, set_max_level,
    };

    #[test]
    fn settings_hold_until_they_are_taken_back() {
        set_max_level(LevelFilter::Info);
        let switch = Arc::new(SamplingSwitch::default());
        let process = ProcessSettings::new().with_sampling(Arc::clone(&switch));
        let settings = ControlSettings {
            level: Some("WARN".to_owned()),
            target_levels: [("net", "trace"), ("app", "loud")]
                .map(|(target, level)| (target.to_owned(), level.to_owned()))
                .into(),
            verbosity: Some("low".to_owned()),
            sampling: Some(Sampling::All),
            ..ControlSettings::default()
        };
        process.apply(&settings);
        assert_eq!((max_level(), max_verbosity()), (LevelFilter::Warn, VerbosityFilter::Low));
        assert!(log_enabled!(target: "net::http", Trace) && !log_enabled!(target: "app", Info));
        assert_eq!(switch.get(), Sampling::All);
        process.restore();
        assert_eq!((max_level(), max_verbosity()), (LevelFilter::Info, VerbosityFilter::High));
        assert!(!log_enabled!(target: "net::http", Trace) && log_enabled!(target: "app", Info));
        assert_eq!(switch.get(), Sampling::Host);
        set_max_level(LevelFilter::Off);
    }
}
