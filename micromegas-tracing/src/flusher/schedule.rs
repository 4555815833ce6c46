//! When which kind of events is due.

use crate::buffer::Kind;
use crate::config::Config;
use std::time::{Duration, Instant};

/// Entries that must not wait are handed over at once, but not more often than this.
const URGENT_PERIOD: Duration = Duration::from_millis(50);

/// Memory that was not needed for so long is given up: longer than the events of a thread usually
/// wait, so that what they take up each time stays.
const TRIM_PERIOD: Duration = Duration::from_secs(10);

/// Periods, and when each kind was last handed over.
#[derive(Debug)]
pub(super) struct Schedule {
    kinds: [(Duration, Instant); Kind::COUNT],
    has_urgent: bool,
    has_own_periods: bool,
    /// The least period that the sink asks for.
    sink_period: Duration,
    last_trim: Instant,
}

impl Schedule {
    pub(super) fn new(config: &Config, now: Instant) -> Self {
        let mut kinds = [(Duration::ZERO, now); Kind::COUNT];
        kinds[Kind::Spans as usize].0 = config.span_period;
        kinds[Kind::Metrics as usize].0 = config.metric_period;
        kinds[Kind::Logs as usize].0 = config.log_period;
        let has_own_periods = config.has_own_periods;
        Self {
            kinds,
            has_urgent: false,
            has_own_periods,
            sink_period: Duration::ZERO,
            last_trim: now,
        }
    }

    /// Takes note of what the sink asks for; what the host has configured counts more.
    pub(super) fn set_sink_period(&mut self, period: Option<Duration>) {
        if !self.has_own_periods {
            self.sink_period = period.unwrap_or_default();
        }
    }

    /// An entry that must not wait was recorded.
    pub(super) fn note_urgent(&mut self) {
        self.has_urgent = true;
    }

    fn due(&self, kind: Kind) -> Option<Instant> {
        let (period, last) = self.kinds[kind as usize];
        let period = period.max(self.sink_period);
        let is_urgent = kind == Kind::Logs && self.has_urgent;
        last.checked_add(if is_urgent { period.min(URGENT_PERIOD) } else { period })
    }

    pub(super) fn is_due(&self, kind: Kind, now: Instant) -> bool {
        self.due(kind).is_some_and(|due| due <= now)
    }

    /// Notes that a kind was handed over.
    pub(super) fn note_done(&mut self, kind: Kind, now: Instant) {
        self.kinds[kind as usize].1 = now;
        if kind == Kind::Logs {
            self.has_urgent = false;
        }
    }

    /// Whether it is time to look for memory that is not needed, which then is noted as done.
    pub(super) fn is_trim_due(&mut self, now: Instant) -> bool {
        let is_due = now.saturating_duration_since(self.last_trim) >= TRIM_PERIOD;
        if is_due {
            self.last_trim = now;
        }
        is_due
    }

    /// How long nothing is due; none for ever. Memory is looked for only where there is an excess.
    pub(super) fn idle_time(&self, now: Instant, has_excess: bool) -> Option<Duration> {
        let trim = has_excess.then(|| self.last_trim.checked_add(TRIM_PERIOD)).flatten();
        Kind::ALL
            .into_iter()
            .filter_map(|kind| self.due(kind))
            .chain(trim)
            .min()
            .map(|due| due.saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_has_its_period_and_urgent_logs_do_not_wait() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut schedule = Schedule::new(&Config::default(), start);
        assert!(!schedule.is_due(Kind::Logs, at(999)));
        assert!(schedule.is_due(Kind::Logs, at(1000)));
        assert!(!schedule.is_due(Kind::Spans, at(4999)));
        assert_eq!(schedule.idle_time(start, false), Some(Duration::from_secs(1)));
        schedule.note_urgent();
        assert!(schedule.is_due(Kind::Logs, at(50)));
        schedule.note_done(Kind::Logs, at(50));
        assert!(!schedule.is_due(Kind::Logs, at(100)));
    }

    #[test]
    fn the_sink_may_ask_for_longer_periods_unless_the_host_has_decided() {
        let start = Instant::now();
        let minute = Duration::from_secs(60);
        let mut schedule = Schedule::new(&Config::default(), start);
        schedule.set_sink_period(Some(minute));
        assert_eq!(schedule.idle_time(start, false), Some(minute));
        schedule.note_urgent();
        assert_eq!(schedule.idle_time(start, false), Some(URGENT_PERIOD));
        schedule.note_done(Kind::Logs, start);
        schedule.set_sink_period(None);
        assert_eq!(schedule.idle_time(start, false), Some(Duration::from_secs(1)));
        let config = Config::default().with_flush_period(Duration::from_secs(7));
        let mut schedule = Schedule::new(&config, start);
        schedule.set_sink_period(Some(minute));
        assert_eq!(schedule.idle_time(start, false), Some(Duration::from_secs(7)));
    }

    #[test]
    fn a_period_without_end_is_never_due() {
        let start = Instant::now();
        let config = Config::default().with_flush_period(Duration::MAX);
        let mut schedule = Schedule::new(&config, start);
        assert_eq!(schedule.idle_time(start, false), None);
        assert_eq!(schedule.idle_time(start, true), Some(TRIM_PERIOD));
        assert!(!schedule.is_trim_due(start));
        assert!(schedule.is_trim_due(start + TRIM_PERIOD));
        assert!(!schedule.is_trim_due(start + TRIM_PERIOD));
    }
}
