//! What a thread logs while one of its log records is open: a `Display` that logs, a sink that
//! logs while it is shown an entry. Such entries wait aside and are appended after the open one.

use crate::buffer::Kind;
use crate::level::Level;
use crate::metadata::LogMetadata;
use crate::properties::PropertySet;
use crate::properties::tags::Tags;
use crate::recording::entry::{NewEntry, Source, Text};
use crate::recording::hot::{self, Cursors};
use crate::stats;
use std::cell::RefCell;

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
    source: OwnedSource,
    time: i64,
    constants: Option<&'static PropertySet>,
    spread: Option<&'static PropertySet>,
    pairs: Vec<u8>,
    /// None if the descriptor's text is the message.
    text: Option<String>,
    /// It was made while a sink was shown another entry, and is not shown itself.
    pub(crate) is_from_sink: bool,
}

#[derive(Debug)]
enum OwnedSource {
    Site(&'static LogMetadata),
    Foreign { level: Level, target: String },
}

impl NestedEntry {
    fn of(entry: &NewEntry<'_>, is_from_sink: bool) -> Self {
        let source = match entry.source {
            Source::Site(metadata) => OwnedSource::Site(metadata),
            Source::Foreign { level, target } => {
                OwnedSource::Foreign { level, target: target.to_owned() }
            }
        };
        let is_constant = matches!(entry.text, Text::Constant);
        Self {
            source,
            time: entry.time,
            constants: entry.tags.constants,
            spread: entry.tags.spread,
            pairs: entry.tags.pairs.to_vec(),
            text: (!is_constant).then(|| entry.formatted()),
            is_from_sink,
        }
    }

    /// The entry, to be appended.
    pub(crate) fn as_entry(&self) -> NewEntry<'_> {
        let source = match &self.source {
            OwnedSource::Site(metadata) => Source::Site(metadata),
            OwnedSource::Foreign { level, target } => Source::Foreign { level: *level, target },
        };
        let Self { constants, spread, .. } = *self;
        let tags = Tags { pairs: &self.pairs, constants, spread };
        let text = self.text.as_deref().map_or(Text::Constant, Text::Whole);
        NewEntry { source, time: self.time, tags, text }
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.pairs.len() + self.text.as_ref().map_or(0, String::len)
    }
}

/// Sets an entry aside.
#[cold]
pub(crate) fn push(entry: &NewEntry<'_>) {
    let is_kept = hot::with_cursors(|cursors| {
        let Some(_level) = NestingLevel::enter(cursors) else {
            return false;
        };
        keep(NestedEntry::of(entry, cursors.is_showing.get()))
    });
    if !is_kept {
        stats::count_dropped(Kind::Logs, 0);
    }
}

fn keep(entry: NestedEntry) -> bool {
    WAITING
        .try_with(|waiting| {
            let Ok(mut waiting) = waiting.try_borrow_mut() else {
                return false;
            };
            let bytes = entry.bytes();
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
