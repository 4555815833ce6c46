//! A log entry on its way into a buffer.

use crate::level::Level;
use crate::metadata::LogMetadata;
use crate::properties::tags::Tags;
use crate::recording::message;
use std::fmt;

/// A log entry that is being recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewEntry<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) time: i64,
    pub(crate) tags: Tags<'a>,
    pub(crate) text: Text<'a>,
}

/// Where an entry comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source<'a> {
    /// A macro of this crate.
    Site(&'static LogMetadata),
    /// Another logging library.
    Foreign { level: Level, target: &'a str },
}

/// Where the message of an entry comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Text<'a> {
    /// The descriptor has it.
    Constant,
    /// The reader makes it of the descriptor's format string and the properties; this is how it
    /// comes out.
    Template(fmt::Arguments<'a>),
    /// It is formatted now.
    Formatted(fmt::Arguments<'a>),
    /// It was formatted before.
    Whole(&'a str),
}

impl<'a> Source<'a> {
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Site(metadata) => metadata.level(),
            Self::Foreign { level, .. } => *level,
        }
    }

    pub(crate) fn target(&self) -> &'a str {
        match self {
            Self::Site(metadata) => metadata.target(),
            Self::Foreign { target, .. } => target,
        }
    }
}

impl NewEntry<'_> {
    /// The message, bounded, as text of its own.
    pub(crate) fn formatted(&self) -> String {
        let mut whole = String::new();
        // A string takes everything, so this cannot be refused.
        let _ = match (self.text, self.source) {
            (Text::Constant, Source::Site(metadata)) => {
                message::format_into(&mut whole, format_args!("{}", metadata.text()))
            }
            (Text::Constant, Source::Foreign { .. }) => Ok(()),
            (Text::Whole(text), _) => message::format_into(&mut whole, format_args!("{text}")),
            (Text::Formatted(arguments) | Text::Template(arguments), _) => {
                message::format_into(&mut whole, arguments)
            }
        };
        whole
    }
}
