//! What a thread logs while one of its log records is open: a `Display` that logs, a sink that
//! logs while it is shown an entry. Such entries wait aside and are appended after the open one.

use crate::buffer::Kind;
use crate::metadata::LogMetadata;
use crate::recording::hot::{self, Cursors};
use crate::recording::message;
use crate::stats;
use std::cell::RefCell;
use std::fmt;

/// How deep entries may be nested in each other's formatting.
const NESTING_MAX: u8 = 8;
/// How many bytes may wait aside on one thread.
const WAITING_BYTES_MAX: usize = 256 * 1024;

thread_local! {
    static WAITING: RefCell<Waiting> = const { RefCell::new(Waiting { entries: Vec::new(), bytes: 0 }) };
}

#[derive(Debug)]
struct Waiting {
    entries: Vec<NestedEntry>,
    bytes: usize,
}

/// An entry that waits aside.
#[derive(Debug)]
pub(crate) struct NestedEntry {
    pub(crate) metadata: &'static LogMetadata,
    pub(crate) time: i64,
    /// None if the descriptor's text is the message.
    pub(crate) text: Option<String>,
    /// It was made while a sink was shown another entry, and is not shown itself.
    pub(crate) is_from_sink: bool,
}

/// Sets an entry aside.
#[cold]
pub(crate) fn push(
    metadata: &'static LogMetadata,
    time: i64,
    arguments: Option<fmt::Arguments<'_>>,
) {
    let is_kept = hot::with_cursors(|cursors| {
        let Some(_level) = NestingLevel::enter(cursors) else {
            return false;
        };
        let text = arguments.map(|arguments| {
            let mut text = String::new();
            let _ = message::format_into(&mut text, arguments);
            text
        });
        keep(NestedEntry { metadata, time, text, is_from_sink: cursors.is_showing.get() })
    });
    if !is_kept {
        stats::count_dropped(Kind::Logs, false);
    }
}

fn keep(entry: NestedEntry) -> bool {
    WAITING
        .try_with(|waiting| {
            let Ok(mut waiting) = waiting.try_borrow_mut() else {
                return false;
            };
            let bytes = size_of::<NestedEntry>() + entry.text.as_ref().map_or(0, String::len);
            if waiting.bytes + bytes > WAITING_BYTES_MAX {
                return false;
            }
            waiting.bytes += bytes;
            waiting.entries.push(entry);
            true
        })
        .unwrap_or(false)
}

/// The entries that wait, in the order of their times.
pub(crate) fn take() -> Vec<NestedEntry> {
    let mut entries = WAITING
        .try_with(|waiting| {
            let mut waiting = waiting.borrow_mut();
            waiting.bytes = 0;
            std::mem::take(&mut waiting.entries)
        })
        .unwrap_or_default();
    entries.sort_by_key(|entry| entry.time);
    entries
}

struct NestingLevel<'a>(&'a Cursors);

impl<'a> NestingLevel<'a> {
    fn enter(cursors: &'a Cursors) -> Option<Self> {
        let level = cursors.nesting.get();
        (level < NESTING_MAX).then(|| {
            cursors.nesting.set(level + 1);
            Self(cursors)
        })
    }
}

impl Drop for NestingLevel<'_> {
    fn drop(&mut self) {
        self.0.nesting.set(self.0.nesting.get() - 1);
    }
}
