//! Log entries on the console.

use chrono::SecondsFormat;
use micromegas_tracing::{EventBlock, EventSink, Level, LevelFilter, LogEntry};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::fmt::{self, Write as _};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Writes each log entry as one line when it is recorded: time, level, target in brackets,
/// message, properties. Control characters are escaped, so an entry stays one line and cannot
/// steer a terminal.
pub struct ConsoleSink {
    level: LevelFilter,
    is_coloured: bool,
    output: Mutex<Box<dyn Write + Send>>,
}

impl ConsoleSink {
    /// A sink that writes entries up to `level` to the standard error output, in colour if that is
    /// a terminal.
    pub fn new(level: LevelFilter) -> Self {
        let output = io::stderr();
        let is_coloured = output.is_terminal();
        Self::with_output(level, is_coloured, Box::new(output))
    }

    /// A sink that writes entries up to `level` to `output`.
    pub fn with_output(
        level: LevelFilter,
        is_coloured: bool,
        output: Box<dyn Write + Send>,
    ) -> Self {
        Self { level, is_coloured, output: Mutex::new(output) }
    }

    fn line(&self, entry: &LogEntry<'_>) -> String {
        let (level, target, message) = (entry.level(), entry.target(), entry.message());
        let mut line = String::with_capacity(message.len() + 80);
        let time = entry.time().to_rfc3339_opts(SecondsFormat::Micros, true);
        // Writing to a string cannot fail.
        let _ = if self.is_coloured {
            write!(line, "{time} {}{level:5}\x1b[0m [{target}] ", colour(level))
        } else {
            write!(line, "{time} {level:5} [{target}] ")
        };
        push_escaped(&mut line, message);
        for (name, value) in entry.properties() {
            line.push(' ');
            push_escaped(&mut line, name);
            line.push('=');
            push_escaped(&mut line, value);
        }
        line.push('\n');
        line
    }
}

fn push_escaped(line: &mut String, text: &str) {
    for character in text.chars() {
        if character.is_control() && character != '\t' {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
}

fn colour(level: Level) -> &'static str {
    match level {
        Level::Fatal | Level::Error => "\x1b[31m",
        Level::Warn => "\x1b[33m",
        Level::Info => "\x1b[32m",
        Level::Debug => "\x1b[34m",
        Level::Trace => "\x1b[35m",
    }
}

impl fmt::Debug for ConsoleSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleSink")
            .field("level", &self.level)
            .field("is_coloured", &self.is_coloured)
            .finish_non_exhaustive()
    }
}

impl EventSink for ConsoleSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}

    fn log_level(&self) -> LevelFilter {
        self.level
    }

    fn on_log(&self, entry: &LogEntry<'_>) {
        let line = self.line(entry);
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        // A console that is gone is no reason to disturb the program.
        let _ = output.write_all(line.as_bytes());
        let _ = output.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeZone, Utc};

    fn line(is_coloured: bool, message: &str) -> String {
        let time = Utc.with_ymd_and_hms(2026, 1, 2, 3, 4, 5).single().expect("a valid time");
        ConsoleSink::with_output(LevelFilter::Info, is_coloured, Box::new(io::sink()))
            .line(&LogEntry::new(Level::Warn, "net", time, message))
    }

    #[test]
    fn an_entry_is_time_level_target_message() {
        assert_eq!(line(false, "slow"), "2026-01-02T03:04:05.000000Z WARN  [net] slow\n");
        assert!(line(true, "slow").contains("\x1b[33mWARN \x1b[0m"));
    }

    #[test]
    fn an_entry_is_one_line_whatever_it_says() {
        assert!(line(false, "a\nb\x1b[2J").ends_with("a\\nb\\u{1b}[2J\n"));
    }
}
