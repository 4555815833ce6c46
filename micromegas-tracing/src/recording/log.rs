//! Log entries: what the macros call.

use crate::buffer::Kind;
use crate::clock;
use crate::level::Level;
use crate::metadata::LogMetadata;
use crate::record::{CONSTANT_TEXT, FORMATTED_TEXT, head};
use crate::recording::cold::{self, Refusal};
use crate::recording::open_record::OpenRecord;
use crate::recording::section::Section;
use crate::recording::{hot, late, message, nested, shown};
use crate::{dispatch, flusher};
use std::fmt;

/// Records an entry whose message is the text of its descriptor.
#[inline(never)]
pub fn record_constant(metadata: &'static LogMetadata) {
    let time = clock::now();
    if Section::is_entered() {
        nested::push(metadata, time, None);
    } else if shown::wants(metadata.level()) {
        append(&Section::enter(), metadata, time, Text::Constant, true);
    } else {
        append_constant(metadata, time);
    }
}

/// Records an entry whose message is formatted, straight into the buffer.
#[inline(never)]
pub fn record_formatted(metadata: &'static LogMetadata, arguments: fmt::Arguments<'_>) {
    let time = clock::now();
    if Section::is_entered() {
        nested::push(metadata, time, Some(arguments));
    } else {
        let is_shown = shown::wants(metadata.level());
        append(&Section::enter(), metadata, time, Text::Formatted(arguments), is_shown);
    }
}

/// Where the message of an entry comes from.
#[derive(Clone, Copy)]
enum Text<'a> {
    /// The descriptor has it.
    Constant,
    /// It is formatted now.
    Formatted(fmt::Arguments<'a>),
    /// It was formatted before.
    Whole(&'a str),
}

/// Appends what was set aside while the section was entered.
pub(super) fn append_waiting(section: &Section) {
    // An entry that a sink makes while it is shown another one is not shown itself, so this ends.
    loop {
        let entries = nested::take();
        if entries.is_empty() {
            return;
        }
        for entry in entries {
            let text = entry.text.as_deref().map_or(Text::Constant, Text::Whole);
            let is_shown = !entry.is_from_sink && shown::wants(entry.metadata.level());
            append(section, entry.metadata, entry.time, text, is_shown);
        }
    }
}

fn append(
    section: &Section,
    metadata: &'static LogMetadata,
    time: i64,
    text: Text<'_>,
    is_shown: bool,
) {
    if let Text::Constant = text {
        if append_constant(metadata, time) && is_shown {
            shown::show(metadata, time, metadata.text());
        }
        return;
    }
    match append_text(section, metadata, time, text, is_shown) {
        Ok(()) => wake_if_urgent(metadata),
        Err(Refusal::NotRunning) => {}
        Err(Refusal::ThreadEnded) => append_late(metadata, time, text, is_shown),
        Err(refusal) => cold::count_lost(Kind::Logs, head(metadata, FORMATTED_TEXT), refusal),
    }
}

fn append_constant(metadata: &'static LogMetadata, time: i64) -> bool {
    let is_recorded = hot::record(Kind::Logs, || [head(metadata, CONSTANT_TEXT), time as u64]);
    if is_recorded {
        wake_if_urgent(metadata);
    }
    is_recorded
}

fn append_text(
    section: &Section,
    metadata: &'static LogMetadata,
    time: i64,
    text: Text<'_>,
    is_shown: bool,
) -> Result<(), Refusal> {
    let mut record = OpenRecord::open(section)?;
    match text {
        Text::Constant => record.push(metadata.text())?,
        Text::Whole(text) => record.push(text)?,
        Text::Formatted(arguments) => message::format_into(&mut record, arguments)?,
    }
    let committed = record.commit(metadata, time);
    if is_shown {
        shown::show(metadata, time, committed.text());
    }
    Ok(())
}

/// After the end of the thread, text cannot go straight into a buffer of its own.
#[cold]
fn append_late(metadata: &'static LogMetadata, time: i64, text: Text<'_>, is_shown: bool) {
    let mut whole = String::new();
    // A string takes everything, so this cannot be refused.
    let _ = match text {
        Text::Constant => message::format_into(&mut whole, format_args!("{}", metadata.text())),
        Text::Whole(text) => message::format_into(&mut whole, format_args!("{text}")),
        Text::Formatted(arguments) => message::format_into(&mut whole, arguments),
    };
    let mut words = vec![head(metadata, FORMATTED_TEXT), time as u64, whole.len() as u64];
    words.extend(whole.as_bytes().chunks(size_of::<u64>()).map(|chunk| {
        let mut word = [0; size_of::<u64>()];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_ne_bytes(word)
    }));
    if late::push(Kind::Logs, &words) {
        wake_if_urgent(metadata);
        if is_shown {
            shown::show(metadata, time, &whole);
        }
    }
}

/// Entries of level Error and Fatal leave at once.
fn wake_if_urgent(metadata: &LogMetadata) {
    if metadata.level() <= Level::Error && dispatch::is_running() {
        flusher::wake::urgent();
    }
}
