//! Severity of log entries.

use std::fmt;
use std::str::FromStr;

/// How severe a log entry is; the numbers are those of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Level {
    /// The process cannot go on.
    Fatal = 1,
    /// An operation failed.
    Error = 2,
    /// Something is wrong, and work goes on.
    Warn = 3,
    /// What an operator wants to read.
    Info = 4,
    /// What a developer wants to read.
    Debug = 5,
    /// Everything.
    Trace = 6,
}

/// The least severe level that is let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum LevelFilter {
    /// Nothing passes.
    #[default]
    Off = 0,
    /// Only [`Level::Fatal`].
    Fatal = 1,
    /// [`Level::Error`] and more severe.
    Error = 2,
    /// [`Level::Warn`] and more severe.
    Warn = 3,
    /// [`Level::Info`] and more severe.
    Info = 4,
    /// [`Level::Debug`] and more severe.
    Debug = 5,
    /// Everything passes.
    Trace = 6,
}

/// A text that names no level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of off, fatal, error, warn, info, debug, trace")]
pub struct ParseLevelError;

impl Level {
    /// The level's name in capitals, as the console shows it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fatal => "FATAL",
            Self::Error => "ERROR",
            Self::Warn => "WARN",
            Self::Info => "INFO",
            Self::Debug => "DEBUG",
            Self::Trace => "TRACE",
        }
    }
}

impl Level {
    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            0 | 1 => Self::Fatal,
            2 => Self::Error,
            3 => Self::Warn,
            4 => Self::Info,
            5 => Self::Debug,
            _ => Self::Trace,
        }
    }
}

impl LevelFilter {
    /// Whether entries of `level` pass.
    pub const fn allows(self, level: Level) -> bool {
        level as u8 <= self as u8
    }

    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Off,
            1 => Self::Fatal,
            2 => Self::Error,
            3 => Self::Warn,
            4 => Self::Info,
            5 => Self::Debug,
            _ => Self::Trace,
        }
    }
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        Self::from_number(level as u8)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for LevelFilter {
    type Err = ParseLevelError;

    fn from_str(text: &str) -> Result<Self, ParseLevelError> {
        match text.to_ascii_lowercase().as_str() {
            "off" => Ok(Self::Off),
            "fatal" => Ok(Self::Fatal),
            "error" => Ok(Self::Error),
            "warn" | "warning" => Ok(Self::Warn),
            "info" => Ok(Self::Info),
            "debug" => Ok(Self::Debug),
            "trace" => Ok(Self::Trace),
            _ => Err(ParseLevelError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lets_its_own_level_and_more_severe_ones_through() {
        assert!(LevelFilter::Warn.allows(Level::Warn));
        assert!(LevelFilter::Warn.allows(Level::Fatal));
        assert!(!LevelFilter::Warn.allows(Level::Info));
        assert!(!LevelFilter::Off.allows(Level::Fatal));
    }

    #[test]
    fn names_parse_in_any_case_and_warn_has_two() {
        assert_eq!("INFO".parse(), Ok(LevelFilter::Info));
        assert_eq!("warn".parse(), Ok(LevelFilter::Warn));
        assert_eq!("Warning".parse(), Ok(LevelFilter::Warn));
        assert_eq!("loud".parse::<LevelFilter>(), Err(ParseLevelError));
    }
}
