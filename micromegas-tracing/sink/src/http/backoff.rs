//! How long to wait before the next attempt.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::Duration;

/// A server that asks for more patience than this is asked again anyway.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(5 * 60);

/// Waits that double with each failure, each shortened at random by up to a half, so that clients
/// that failed together do not come back together.
#[derive(Debug)]
pub(super) struct Backoff {
    least: Duration,
    greatest: Duration,
    failures: u32,
    random: u64,
}

impl Backoff {
    pub(super) fn new(least: Duration, greatest: Duration) -> Self {
        // The standard library seeds each of these differently.
        let random = RandomState::new().build_hasher().finish() | 1;
        Self { least, greatest, failures: 0, random }
    }

    /// An attempt succeeded.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }

    /// An attempt failed: how long to wait, at least as long as the server asked for.
    pub(super) fn next_wait(&mut self, retry_after: Option<Duration>) -> Duration {
        let doubled = self.least.saturating_mul(1 << self.failures.min(20)).min(self.greatest);
        self.failures = self.failures.saturating_add(1);
        let wait = doubled - doubled.mul_f64(self.random_fraction() / 2.0);
        wait.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX))
    }

    /// A number from 0 to 1 (xorshift64).
    fn random_fraction(&mut self) -> f64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MILLISECOND: Duration = Duration::from_millis(1);

    #[test]
    fn waits_double_up_to_the_greatest_and_start_again_after_a_success() {
        let mut backoff = Backoff::new(100 * MILLISECOND, 1000 * MILLISECOND);
        for doubled in [100, 200, 400, 800, 1000, 1000] {
            let wait = backoff.next_wait(None);
            assert!((doubled / 2 * MILLISECOND..=doubled * MILLISECOND).contains(&wait));
        }
        backoff.reset();
        assert!(backoff.next_wait(None) <= 100 * MILLISECOND);
    }

    #[test]
    fn the_server_may_ask_for_more_patience_within_reason() {
        let mut backoff = Backoff::new(MILLISECOND, MILLISECOND);
        assert_eq!(backoff.next_wait(Some(7 * MILLISECOND)), 7 * MILLISECOND);
        assert_eq!(backoff.next_wait(Some(Duration::from_secs(86400))), RETRY_AFTER_MAX);
    }
}
