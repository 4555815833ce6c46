//! What clients have sent, and what they were told.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Mutex, MutexGuard};

use uuid::Uuid;

use super::blocks::Parents;

/// What clients have sent, and what they were told.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<State>);

#[derive(Debug, Clone, Default)]
pub(super) struct State {
    /// Blocks that a server may have seen.
    pub(super) sent: HashMap<Uuid, Parents>,
    /// Blocks that were answered with 200.
    pub(super) answered: HashSet<Uuid>,
    pub(super) processes: HashSet<Uuid>,
    pub(super) streams: HashMap<Uuid, Parents>,
    counts: Counts,
}

/// How attempts ended.
#[derive(Debug, Clone, Default)]
struct Counts {
    later: usize,
    unanswered: usize,
    abandoned: usize,
    repeated: usize,
}

/// How one attempt ended that was not a success.
#[derive(Debug, Clone, Copy)]
pub(super) enum Miss {
    /// With 429 or 503.
    Later,
    /// Without an answer.
    Unanswered,
    /// The client has given the document up.
    Abandoned,
    /// It was answered, and sent again nevertheless.
    Repeated,
}

impl Told {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    pub(super) fn count(&self, miss: Miss) {
        let counts = &mut self.state().counts;
        *match miss {
            Miss::Later => &mut counts.later,
            Miss::Unanswered => &mut counts.unanswered,
            Miss::Abandoned => &mut counts.abandoned,
            Miss::Repeated => &mut counts.repeated,
        } += 1;
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let Counts { later, unanswered, abandoned, repeated } = state.counts;
        write!(
            f,
            "{} blocks of {} processes answered, {} sent, {later} answers \"later\", {unanswered} \
             attempts without an answer, {abandoned} given up, {repeated} sent again",
            state.answered.len(),
            state.processes.len(),
            state.sent.len(),
        )
    }
}
