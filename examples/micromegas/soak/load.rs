//! What the threads of the load have in common: their tally, their pace, their start and end.

use std::fmt;
use std::ops::{Add, AddAssign};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};
use clap::ValueEnum;

use super::{flat, game};

/// The shape of the load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// A game at 60 frames a second: per second tens of log entries and 1,000 samples; span events
    /// at the given rate, in frames
    Game60,
    /// Log entries, samples and spans at an even rate, mixed 5 : 15 : 80
    Flat,
}

/// A load to be made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) profile: Profile,
    pub(crate) threads: u32,
    /// Events a second of all threads together; 0 for as many as possible.
    pub(crate) rate: u64,
    pub(crate) time: Duration,
}

/// Events by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) logs: u64,
    pub(crate) metrics: u64,
    pub(crate) span_events: u64,
}

impl Tally {
    pub(crate) fn total(self) -> u64 {
        self.logs + self.metrics + self.span_events
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            logs: self.logs + other.logs,
            metrics: self.metrics + other.metrics,
            span_events: self.span_events + other.span_events,
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { logs, metrics, span_events } = self;
        write!(f, "{:>13} {logs:>11} {metrics:>12} {span_events:>13}", self.total())
    }
}

/// One thread's part of a load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) thread: u32,
    /// Events a second of this thread; 0 for as many as possible.
    pub(crate) rate: f64,
    pub(crate) start: Instant,
    pub(crate) end: Instant,
}

impl Part {
    pub(crate) fn is_over(&self) -> bool {
        Instant::now() >= self.end
    }

    /// Waits until so many events are due.
    pub(crate) fn wait_for(&self, events: u64) {
        if self.rate > 0.0 {
            let due = self.start + Duration::from_secs_f64(events as f64 / self.rate);
            thread::sleep(due.min(self.end).saturating_duration_since(Instant::now()));
        }
    }
}

/// Makes a load: what its threads asked to be recorded.
pub(crate) fn make(load: &Load) -> Result<Tally> {
    let start = Instant::now();
    let parts = (0..load.threads).map(|thread| Part {
        thread,
        rate: load.rate as f64 / f64::from(load.threads),
        start,
        end: start + load.time,
    });
    let work = match load.profile {
        Profile::Flat => flat::make,
        Profile::Game60 => game::make,
    };
    let threads: Vec<_> = parts
        .map(|part| {
            let name = format!("soak-{}", part.thread);
            Builder::new().name(name).spawn(move || work(&part))
        })
        .collect::<Result<_, _>>()
        .context("a thread cannot be started")?;
    threads.into_iter().try_fold(Tally::default(), |sum, thread| {
        let tally = thread.join().map_err(|_| anyhow!("a thread of the load panicked"))?;
        Ok(sum + tally)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_profiles_keep_their_rate_and_end_in_time() {
        for profile in [Profile::Flat, Profile::Game60] {
            let time = Duration::from_millis(500);
            let load = Load { profile, threads: 2, rate: 60_000, time };
            let begin = Instant::now();
            let tally = make(&load).expect("threads can be started");
            assert!(begin.elapsed() < Duration::from_secs(5));
            assert!(tally.logs > 0 && tally.metrics > 0, "{profile:?}: {tally}");
            assert!((10_000..=36_000).contains(&tally.total()), "{profile:?}: {tally}");
        }
    }
}
