//! What is known about the server, for the flusher.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whose server it is, by its latest answer.
#[derive(Debug, Default)]
pub(super) struct Server {
    is_other: AtomicBool,
}

impl Server {
    /// Takes note of an answer.
    pub(super) fn note(&self, is_ours: bool) {
        self.is_other.store(!is_ours, Ordering::Relaxed);
    }

    /// Whether it has answered, and is none of ours.
    pub(super) fn is_other(&self) -> bool {
        self.is_other.load(Ordering::Relaxed)
    }
}
