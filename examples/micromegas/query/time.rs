//! Points in time as people type them, and the range between two of them.

use std::str::FromStr;

use anyhow::{Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};

/// A point in time: absolute, or counted back from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Instant {
    /// An RFC 3339 time.
    At(DateTime<Utc>),
    /// So long before now.
    Ago(TimeDelta),
}

impl Instant {
    /// The time that it is, if there is such a time.
    pub(crate) fn resolve(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::At(time) => Some(time),
            Self::Ago(delta) => now.checked_sub_signed(delta),
        }
    }
}

impl FromStr for Instant {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            "write an RFC 3339 time such as 2026-01-31T12:00:00Z, or how long ago it was, such as 30s, 15m, 1h or 7d".to_owned()
        };
        if text == "now" {
            return Ok(Self::Ago(TimeDelta::zero()));
        }
        if let Ok(time) = DateTime::parse_from_rfc3339(text) {
            return Ok(Self::At(time.to_utc()));
        }
        let unit_at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(unit_at);
        let number: i64 = number.parse().map_err(|_| wrong())?;
        let unit_seconds = match unit {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            "w" => 7 * 24 * 60 * 60,
            _ => return Err(wrong()),
        };
        let seconds = number.checked_mul(unit_seconds).ok_or_else(wrong)?;
        TimeDelta::try_seconds(seconds).map(Self::Ago).ok_or_else(wrong)
    }
}

/// The part of time a query looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TimeRange {
    /// Begin and end, or everything.
    pub(crate) bounds: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

impl TimeRange {
    /// Everything.
    pub(crate) const ALL: Self = Self { bounds: None };

    /// The range between the two, each of which may be missing: then it begins with the first
    /// event, or ends now.
    pub(crate) fn new(
        begin: Option<Instant>,
        end: Option<Instant>,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        if begin.is_none() && end.is_none() {
            return Ok(Self::ALL);
        }
        let begin = begin.and_then(|begin| begin.resolve(now)).unwrap_or(DateTime::UNIX_EPOCH);
        let end = end.and_then(|end| end.resolve(now)).unwrap_or(now);
        ensure!(
            begin < end,
            "the range is empty: it begins at {} and ends at {}; give --begin a time before --end",
            begin.to_rfc3339(),
            end.to_rfc3339(),
        );
        Ok(Self { bounds: Some((begin, end)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).unwrap().to_utc()
    }

    #[test]
    fn absolute_and_relative_times_are_understood() {
        assert_eq!("90m".parse(), Ok(Instant::Ago(TimeDelta::minutes(90))));
        assert_eq!("7d".parse(), Ok(Instant::Ago(TimeDelta::days(7))));
        assert_eq!("now".parse(), Ok(Instant::Ago(TimeDelta::zero())));
        let time = "2026-01-31T12:00:00+02:00";
        assert_eq!(time.parse(), Ok(Instant::At(at("2026-01-31T10:00:00Z"))));
    }

    #[test]
    fn what_is_no_time_is_refused_with_an_example() {
        for text in
            ["", "h", "1", "1y", "-1h", "yesterday", "99999999999999999999d", "999999999999999999w"]
        {
            let refused = text.parse::<Instant>().unwrap_err();
            assert!(refused.contains("RFC 3339"), "{text}: {refused}");
        }
    }

    #[test]
    fn a_missing_bound_is_the_far_past_or_now() {
        let now = at("2026-01-31T12:00:00Z");
        let hour = Instant::Ago(TimeDelta::hours(1));
        let range = |begin, end| TimeRange::new(begin, end, now).map(|range| range.bounds);
        assert_eq!(range(None, None).unwrap(), None);
        assert_eq!(range(Some(hour), None).unwrap(), Some((at("2026-01-31T11:00:00Z"), now)));
        let until = Some((DateTime::UNIX_EPOCH, at("2026-01-31T11:00:00Z")));
        assert_eq!(range(None, Some(hour)).unwrap(), until);
        assert!(range(Some(hour), Some(hour)).is_err());
    }
}
