//! Time as stores keep it: whole nanoseconds since the epoch, and the clock of group commits.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};

use crate::error::{Error, Result};

/// Nanoseconds since the epoch, the stored form of a time.
///
/// # Errors
///
/// [`Error::InvalidInput`] if the time is outside the years 1678 to 2261.
pub(crate) fn to_nanos(time: DateTime<Utc>, name: &str) -> Result<i64> {
    time.timestamp_nanos_opt()
        .ok_or_else(|| Error::invalid(format!("{name} is outside the years 1678 to 2261")))
}

/// The time of a stored number of nanoseconds.
pub(crate) fn from_nanos(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(nanos)
}

/// The `insert_time` of the next group commit: now, but later than `last` whatever the clock says.
///
/// It has whole microseconds, so that readers of that precision see the same order.
pub(crate) fn next_insert_time(now: DateTime<Utc>, last: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let now = now.trunc_subsecs(6);
    match last {
        Some(last) => now.max(last + TimeDelta::microseconds(1)),
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn insert_time_increases_even_if_the_clock_goes_back() {
        let now = from_nanos(1_700_000_000_123_456_789);
        let first = next_insert_time(now, None);
        assert_eq!(first, from_nanos(1_700_000_000_123_456_000));
        assert_eq!(next_insert_time(now, Some(first)) - first, TimeDelta::microseconds(1));
        let back = now - TimeDelta::hours(1);
        assert_eq!(next_insert_time(back, Some(first)) - first, TimeDelta::microseconds(1));
    }

    #[test]
    fn a_time_that_cannot_be_stored_is_refused() {
        assert!(to_nanos(DateTime::<Utc>::MAX_UTC, "begin_time").is_err());
        assert_eq!(from_nanos(to_nanos(from_nanos(-5), "t").unwrap()), from_nanos(-5));
    }
}
