//! The time in which a thread's log entries are set aside: one of its records is open, or a sink
//! is shown one.

use crate::recording::{append, hot};
use std::marker::PhantomData;

/// While it lives, the thread's further log entries wait; when it is dropped, also by a panic of a
/// `Display`, they are appended.
#[derive(Debug)]
pub(crate) struct Section {
    /// The section belongs to the thread that entered it.
    _of_thread: PhantomData<*const ()>,
}

impl Section {
    /// Whether the calling thread is in a section.
    #[inline]
    pub(crate) fn is_entered() -> bool {
        hot::with_cursors(|cursors| cursors.is_in_section.get())
    }

    /// Enters a section; the caller has made sure that the thread is in none.
    pub(crate) fn enter() -> Self {
        hot::with_cursors(|cursors| cursors.is_in_section.set(true));
        Self { _of_thread: PhantomData }
    }
}

impl Drop for Section {
    fn drop(&mut self) {
        append::append_waiting(self);
        hot::with_cursors(|cursors| cursors.is_in_section.set(false));
    }
}
