//! The rule for frames: the slow ones, and a few others.

use crate::sampling::average::SpikeDetector;
use crate::sampling::sink::BlockSampler;
use micromegas_tracing::{EventBlock, frequency, now};
use micromegas_transit::{StreamInfo, TickRange};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Times of a [`SpikeSampler`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpikeOptions {
    /// Every so often, in time during which the program is in use, a frame is kept whether it was
    /// slow or not.
    pub heartbeat: Duration,
    /// Nothing is kept when the user did nothing for this long; none to keep frames always.
    pub idle_timeout: Option<Duration>,
    /// How long kept frames are remembered. Blocks arrive up to a flush period after their events.
    pub memory: Duration,
}

impl Default for SpikeOptions {
    /// A frame a minute; always in use; frames are remembered for two minutes.
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(60),
            idle_timeout: None,
            memory: Duration::from_secs(120),
        }
    }
}

/// Keeps blocks that overlap a slow frame.
///
/// A frame is slow if it lasts 1.3 times the average of the last 32, which each slow frame raises
/// by a hundredth. A frame that is slow already before its end counts, too. The program marks its
/// frames, and says when its user does something, if it wants to save what is recorded while
/// nobody is there.
///
/// ```
/// use micromegas_telemetry_sink::SpikeSampler;
/// use std::sync::Arc;
///
/// let sampler = Arc::new(SpikeSampler::default());
/// // TelemetryBuilder::new().with_sampler(sampler.clone())
/// for _frame in 0..3 {
///     // The game's loop.
///     sampler.mark_frame();
/// }
/// ```
#[derive(Debug)]
pub struct SpikeSampler {
    options: SpikeOptions,
    ticks_per_second: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    detector: SpikeDetector,
    /// When the latest frame ended.
    last_frame: Option<i64>,
    last_interaction: Option<i64>,
    /// Seconds in use since the latest frame that was kept.
    active_seconds: f64,
    /// Frames to keep, in order.
    kept: VecDeque<TickRange>,
}

impl SpikeSampler {
    /// A rule with these times.
    pub fn new(options: SpikeOptions) -> Self {
        Self::with_frequency(options, frequency())
    }

