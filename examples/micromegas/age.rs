//! How long a key is valid, or something is kept.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Context, Error, Result, ensure};
use chrono::{DateTime, TimeDelta, Utc};

/// A number of seconds, minutes, hours or days, as in `90d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Age(TimeDelta);

impl Age {
    /// So long.
    pub(crate) fn duration(self) -> Duration {
        self.0.to_std().unwrap_or_default()
    }

    /// The time that is so long after another.
    pub(crate) fn after(self, time: DateTime<Utc>) -> Result<DateTime<Utc>> {
        time.checked_add_signed(self.0).context("the key would be valid for too long")
    }
}

impl FromStr for Age {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || format!("{text:?} is no time such as 30m, 12h or 90d");
        let unit = text.chars().next_back().with_context(wrong)?;
        let number: i64 = text[..text.len() - unit.len_utf8()].parse().with_context(wrong)?;
        let age = match unit {
            's' => TimeDelta::try_seconds(number),
            'm' => TimeDelta::try_minutes(number),
            'h' => TimeDelta::try_hours(number),
            'd' => TimeDelta::try_days(number),
            _ => None,
        };
        let age = age.with_context(wrong)?;
        ensure!(age > TimeDelta::zero(), "{text} is no time at all");
        Ok(Self(age))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_have_a_number_and_a_unit() {
        assert_eq!("90d".parse::<Age>().unwrap(), Age(TimeDelta::days(90)));
        assert_eq!("5s".parse::<Age>().unwrap().duration(), Duration::from_secs(5));
        assert_eq!("30m".parse::<Age>().unwrap(), Age(TimeDelta::minutes(30)));
        for text in ["", "d", "90", "90y", "1.5h", "-1d", "0h", "9é", "99999999999999999d"] {
            assert!(text.parse::<Age>().is_err(), "{text:?}");
        }
        assert!(Age(TimeDelta::days(900_000_000)).after(Utc::now()).is_err());
    }
}
