//! A log entry as a sink is shown it.

use crate::level::Level;
use crate::properties::tags::Tags;
use chrono::{DateTime, Utc};

/// A log entry at the moment of recording; see [`EventSink::on_log`](crate::EventSink::on_log).
#[derive(Clone, Copy, Debug)]
pub struct LogEntry<'a> {
    level: Level,
    target: &'a str,
    time: DateTime<Utc>,
    message: &'a str,
    tags: Tags<'a>,
}

impl<'a> LogEntry<'a> {
    /// An entry without properties.
    pub fn new(level: Level, target: &'a str, time: DateTime<Utc>, message: &'a str) -> Self {
        Self { level, target, time, message, tags: Tags::default() }
    }

    pub(crate) fn with_tags(mut self, tags: Tags<'a>) -> Self {
        self.tags = tags;
        self
    }

    /// How severe it is.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What it is about.
    pub fn target(&self) -> &'a str {
        self.target
    }

    /// When it was recorded.
    pub fn time(&self) -> DateTime<Utc> {
        self.time
    }

    /// Its whole text.
    pub fn message(&self) -> &'a str {
        self.message
    }

    /// Names and values of its properties, each name once, in no particular order.
    pub fn properties(&self) -> Vec<(&'a str, &'a str)> {
        let mut pairs = Vec::new();
        self.tags.collect_into(&mut pairs);
        pairs
    }
}
