//! The cursors of a thread, and the path of an event that finds room.
//!
//! The thread-local has a constant initial value and no destructor: reaching it is one addition
//! to the thread pointer, and it may be used at any moment of a thread's life.
#![expect(unsafe_code, reason = "a cursor is a raw pointer to the thread's current buffer")]

use crate::buffer::Kind;
use crate::buffer::published::Buffer;
use crate::dispatch;
use crate::recording::cold;
use std::cell::Cell;
use std::ptr::addr_of;

static WITHOUT_ROOM: Buffer = Buffer::without_room();

thread_local! {
    static CURSORS: Cursors = const { Cursors::new() };
}

/// What a thread knows about its own recording.
#[derive(Debug)]
pub(crate) struct Cursors {
    /// The buffers being filled. Each pointer is valid for as long as it stands here: either to
    /// the static buffer without room, or to the last buffer of this thread's chain, which the
    /// chain keeps until this thread replaces it or leaves.
    current: [Cell<*const Buffer>; Kind::COUNT],
    /// The thread is in a signal handler: what it records is refused.
    pub(crate) is_refusing: Cell<bool>,
    /// The thread is renewing a buffer.
    pub(crate) is_busy: Cell<bool>,
    /// A log record is open or shown: further entries are set aside.
    pub(crate) is_in_section: Cell<bool>,
    /// A sink is being shown a log entry.
    pub(crate) is_showing: Cell<bool>,
    /// How deep log entries are nested in each other's formatting.
    pub(crate) nesting: Cell<u8>,
    /// The number of the thread among those that recorded something; zero before its first event.
    pub(crate) thread_number: Cell<u32>,
}

impl Cursors {
    const fn new() -> Self {
        Self {
            current: [const { Cell::new(addr_of!(WITHOUT_ROOM)) }; Kind::COUNT],
            is_refusing: Cell::new(false),
            is_busy: Cell::new(false),
            is_in_section: Cell::new(false),
            is_showing: Cell::new(false),
            nesting: Cell::new(0),
            thread_number: Cell::new(0),
        }
    }

    /// Takes the cursor off its buffer: an event of this kind finds no room until it is set again.
    pub(crate) fn take_current(&self, kind: Kind) -> *const Buffer {
        self.current[kind as usize].replace(addr_of!(WITHOUT_ROOM))
    }

    /// # Safety
    /// `buffer` is the one without room, or the last buffer of this thread's chain of that kind;
    /// the cursor is taken off it before the chain replaces it.
    pub(crate) unsafe fn set_current(&self, kind: Kind, buffer: *const Buffer) {
        self.current[kind as usize].set(buffer);
    }

    /// Lets go of all buffers: the next event of any kind finds no room.
    pub(crate) fn let_go(&self) {
        for kind in Kind::ALL {
            self.take_current(kind);
        }
    }

    /// The buffer being filled. The reference must not outlive the next renewal.
    #[inline(always)]
    pub(crate) fn with_current<R>(&self, kind: Kind, use_it: impl FnOnce(&Buffer) -> R) -> R {
        // SAFETY: the pointer is valid while it stands in the cursor; only this thread changes the
        // cursor, and the closures of this crate do not renew the buffer they were given.
        let buffer = unsafe { &*self.current[kind as usize].get() };
        use_it(buffer)
    }
}

/// Gives access to the calling thread's cursors.
#[inline(always)]
pub(crate) fn with_cursors<R>(use_them: impl FnOnce(&Cursors) -> R) -> R {
    CURSORS.with(use_them)
}

/// Records one event; false if it was not recorded. `words` makes its record: it may read the
/// clock, and records nothing itself.
///
/// Log entries come here only while no log record is open.
#[inline(always)]
pub(crate) fn record<const N: usize>(kind: Kind, words: impl Fn() -> [u64; N]) -> bool {
    let is_recorded = with_cursors(|cursors| {
        cursors.with_current(kind, |buffer| {
            // SAFETY: the cursor's buffer belongs to this thread alone, and nothing is recorded
            // between finding the position and publishing the record.
            unsafe { buffer.append(&words) }
        })
    });
    is_recorded || (dispatch::is_running() && cold::record(kind, words()))
}

/// Records one event of words and bytes; false if it was not recorded. As [`record`], but not for
/// the hottest events.
pub(crate) fn record_parts(kind: Kind, words: &[u64], parts: &[&[u8]]) -> bool {
    let is_recorded = with_cursors(|cursors| {
        // SAFETY: as in `record`.
        cursors.with_current(kind, |buffer| unsafe { buffer.append_parts(words, parts) })
    });
    is_recorded || (dispatch::is_running() && cold::record_parts(kind, words, parts))
}
