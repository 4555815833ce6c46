//! How much detail metrics and spans add, and the filter on it.

use std::fmt;
use std::str::FromStr;

/// How fine a detail a metric or span is; the numbers are those of the wire. The macros take it as
/// `verbosity: …`; without, a call site is of high verbosity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Verbosity {
    /// What everybody needs.
    Low = 1,
    /// What helps to find where a problem is.
    Medium = 2,
    /// Every detail.
    High = 3,
}

/// The finest detail that is let through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum VerbosityFilter {
    /// Nothing passes.
    Off = 0,
    /// Only [`Verbosity::Low`].
    Low = 1,
    /// [`Verbosity::Medium`] and lower.
    Medium = 2,
    /// Everything passes.
    #[default]
    High = 3,
}

/// A text that names no verbosity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of off, low, medium, high")]
pub struct ParseVerbosityError;

impl VerbosityFilter {
    /// Whether `verbosity` passes.
    pub const fn allows(self, verbosity: Verbosity) -> bool {
        verbosity as u8 <= self as u8
    }

    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            0 => Self::Off,
            1 => Self::Low,
            2 => Self::Medium,
            _ => Self::High,
        }
    }
}

impl fmt::Display for VerbosityFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Off => "OFF",
            Self::Low => "LOW",
            Self::Medium => "MED",
            Self::High => "HIGH",
        })
    }
}

impl FromStr for VerbosityFilter {
    type Err = ParseVerbosityError;

    fn from_str(text: &str) -> Result<Self, ParseVerbosityError> {
        match text.to_ascii_lowercase().as_str() {
            "off" => Ok(Self::Off),
            "low" | "min" => Ok(Self::Low),
            "medium" | "med" => Ok(Self::Medium),
            "high" | "max" => Ok(Self::High),
            _ => Err(ParseVerbosityError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_lets_coarser_detail_through_and_its_name_parses() {
        assert!(VerbosityFilter::Medium.allows(Verbosity::Low));
        assert!(!VerbosityFilter::Medium.allows(Verbosity::High));
        for filter in [VerbosityFilter::Off, VerbosityFilter::Medium, VerbosityFilter::High] {
            assert_eq!(filter.to_string().parse(), Ok(filter));
        }
        assert_eq!("loud".parse::<VerbosityFilter>(), Err(ParseVerbosityError));
    }
}
