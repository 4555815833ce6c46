//! Putting settings in force in this process.

use crate::control::settings::{ControlSettings, Sampling};
use crate::sampling::SamplingSwitch;
use micromegas_tracing::{LevelFilter, max_level, set_max_level};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

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
#[derive(Default)]
pub struct ProcessSettings {
    sampling: Option<Arc<SamplingSwitch>>,
    /// What the host had set before settings came.
    before: Mutex<Option<LevelFilter>>,
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
}

impl Controlled for ProcessSettings {
    fn apply(&self, settings: &ControlSettings) {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let before = *before.get_or_insert_with(max_level);
        let level = settings.level.as_deref().and_then(|level| level.parse().ok());
        set_max_level(level.unwrap_or(before));
        if let Some(sampling) = &self.sampling {
            sampling.set(settings.sampling.unwrap_or(Sampling::Host));
        }
    }

    fn restore(&self) {
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = before.take() {
            set_max_level(before);
        }
        if let Some(sampling) = &self.sampling {
            sampling.set(Sampling::Host);
        }
    }
}

impl fmt::Debug for ProcessSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessSettings").field("before", &self.before).finish_non_exhaustive()
    }
}
