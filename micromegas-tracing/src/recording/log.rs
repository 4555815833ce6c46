//! Log entries: what the macros call.

use crate::buffer::Kind;
use crate::clock;
use crate::metadata::LogMetadata;
use crate::properties::tags::Tags;
use crate::properties::{PropertyList, PropertySet};
use crate::recording::entry::{NewEntry, Source, Text};
use crate::recording::section::Section;
use crate::recording::{append, nested, shown, signal};
use std::fmt;

/// Records an entry whose message is the text of its descriptor.
#[inline(never)]
pub fn record_constant(metadata: &'static LogMetadata) {
    let time = clock::now();
    if !Section::is_entered() && !shown::wants(metadata.level()) {
        append::constant(metadata, time);
    } else {
        let (source, tags) = (Source::Site(metadata), Tags::default());
        record(&NewEntry { source, time, tags, text: Text::Constant });
    }
}

/// Records an entry whose message is formatted, straight into the buffer.
#[inline(never)]
pub fn record_formatted(metadata: &'static LogMetadata, arguments: fmt::Arguments<'_>) {
    let time = clock::now();
    let (source, tags) = (Source::Site(metadata), Tags::default());
    record(&NewEntry { source, time, tags, text: Text::Formatted(arguments) });
}

/// What the message of an entry with properties is.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// The text of the descriptor.
    Constant,
    /// The text of the descriptor, its placeholders replaced by properties: these arguments.
    Template(fmt::Arguments<'a>),
    /// This text.
    Formatted(fmt::Arguments<'a>),
}

/// Records an entry with properties: constants of the call site, a set, and the pairs that `fill`
/// makes.
pub fn record_tagged(
    metadata: &'static LogMetadata,
    constants: Option<&'static PropertySet>,
    spread: Option<&'static PropertySet>,
    fill: impl FnOnce(&mut PropertyList),
    message: Message<'_>,
) {
    if signal::refuses(Kind::Logs) {
        return;
    }
    let time = clock::now();
    let text = match message {
        Message::Constant => Text::Constant,
        Message::Template(arguments) => Text::Template(arguments),
        Message::Formatted(arguments) => Text::Formatted(arguments),
    };
    PropertyList::with(fill, |pairs| {
        let tags = Tags { pairs, constants, spread };
        record(&NewEntry { source: Source::Site(metadata), time, tags, text });
    });
}

/// Records an entry of another logging library.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn record_foreign(
    level: crate::Level,
    target: &str,
    fill: impl FnOnce(&mut PropertyList),
    message: fmt::Arguments<'_>,
) {
    if signal::refuses(Kind::Logs) {
        return;
    }
    let time = clock::now();
    PropertyList::with(fill, |pairs| {
        let tags = Tags { pairs, ..Tags::default() };
        let source = Source::Foreign { level, target };
        record(&NewEntry { source, time, tags, text: Text::Formatted(message) });
    });
}

/// Records an entry, or sets it aside.
fn record(entry: &NewEntry<'_>) {
    if Section::is_entered() {
        if !signal::refuses(Kind::Logs) {
            nested::push(entry);
        }
    } else {
        let is_shown = shown::wants(entry.source.level());
        append::append(&Section::enter(), entry, is_shown);
    }
}
