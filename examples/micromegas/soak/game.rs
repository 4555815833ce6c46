//! A game's load: everything happens in frames, all threads at once, and then nothing until the
//! next one.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use micromegas_tracing::prelude::*;

use super::load::{Part, Tally};

const FRAMES_PER_SECOND: u64 = 60;
/// Samples a second, by the main thread.
const SAMPLES_PER_SECOND: u64 = 1000;
/// Every so many frames the main thread has something to say.
const FRAMES_PER_LOG: u64 = 2;

/// Plays until the end of the part. The first thread is the main one.
pub(crate) fn make(part: &Part) -> Tally {
    let mut tally = Tally::default();
    for frame in 0_u64.. {
        let due = part.start + Duration::from_nanos(frame * 1_000_000_000 / FRAMES_PER_SECOND);
        thread::sleep(due.min(part.end).saturating_duration_since(Instant::now()));
        if part.is_over() {
            break;
        }
        let spans_due = (part.rate / 2.0 * (frame + 1) as f64 / FRAMES_PER_SECOND as f64) as u64;
        let budget = spans_due.saturating_sub(tally.span_events / 2);
        tally.span_events += 2 * play(budget);
        if part.thread == 0 {
            tally += report(frame, tally.metrics);
        }
    }
    tally
}

/// One frame of a thread: about `budget` spans, and how many they were.
fn play(budget: u64) -> u64 {
    span_scope!("frame");
    let mut spans = 1;
    while spans < budget {
        spans += task(budget - spans);
    }
    spans
}

/// A task with its steps: up to eight spans on three levels.
fn task(budget: u64) -> u64 {
    span_scope!("task");
    let steps = budget.saturating_sub(1).min(7);
    for step in 0..steps {
        if step % 2 == 0 {
            span_scope!("simulate");
            black_box(step);
        } else {
            span_scope!("draw");
            black_box(step);
        }
    }
    1 + steps
}

/// What the main thread has to say about a frame, after so many samples.
fn report(frame: u64, samples: u64) -> Tally {
    let due = (frame + 1) * SAMPLES_PER_SECOND / FRAMES_PER_SECOND;
    let mut tally = Tally::default();
    for number in samples..due {
        fmetric!("frame_time", "ms", black_box(16.6));
        tally.metrics += 1;
        black_box(number);
    }
    if frame.is_multiple_of(FRAMES_PER_LOG) {
        info!("frame {frame} is done");
        tally.logs += 1;
    }
    tally
}
