//! Whether a connection is used.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// The requests of one connection.
#[derive(Debug)]
pub(super) struct Activity(Mutex<State>);

#[derive(Debug, Clone, Copy)]
struct State {
    /// Requests whose heads have come and that have no answer.
    underway: usize,
    /// When the connection was made or the last answer given.
    idle_since: Instant,
}

/// A request under way, until this is dropped.
#[derive(Debug)]
pub(super) struct Underway(Arc<Activity>);

impl Activity {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { underway: 0, idle_since: Instant::now() })))
    }

    /// Notes a request.
    pub(super) fn begin(self: &Arc<Self>) -> Underway {
        self.state().underway += 1;
        Underway(Arc::clone(self))
    }

    /// Ends when nothing has been under way for so long.
    pub(super) async fn idle_for(&self, time: Duration) {
        loop {
            let State { underway, idle_since } = *self.state();
            let now = Instant::now();
            let earliest = if underway == 0 { idle_since + time } else { now + time };
            if earliest <= now {
                return;
            }
            sleep_until(earliest).await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.underway -= 1;
        state.idle_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_is_idle_only_while_it_owes_no_answer() {
        let time = Duration::from_millis(50);
        let start = Instant::now();
        let activity = Activity::new();
        let request = activity.begin();
        let ended = tokio::spawn(async move {
            tokio::time::sleep(5 * time).await;
            drop(request);
        });
        activity.idle_for(time).await;
        ended.await.unwrap();
        let passed = start.elapsed();
        assert!(passed >= 6 * time, "{passed:?}");
    }
}
