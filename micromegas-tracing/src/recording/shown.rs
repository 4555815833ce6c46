//! Entries that a sink is shown at the moment of recording.

use crate::dispatch;
use crate::level::{Level, LevelFilter};
use crate::log_entry::LogEntry;
use crate::recording::entry::NewEntry;
use crate::recording::hot;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU8, Ordering};

static SHOWN_LEVEL: AtomicU8 = AtomicU8::new(LevelFilter::Off as u8);

/// Sets which entries the sink is shown.
pub(crate) fn set_level(filter: LevelFilter) {
    SHOWN_LEVEL.store(filter as u8, Ordering::Relaxed);
}

/// Whether the sink wants to be shown entries of this level.
#[inline]
pub(crate) fn wants(level: Level) -> bool {
    level as u8 <= SHOWN_LEVEL.load(Ordering::Relaxed)
}

/// Shows an entry to the sink. The caller is in a section, so that what the sink logs waits.
pub(crate) fn show(entry: &NewEntry<'_>, message: &str) {
    let Some((sink, origin)) = dispatch::sink_and_origin() else {
        return;
    };
    let (level, target) = (entry.source.level(), entry.source.target());
    let shown = LogEntry::new(level, target, origin.wall_clock(entry.time), message);
    let shown = shown.with_tags(entry.tags);
    let _showing = Showing::enter();
    // The recording thread must not suffer from a sink's panic.
    let _ = catch_unwind(AssertUnwindSafe(|| sink.on_log(&shown)));
}

struct Showing;

impl Showing {
    fn enter() -> Self {
        hot::with_cursors(|cursors| cursors.is_showing.set(true));
        Self
    }
}

impl Drop for Showing {
    fn drop(&mut self) {
        hot::with_cursors(|cursors| cursors.is_showing.set(false));
    }
}
