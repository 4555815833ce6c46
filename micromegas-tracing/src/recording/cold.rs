//! What happens when an event finds no room: the thread's first event, a full buffer, an exhausted
//! pool, a dispatch that does not run, a thread whose thread-locals are gone.
#![expect(unsafe_code, reason = "the cursor is set to the buffer that the chain has just made")]

use crate::buffer::Kind;
use crate::buffer::published::{Buffer, part_words};
use crate::recording::hot::{self, Cursors};
use crate::recording::late;
use crate::recording::threads::{POOL, RecordingThread};
use crate::{dispatch, flusher, stats};
use std::cell::OnceCell;
use std::sync::Arc;

/// Why an event finds no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Nothing is recorded at present; such events are not counted.
    NotRunning,
    /// The pool is exhausted: the event is lost.
    Exhausted,
    /// Recording was entered from within its own cold path, say by an allocator that records, or in
    /// the handler of a signal: the event is lost.
    Reentered,
    /// The thread's thread-locals are gone: the event goes to the common buffer.
    ThreadEnded,
}

thread_local! {
    /// Touched on the cold path only; its destructor hands the buffers over at the thread's end.
    static OWNER: Owner = const { Owner(OnceCell::new()) };
}

struct Owner(OnceCell<Arc<RecordingThread>>);

impl Drop for Owner {
    fn drop(&mut self) {
        hot::with_cursors(Cursors::let_go);
        if dispatch::has_forked() {
            // A lock of the parent's may have been copied while it was held.
            return;
        }
        if let Some(thread) = self.0.get() {
            thread.leave();
        }
    }
}

/// Records one event that found no room; false if it was not recorded.
#[cold]
#[inline(never)]
pub(crate) fn record<const N: usize>(kind: Kind, words: [u64; N]) -> bool {
    record_parts(kind, &words, &[])
}

/// Records one event of words and bytes that found no room; false if it was not recorded.
#[cold]
#[inline(never)]
pub(crate) fn record_parts(kind: Kind, words: &[u64], parts: &[&[u8]]) -> bool {
    match make_room(kind, size_of_val(words) + part_words(parts) * size_of::<u64>()) {
        Ok(()) => hot::with_cursors(|cursors| {
            // SAFETY: this thread is the only writer of its current buffer and has no record open
            // in it: log entries come here only when none is.
            cursors.with_current(kind, |buffer| unsafe { buffer.append_parts(words, parts) })
        }),
        Err(Refusal::NotRunning) => false,
        Err(Refusal::ThreadEnded) => late::push(kind, words, parts),
        Err(refusal) => {
            count_lost(kind, words[0], refusal);
            false
        }
    }
}

/// Notes an event that was lost for this reason; `head` is its first word.
pub(crate) fn count_lost(kind: Kind, head: u64, refusal: Refusal) {
    let events = stats::count_dropped(kind, head);
    if refusal != Refusal::Exhausted {
        return;
    }
    let _ = OWNER.try_with(|owner| {
        if let Some(thread) = owner.0.get() {
            thread.chain(kind).count_lost(events);
        }
    });
}

/// Sees to it that the current buffer has at least `bytes` of room.
pub(crate) fn make_room(kind: Kind, bytes: usize) -> Result<(), Refusal> {
    renew(kind, |thread| thread.chain(kind).renew(bytes))
}

/// Moves on to a new buffer with at least `bytes` of room; `carry` may write to its first words
/// while the present buffer is still there.
pub(crate) fn move_on(
    kind: Kind,
    bytes: usize,
    carry: impl FnOnce(*mut u64),
) -> Result<(), Refusal> {
    renew(kind, |thread| thread.chain(kind).replace(bytes, carry))
}

fn renew(
    kind: Kind,
    next_buffer: impl FnOnce(&RecordingThread) -> Option<*const Buffer>,
) -> Result<(), Refusal> {
    if !dispatch::is_running() {
        return Err(Refusal::NotRunning);
    }
    let outcome = hot::with_cursors(|cursors| {
        if cursors.is_refusing.get() {
            return Err(Refusal::Reentered);
        }
        let _busy = Busy::enter(cursors).ok_or(Refusal::Reentered)?;
        OWNER
            .try_with(|owner| {
                let thread = owner.0.get_or_init(RecordingThread::register_current);
                cursors.thread_number.set(thread.number);
                // Once the chain has a next buffer, it may let go of this one at any time.
                let full = cursors.take_current(kind);
                let next = next_buffer(thread);
                // SAFETY: the chain's last buffer is the new one, or else still the full one.
                unsafe { cursors.set_current(kind, next.unwrap_or(full)) };
                next.map(drop).ok_or(Refusal::Exhausted)
            })
            .unwrap_or(Err(Refusal::ThreadEnded))
    });
    if outcome == Err(Refusal::Exhausted) || POOL.is_under_pressure() {
        flusher::wake::drain(kind);
    }
    outcome
}

/// Runs what must not be interrupted by recording on this thread: the cold path and the flusher
/// hold locks and allocate, and the host's allocator may record. Events that find no room
/// meanwhile are refused. None if the thread is already in such a section.
pub(crate) fn uninterrupted<R>(run: impl FnOnce() -> R) -> Option<R> {
    hot::with_cursors(|cursors| {
        let _busy = Busy::enter(cursors)?;
        Some(run())
    })
}

struct Busy<'a>(&'a Cursors);

impl<'a> Busy<'a> {
    fn enter(cursors: &'a Cursors) -> Option<Self> {
        if cursors.is_busy.replace(true) { None } else { Some(Self(cursors)) }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.is_busy.set(false);
    }
}
