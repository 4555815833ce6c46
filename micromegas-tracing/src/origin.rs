//! The moment the process began to record, on both clocks.

use crate::clock;
use chrono::{DateTime, TimeDelta, Utc};

const NANOS_PER_SECOND: i128 = 1_000_000_000;

/// Ties ticks to wall-clock time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) start_time: DateTime<Utc>,
    pub(crate) start_ticks: i64,
    pub(crate) frequency: i64,
}

impl Origin {
    /// The present moment.
    pub(crate) fn now() -> Self {
        let frequency = clock::frequency();
        let before = clock::now();
        let start_time = Utc::now();
        let start_ticks = before + (clock::now() - before) / 2;
        Self { start_time, start_ticks, frequency }
    }

    /// Ticks since the origin.
    pub(crate) fn relative(&self, ticks: i64) -> i64 {
        ticks.wrapping_sub(self.start_ticks)
    }

    /// The wall-clock time of a tick count.
    pub(crate) fn wall_clock(&self, ticks: i64) -> DateTime<Utc> {
        let frequency = i128::from(self.frequency.max(1));
        let nanos = i128::from(self.relative(ticks)) * NANOS_PER_SECOND / frequency;
        let nanos = i64::try_from(nanos).unwrap_or(i64::MAX);
        self.start_time.checked_add_signed(TimeDelta::nanoseconds(nanos)).unwrap_or(self.start_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_become_time_at_the_frequency() {
        let origin = Origin { frequency: 2_500_000_000, ..Origin::now() };
        let later = origin.wall_clock(origin.start_ticks + 2_500_000_000 * 3600 + 5);
        assert_eq!(later - origin.start_time, TimeDelta::seconds(3600) + TimeDelta::nanoseconds(2));
        let earlier = origin.wall_clock(origin.start_ticks - 250_000_000);
        assert_eq!(origin.start_time - earlier, TimeDelta::milliseconds(100));
    }
}
