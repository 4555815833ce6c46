//! How a log entry gets into the thread's buffer.

use crate::buffer::Kind;
use crate::level::Level;
use crate::metadata::LogMetadata;
use crate::record::{
    CONSTANT_TEXT, EXTRA_WORDS, ExtraHead, FORMATTED_TEXT, TAGGED_CONSTANT, TAGGED_TEMPLATE,
    TAGGED_TEXT, TAGGED_TEXT_HEAD_WORDS, TEXT_HEAD_WORDS, foreign_head, head,
};
use crate::recording::cold::{self, Refusal};
use crate::recording::entry::{NewEntry, Source, Text};
use crate::recording::open_record::OpenRecord;
use crate::recording::section::Section;
use crate::recording::{hot, late, message, nested, shown};
use crate::{dispatch, flusher};

/// Appends an entry that is all in its descriptor; false if it was not recorded. The thread is in
/// no section, or is about to leave it.
pub(super) fn constant(metadata: &'static LogMetadata, time: i64) -> bool {
    let is_recorded = hot::record(Kind::Logs, || [head(metadata, CONSTANT_TEXT), time as u64]);
    if is_recorded {
        wake_if_urgent(metadata.level());
    }
    is_recorded
}

/// Appends what was set aside while the section was entered.
pub(super) fn append_waiting(section: &Section) {
    // An entry that a sink makes while it is shown another one is not shown itself, so this ends.
    loop {
        let entries = nested::take();
        if entries.is_empty() {
            return;
        }
        for waiting in entries {
            let entry = waiting.as_entry();
            let is_shown = !waiting.is_from_sink && shown::wants(entry.source.level());
            append(section, &entry, is_shown);
        }
    }
}

/// Appends an entry, and shows it.
pub(super) fn append(section: &Section, entry: &NewEntry<'_>, is_shown: bool) {
    match (entry.source, entry.text) {
        (Source::Site(metadata), Text::Constant) => {
            let is_recorded = if entry.tags.is_empty() {
                constant(metadata, entry.time)
            } else {
                without_text(entry, head(metadata, TAGGED_CONSTANT))
            };
            if is_recorded && is_shown {
                shown::show(entry, metadata.text());
            }
        }
        (Source::Site(metadata), Text::Template(_)) => {
            if without_text(entry, head(metadata, TAGGED_TEMPLATE)) && is_shown {
                shown::show(entry, &entry.formatted());
            }
        }
        _ => with_text(section, entry, is_shown),
    }
}

/// Appends an entry with properties whose message is in its descriptor.
fn without_text(entry: &NewEntry<'_>, head: u64) -> bool {
    let extra = ExtraHead::of_tags(entry.tags);
    let words = tagged_words(head, entry, &extra, 0);
    let is_recorded = hot::record_parts(Kind::Logs, &words, &extra.parts());
    if is_recorded {
        wake_if_urgent(entry.source.level());
    }
    is_recorded
}

/// Appends an entry with text of its own.
fn with_text(section: &Section, entry: &NewEntry<'_>, is_shown: bool) {
    let plain = match entry.source {
        Source::Site(metadata) if entry.tags.is_empty() => Some(metadata),
        _ => None,
    };
    let outcome = match plain {
        Some(metadata) => append_plain(section, metadata, entry, is_shown),
        None => append_tagged(section, entry, is_shown),
    };
    match outcome {
        Ok(()) => wake_if_urgent(entry.source.level()),
        Err(Refusal::NotRunning) => {}
        Err(Refusal::ThreadEnded) => append_late(entry, plain, is_shown),
        Err(refusal) => cold::count_lost(Kind::Logs, 0, refusal),
    }
}

fn append_plain(
    section: &Section,
    metadata: &'static LogMetadata,
    entry: &NewEntry<'_>,
    is_shown: bool,
) -> Result<(), Refusal> {
    let mut record = OpenRecord::<TEXT_HEAD_WORDS>::open(section)?;
    push_text(&mut record, entry)?;
    let committed = record.commit([head(metadata, FORMATTED_TEXT), entry.time as u64, 0]);
    if is_shown {
        shown::show(entry, committed.text(0));
    }
    Ok(())
}

fn append_tagged(section: &Section, entry: &NewEntry<'_>, is_shown: bool) -> Result<(), Refusal> {
    let (head, extra) = tagged_head(entry);
    let mut record = OpenRecord::<TAGGED_TEXT_HEAD_WORDS>::open(section)?;
    for part in extra.parts() {
        record.push(part)?;
    }
    push_text(&mut record, entry)?;
    let committed = record.commit(tagged_words(head, entry, &extra, 0));
    if is_shown {
        shown::show(entry, committed.text(extra.bytes()));
    }
    Ok(())
}

fn push_text<const HEAD_WORDS: usize>(
    record: &mut OpenRecord<'_, HEAD_WORDS>,
    entry: &NewEntry<'_>,
) -> Result<(), Refusal> {
    match entry.text {
        Text::Constant => Ok(()),
        Text::Whole(text) => record.push(text.as_bytes()),
        Text::Template(arguments) | Text::Formatted(arguments) => {
            message::format_into(record, arguments)
        }
    }
}

/// First word and extra of an entry with text that is not plain.
fn tagged_head<'a>(entry: &NewEntry<'a>) -> (u64, ExtraHead<'a>) {
    let extra = ExtraHead::of_tags(entry.tags);
    match entry.source {
        Source::Site(metadata) => (head(metadata, TAGGED_TEXT), extra),
        Source::Foreign { level, target } => {
            (foreign_head(level), ExtraHead { name: target, ..extra })
        }
    }
}

fn tagged_words(
    head: u64,
    entry: &NewEntry<'_>,
    extra: &ExtraHead<'_>,
    text_bytes: usize,
) -> [u64; TAGGED_TEXT_HEAD_WORDS] {
    let mut words = [0; TAGGED_TEXT_HEAD_WORDS];
    words[0] = head;
    words[1] = entry.time as u64;
    words[TAGGED_TEXT_HEAD_WORDS - EXTRA_WORDS..].copy_from_slice(&extra.words(text_bytes));
    words
}

/// After the end of the thread, text cannot go straight into a buffer of its own.
#[cold]
fn append_late(entry: &NewEntry<'_>, plain: Option<&'static LogMetadata>, is_shown: bool) {
    let text = entry.formatted();
    let is_recorded = match plain {
        Some(metadata) => {
            let words = [head(metadata, FORMATTED_TEXT), entry.time as u64, text.len() as u64];
            late::push(Kind::Logs, &words, &[text.as_bytes()])
        }
        None => {
            let (head, extra) = tagged_head(entry);
            let words = tagged_words(head, entry, &extra, text.len());
            let [name, unit, pairs] = extra.parts();
            late::push(Kind::Logs, &words, &[name, unit, pairs, text.as_bytes()])
        }
    };
    if is_recorded {
        wake_if_urgent(entry.source.level());
        if is_shown {
            shown::show(entry, &text);
        }
    }
}

/// Entries of level Error and Fatal leave at once.
fn wake_if_urgent(level: Level) {
    if level <= Level::Error && dispatch::is_running() {
        flusher::wake::urgent();
    }
}
