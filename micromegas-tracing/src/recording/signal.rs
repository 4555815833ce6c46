//! Code that must not record: the handler of a signal may have interrupted a record half written.
#![expect(unsafe_code, reason = "the cursors of the interrupted code are put back")]

use crate::buffer::Kind;
use crate::buffer::published::Buffer;
use crate::recording::hot::{self, Cursors};
use crate::stats;

/// Runs the handler of a signal: what it records on this thread is refused, and counted as dropped.
///
/// Neither locks nor allocates, so it may be called whatever the signal interrupted. Without it, a
/// handler must not record.
///
/// ```
/// extern "C" fn on_user_signal(_: i32) {
///     micromegas_tracing::in_signal_handler(|| {
///         micromegas_tracing::prelude::info!("refused");
///     });
/// }
/// # on_user_signal(0);
/// ```
pub fn in_signal_handler<R>(handle: impl FnOnce() -> R) -> R {
    hot::with_cursors(|cursors| {
        let _interrupted = Interrupted::enter(cursors);
        handle()
    })
}

/// Whether the calling thread records a log entry or properties inside a handler; that is counted.
pub(crate) fn refuses(kind: Kind) -> bool {
    let is_refused = hot::with_cursors(|cursors| cursors.is_refusing.get());
    if is_refused {
        stats::count_dropped(kind, 0);
    }
    is_refused
}

/// What the signal interrupted.
struct Interrupted<'a> {
    cursors: &'a Cursors,
    buffers: [*const Buffer; Kind::COUNT],
    was_refusing: bool,
    was_in_section: bool,
}

impl<'a> Interrupted<'a> {
    fn enter(cursors: &'a Cursors) -> Self {
        Self {
            cursors,
            was_refusing: cursors.is_refusing.replace(true),
            // Log entries take the path on which they are refused.
            was_in_section: cursors.is_in_section.replace(true),
            buffers: Kind::ALL.map(|kind| cursors.take_current(kind)),
        }
    }
}

impl Drop for Interrupted<'_> {
    fn drop(&mut self) {
        for (kind, buffer) in Kind::ALL.into_iter().zip(self.buffers) {
            // SAFETY: the buffer stood there before, and no buffer was renewed since: that is
            // refused while `is_refusing` is set.
            unsafe { self.cursors.set_current(kind, buffer) };
        }
        self.cursors.is_in_section.set(self.was_in_section);
        self.cursors.is_refusing.set(self.was_refusing);
    }
}
