//! How long, and with which seed.

use std::time::Duration;

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) seed: u64,
    pub(super) time: Duration,
}

impl Settings {
    /// What `cargo xtask torture ingest` says, or what is right for a short run among other tests.
    pub(super) fn of_this_process() -> Self {
        let seed = number("MICROMEGAS_TORTURE_SEED").unwrap_or(1);
        let seconds = number("MICROMEGAS_TORTURE_SECONDS").unwrap_or(6);
        Self { seed, time: Duration::from_secs(seconds) }
    }
}

fn number(name: &str) -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "the way from a command to a test")]
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}