    fn with_frequency(options: SpikeOptions, frequency: i64) -> Self {
        let state = State {
            detector: SpikeDetector::new(),
            last_frame: None,
            last_interaction: None,
            active_seconds: 0.0,
            kept: VecDeque::new(),
        };
        Self { options, ticks_per_second: frequency.max(1) as f64, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A frame has ended, and the next one begins.
    pub fn mark_frame(&self) {
        self.mark_frame_at(now());
    }

    /// The user has done something.
    pub fn note_interaction(&self) {
        self.lock().last_interaction = Some(now());
    }

    fn mark_frame_at(&self, ticks: i64) {
        let mut state = self.lock();
        let Some(begin) = state.last_frame.replace(ticks) else {
            // Being there is the first thing a user does.
            state.last_interaction.get_or_insert(ticks);
            return;
        };
        let seconds = (ticks - begin) as f64 / self.ticks_per_second;
        let is_spike = state.detector.note(seconds * 1000.0);
        if self.is_idle(&state, ticks) {
            return;
        }
        state.active_seconds += seconds;
        if is_spike || state.active_seconds >= self.options.heartbeat.as_secs_f64() {
            state.active_seconds = 0.0;
            state.kept.push_back(TickRange { least: begin, greatest: ticks });
        }
        let oldest = ticks - self.ticks(self.options.memory);
        while state.kept.front().is_some_and(|frame| frame.greatest < oldest) {
            state.kept.pop_front();
        }
    }

    fn is_idle(&self, state: &State, ticks: i64) -> bool {
        let Some(timeout) = self.options.idle_timeout else { return false };
        state.last_interaction.is_none_or(|last| ticks - last > self.ticks(timeout))
    }

    fn ticks(&self, duration: Duration) -> i64 {
        (duration.as_secs_f64() * self.ticks_per_second) as i64
    }

    fn keeps_at(&self, block: TickRange, ticks: i64) -> bool {
        let state = self.lock();
        let overlaps =
            |frame: &TickRange| frame.least <= block.greatest && block.least <= frame.greatest;
        if state.kept.iter().rev().any(overlaps) {
            return true;
        }
        // The frame that has not ended yet.
        state.last_frame.is_some_and(|begin| {
            let milliseconds = (ticks - begin) as f64 / self.ticks_per_second * 1000.0;
            begin <= block.greatest
                && state.detector.is_spike(milliseconds)
                && !self.is_idle(&state, ticks)
        })
    }
}

impl Default for SpikeSampler {
    fn default() -> Self {
        Self::new(SpikeOptions::default())
    }
}

impl BlockSampler for SpikeSampler {
    fn keeps(&self, _: &StreamInfo, block: &EventBlock) -> bool {
        self.keeps_at(block.event_ticks, now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tick is a millisecond.
    fn sampler(options: SpikeOptions) -> SpikeSampler {
        SpikeSampler::with_frequency(options, 1000)
    }

    fn range(least: i64, greatest: i64) -> TickRange {
        TickRange { least, greatest }
    }

    /// Marks frames of ten milliseconds, after which the average is known; returns the time.
    fn steady(sampler: &SpikeSampler, begin: i64, end: i64) -> i64 {
        let mut ticks = begin;
        while ticks < end {
            sampler.mark_frame_at(ticks);
            ticks += 10;
        }
        ticks
    }

    #[test]
    fn blocks_that_overlap_a_slow_frame_are_kept() {
        let sampler = sampler(SpikeOptions::default());
        let ticks = steady(&sampler, 0, 1000);
        sampler.mark_frame_at(ticks);
        sampler.mark_frame_at(ticks + 30);
        let end = steady(&sampler, ticks + 40, ticks + 100);
        let keeps = |least, greatest| sampler.keeps_at(range(least, greatest), end);
        assert!(!keeps(0, ticks - 1));
        assert!(keeps(ticks - 500, ticks + 1));
        assert!(keeps(ticks + 10, ticks + 20));
        assert!(keeps(ticks + 30, end));
        assert!(!keeps(ticks + 31, end));
    }

    #[test]
    fn a_frame_that_does_not_end_is_slow_already() {
        let sampler = sampler(SpikeOptions::default());
        let last = steady(&sampler, 0, 1000) - 10;
        assert!(!sampler.keeps_at(range(last, last + 5), last + 5));
        assert!(sampler.keeps_at(range(last, last + 5), last + 500));
        assert!(!sampler.keeps_at(range(0, last - 1), last + 500));
    }

    #[test]
    fn a_frame_is_kept_now_and_then_without_being_slow() {
        let options = SpikeOptions { heartbeat: Duration::from_secs(1), ..SpikeOptions::default() };
        let sampler = sampler(options);
        let end = steady(&sampler, 0, 5_000);
        let kept: Vec<_> = sampler.lock().kept.iter().map(|frame| frame.greatest).collect();
        assert_eq!(kept, [1000, 2000, 3000, 4000], "until {end}");
    }

    #[test]
    fn nothing_is_kept_while_nobody_is_there() {
        let options = SpikeOptions {
            heartbeat: Duration::from_secs(1),
            idle_timeout: Some(Duration::from_secs(2)),
            ..SpikeOptions::default()
        };
        let sampler = sampler(options);
        let idle = steady(&sampler, 0, 10_000);
        sampler.mark_frame_at(idle + 500);
        assert!(!sampler.keeps_at(range(idle + 501, idle + 501), idle + 2000));
        let kept = |sampler: &SpikeSampler| sampler.lock().kept.len();
        assert_eq!(kept(&sampler), 2);
        // Only time in use counts: after a second of it the heartbeat is back.
        sampler.lock().last_interaction = Some(idle + 500);
        steady(&sampler, idle + 510, idle + 1400);
        assert_eq!(kept(&sampler), 2);
        steady(&sampler, idle + 1400, idle + 1700);
        assert_eq!(kept(&sampler), 3);
    }

    #[test]
    fn kept_frames_are_forgotten_in_time() {
        let options = SpikeOptions {
            heartbeat: Duration::from_secs(1),
            memory: Duration::from_secs(3),
            ..SpikeOptions::default()
        };
        let sampler = sampler(options);
        steady(&sampler, 0, 20_000);
        assert!(sampler.lock().kept.len() <= 4);
    }
}
