//! Which settings are in force, and until when.

use crate::control::process::Controlled;
use crate::control::settings::ControlSettings;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Settings of the server, for as long as they live. The time is counted here, so they end also
/// when the server does not answer any more.
pub(crate) struct Control {
    controlled: Arc<dyn Controlled>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    active: Option<(ControlSettings, Instant)>,
    has_ended: bool,
}

impl Control {
    pub(crate) fn new(controlled: Arc<dyn Controlled>) -> Self {
        Self { controlled, state: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts settings in force that have just arrived, instead of those before. A document that is
    /// none changes nothing.
    pub(crate) fn receive(&self, document: &[u8]) {
        let Ok(settings) = ControlSettings::from_json(document) else { return };
        let time_to_live = settings.time_to_live();
        let mut state = self.lock();
        if state.has_ended {
            return;
        }
        if time_to_live.is_zero() {
            self.restore(&mut state);
            return;
        }
        let is_known = state.active.as_ref().is_some_and(|(active, _)| {
            ControlSettings { ttl_seconds: settings.ttl_seconds, ..active.clone() } == settings
        });
        if !is_known {
            self.controlled.apply(&settings);
        }
        state.active = Some((settings, Instant::now() + time_to_live));
    }

    /// When the settings in force end.
    pub(crate) fn expires_at(&self) -> Option<Instant> {
        self.lock().active.as_ref().map(|(_, expires_at)| *expires_at)
    }

    /// Ends the settings in force if it is time.
    pub(crate) fn expire(&self) {
        let mut state = self.lock();
        if state.active.as_ref().is_some_and(|(_, expires_at)| *expires_at <= Instant::now()) {
            self.restore(&mut state);
        }
    }

    /// Ends the settings in force, and takes no more.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.has_ended = true;
        // Recording ends as well: what it was to be makes no difference any more.
        state.active = None;
    }

    fn restore(&self, state: &mut State) {
        if state.active.take().is_some() {
            self.controlled.restore();
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("state", &self.state).finish_non_exhaustive()
    }
}
