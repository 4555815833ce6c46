//! Bursts of spans, timed in CPU time of the thread that records them.

use std::sync::Barrier;
use std::thread::{self, Builder};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::subject::Subject;

/// Spans of a burst: 16 MiB of our events, which is more than caches near the core hold.
const SPAN_COUNT: u64 = 1 << 19;

/// Spans before a burst, untimed: a thread's first ones make its buffers.
const FIRST_COUNT: u64 = 1000;

/// Nanoseconds for a span, while nobody else records.
pub(crate) fn alone(subject: &Subject) -> f64 {
    (subject.spans)(FIRST_COUNT);
    let time = timed(subject.spans);
    (subject.rest)();
    per_span(time)
}

/// Nanoseconds for a span, while a second thread records as many.
pub(crate) fn beside_another(subject: &Subject) -> f64 {
    let begin = Barrier::new(2);
    let second = || {
        (subject.spans)(FIRST_COUNT);
        begin.wait();
        timed(subject.spans);
    };
    let time = thread::scope(|scope| {
        let second = Builder::new().name("second".to_owned()).spawn_scoped(scope, second);
        let second = second.expect("a second thread can be started");
        (subject.spans)(FIRST_COUNT);
        begin.wait();
        let time = timed(subject.spans);
        second.join().expect("it records what the first one does");
        time
    });
    (subject.rest)();
    per_span(time)
}

fn timed(spans: fn(u64)) -> Duration {
    let start = cpu_time();
    spans(SPAN_COUNT);
    cpu_time() - start
}

fn per_span(time: Duration) -> f64 {
    time.as_secs_f64() * 1e9 / SPAN_COUNT as f64
}

/// The CPU time that the calling thread has used so far.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let nanos = u32::try_from(time.tv_nsec).unwrap_or_default();
    Duration::new(u64::try_from(time.tv_sec).unwrap_or_default(), nanos)
}
