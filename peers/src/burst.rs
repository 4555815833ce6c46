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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::nothing;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Instant;

    /// What the second thread of the test spends beyond the first.
    const EXCESS: Duration = Duration::from_millis(300);
    const PATIENCE: Duration = Duration::from_secs(60);

    static BURSTS: Mutex<Vec<(String, u64)>> = Mutex::new(Vec::new());
    static TOGETHER: AtomicU64 = AtomicU64::new(0);
    static RESTS: AtomicU64 = AtomicU64::new(0);

    fn name() -> String {
        thread::current().name().unwrap_or_default().to_owned()
    }

    /// A burst ends only once both threads have begun theirs, and that of the second takes longer.
    fn spans(count: u64) {
        BURSTS.lock().expect("no panic within").push((name(), count));
        if count != SPAN_COUNT {
            return;
        }
        TOGETHER.fetch_add(1, Ordering::SeqCst);
        let begin = Instant::now();
        while TOGETHER.load(Ordering::SeqCst) < 2 {
            assert!(begin.elapsed() < PATIENCE, "the other thread waits for this one to end");
            thread::yield_now();
        }
        let begin = cpu_time();
        while name() == "second" && cpu_time() - begin < EXCESS {
            std::hint::spin_loop();
        }
    }

    fn rest() {
        let bursts = BURSTS.lock().expect("no panic within").len();
        assert_eq!(bursts, 4, "nobody rests before both threads have ended");
        RESTS.fetch_add(1, Ordering::SeqCst);
    }

    #[test]
    fn two_threads_record_the_same_at_once_and_the_time_is_that_of_the_first() {
        let subject = Subject {
            name: "two threads",
            start: nothing,
            spans,
            rest,
            is_off_before_start: false,
            can_be_compiled_out: false,
            filter: None,
        };
        let time_ns = beside_another(&subject);
        let bursts = BURSTS.lock().expect("no panic within").clone();
        let of = |is_second| -> Vec<u64> {
            let own = bursts.iter().filter(|(name, _)| (name == "second") == is_second);
            own.map(|(_, count)| *count).collect()
        };
        assert_eq!(of(false), [FIRST_COUNT, SPAN_COUNT]);
        assert_eq!(of(true), [FIRST_COUNT, SPAN_COUNT]);
        assert_eq!(RESTS.load(Ordering::SeqCst), 1);
        let excess_ns = per_span(EXCESS);
        assert!(time_ns > 0.0 && time_ns < excess_ns / 2.0, "{time_ns} of {excess_ns}");
    }

    #[test]
    fn a_burst_alone_has_its_own_time_for_each_span() {
        let subject = Subject {
            name: "alone",
            start: nothing,
            spans: |count| {
                let begin = cpu_time();
                let time = if count == SPAN_COUNT { EXCESS } else { Duration::ZERO };
                while cpu_time() - begin < time {
                    std::hint::spin_loop();
                }
            },
            rest: nothing,
            is_off_before_start: false,
            can_be_compiled_out: false,
            filter: None,
        };
        let (time_ns, least_ns) = (alone(&subject), per_span(EXCESS));
        assert!((least_ns..2.0 * least_ns).contains(&time_ns), "{time_ns} of {least_ns}");
    }
}
