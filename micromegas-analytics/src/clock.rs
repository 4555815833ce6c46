//! Ticks to time, in integers.

use chrono::{DateTime, Utc};

const NANOSECONDS_PER_SECOND: i128 = 1_000_000_000;

/// Converts the absolute ticks of one process's clock into nanoseconds since the Unix epoch.
///
/// `ns = start_time + floor((ticks - start_ticks) * 1e9 / frequency)`, exact for every input that
/// fits; what does not fit into 64 bits of nanoseconds is clamped. The conversion is monotonic, so
/// bounds in ticks are bounds in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TickClock {
    origin_ns: i64,
    origin_ticks: i64,
    /// Ticks that pass in `period_ns`; both are positive, or the clock stands still.
    period_ticks: i128,
    period_ns: i128,
}

impl TickClock {
    /// The clock of a process that knows its frequency in ticks per second.
    pub(crate) fn new(start_time: DateTime<Utc>, start_ticks: i64, frequency: i64) -> Self {
        debug_assert!(frequency > 0, "a clock without frequency is made from two points");
        Self {
            origin_ns: to_nanoseconds(start_time),
            origin_ticks: start_ticks,
            period_ticks: i128::from(frequency.max(1)),
            period_ns: NANOSECONDS_PER_SECOND,
        }
    }

    /// The clock through two points in time, each with its absolute ticks.
    ///
    /// For processes whose frequency is unknown: each block is converted by its own two pairs.
    /// If both points have the same ticks, or time does not advance between them, the clock stands
    /// still at `begin`.
    pub(crate) fn through(begin: (DateTime<Utc>, i64), end: (DateTime<Utc>, i64)) -> Self {
        let (begin_ns, end_ns) = (to_nanoseconds(begin.0), to_nanoseconds(end.0));
        let ticks = i128::from(end.1) - i128::from(begin.1);
        let ns = i128::from(end_ns) - i128::from(begin_ns);
        let (period_ticks, period_ns) = if ticks > 0 && ns > 0 { (ticks, ns) } else { (1, 0) };
        Self { origin_ns: begin_ns, origin_ticks: begin.1, period_ticks, period_ns }
    }

    /// Nanoseconds since the Unix epoch at these absolute ticks.
    pub(crate) fn nanoseconds(&self, ticks: i64) -> i64 {
        let elapsed = i128::from(ticks) - i128::from(self.origin_ticks);
        // Splitting off whole periods keeps the common case in 64-bit divisions, and is exact:
        // floor((q * p + r) * n / p) = q * n + floor(r * n / p).
        if let (Ok(elapsed), Ok(period)) =
            (i64::try_from(elapsed), i64::try_from(self.period_ticks))
        {
            let whole = i128::from(elapsed.div_euclid(period));
            let rest = elapsed.rem_euclid(period);
            let part = match i64::try_from(self.period_ns).ok().and_then(|ns| rest.checked_mul(ns))
            {
                Some(product) => i128::from(product / period),
                None => i128::from(rest) * self.period_ns / self.period_ticks,
            };
            return clamp(i128::from(self.origin_ns) + whole * self.period_ns + part);
        }
        let whole = elapsed.div_euclid(self.period_ticks);
        let rest = elapsed.rem_euclid(self.period_ticks);
        let part = rest * self.period_ns / self.period_ticks;
        let since_origin = whole.saturating_mul(self.period_ns).saturating_add(part);
        clamp(since_origin.saturating_add(i128::from(self.origin_ns)))
    }

    /// The length of a duration in ticks, in seconds; `None` if the clock stands still.
    pub(crate) fn seconds(&self, ticks: u64) -> Option<f64> {
        if self.period_ns == 0 {
            return None;
        }
        let frequency = if self.period_ns == NANOSECONDS_PER_SECOND {
            self.period_ticks as f64
        } else {
            self.period_ticks as f64 * 1e9 / self.period_ns as f64
        };
        Some(ticks as f64 / frequency)
    }
}

/// Nanoseconds since the Unix epoch, clamped to what 64 bits hold.
pub(crate) fn to_nanoseconds(time: DateTime<Utc>) -> i64 {
    time.timestamp_nanos_opt().unwrap_or(if time.timestamp() < 0 { i64::MIN } else { i64::MAX })
}

fn clamp(ns: i128) -> i64 {
    ns.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ns: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_nanos(ns)
    }

    fn reference(start: i64, start_ticks: i64, frequency: i64, ticks: i64) -> i128 {
        let elapsed = i128::from(ticks) - i128::from(start_ticks);
        i128::from(start) + (elapsed * NANOSECONDS_PER_SECOND).div_euclid(i128::from(frequency))
    }

    #[test]
    fn conversion_is_the_exact_floor() {
        let frequencies = [1, 3, 1_000, 24_000_000, 2_499_998_000, 9_999_999_999, 1 << 60];
        let ticks = [0, 1, -1, 7, 2_499_998_001, -2_499_998_001, 1 << 52, -(1 << 52), i64::MAX / 4];
        for frequency in frequencies {
            for start_ticks in [0, 12_345, -77, 1 << 50] {
                let clock = TickClock::new(at(1_700_000_000_123_456_789), start_ticks, frequency);
                for t in ticks {
                    let expected =
                        clamp(reference(1_700_000_000_123_456_789, start_ticks, frequency, t));
                    assert_eq!(
                        clock.nanoseconds(t),
                        expected,
                        "{t} at {frequency} from {start_ticks}"
                    );
                }
            }
        }
    }

    #[test]
    fn extremes_are_clamped_and_do_not_panic() {
        let clock = TickClock::new(at(i64::MAX - 1), i64::MIN, 1);
        assert_eq!(clock.nanoseconds(i64::MAX), i64::MAX);
        let clock = TickClock::new(at(i64::MIN + 1), i64::MAX, 1);
        assert_eq!(clock.nanoseconds(i64::MIN), i64::MIN);
    }

    #[test]
    fn two_points_define_a_clock() {
        let clock = TickClock::through((at(1_000), 10), (at(3_000), 20));
        assert_eq!(clock.nanoseconds(10), 1_000);
        assert_eq!(clock.nanoseconds(15), 2_000);
        assert_eq!(clock.nanoseconds(20), 3_000);
        assert_eq!(clock.nanoseconds(0), -1_000);
        assert_eq!(clock.seconds(5), Some(1e-6));
    }

    #[test]
    fn points_that_do_not_advance_stop_the_clock() {
        let clock = TickClock::through((at(1_000), 10), (at(3_000), 10));
        assert_eq!(clock.nanoseconds(99), 1_000);
        assert_eq!(clock.seconds(5), None);
        let clock = TickClock::through((at(3_000), 10), (at(1_000), 20));
        assert_eq!(clock.nanoseconds(15), 3_000);
    }
}
