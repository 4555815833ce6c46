//! Timing in bursts: a run of events is timed, what happens between runs is not.

use std::sync::Barrier;
use std::thread::{self, Builder};
use std::time::Duration;

use crate::ThreadCpuTime;

/// The CPU time of `iterations` calls of `body`, in bursts of at most `burst` calls. `between` runs
/// after each burst, untimed: it makes room for what the next burst records.
pub fn in_bursts(
    iterations: u64,
    burst: u64,
    mut body: impl FnMut(),
    mut between: impl FnMut(),
) -> Duration {
    let bursts = bursts(iterations, burst).map(|count| {
        let time = timed(count, &mut body);
        between();
        time
    });
    bursts.sum()
}

/// As [`in_bursts`], while a second thread does the same in the same bursts. `body` is called once
/// in each thread, for the body of that thread; the first thread's CPU time is returned.
pub fn in_bursts_of_two_threads<B: FnMut()>(
    iterations: u64,
    burst: u64,
    body: impl Fn() -> B + Sync,
    mut between: impl FnMut(),
) -> Duration {
    let (begin, end) = (Barrier::new(2), Barrier::new(2));
    thread::scope(|scope| {
        let second = || {
            let mut body = body();
            for count in bursts(iterations, burst) {
                begin.wait();
                timed(count, &mut body);
                end.wait();
            }
        };
        let second = Builder::new().name("second".to_owned()).spawn_scoped(scope, second);
        let second = second.expect("a second thread can be started");
        let mut body = body();
        let bursts = bursts(iterations, burst).map(|count| {
            begin.wait();
            let time = timed(count, &mut body);
            end.wait();
            between();
            time
        });
        let time = bursts.sum();
        second.join().expect("the second thread does what the first does");
        time
    })
}

/// The lengths of the bursts that so many iterations make.
fn bursts(iterations: u64, burst: u64) -> impl Iterator<Item = u64> {
    (0..iterations).step_by(burst as usize).map(move |done| burst.min(iterations - done))
}

fn timed(count: u64, body: &mut impl FnMut()) -> Duration {
    let start = ThreadCpuTime::now();
    for _ in 0..count {
        body();
    }
    ThreadCpuTime::now() - start
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn every_iteration_is_in_one_burst() {
        let (calls, pauses) = (Cell::new(0), Cell::new(0));
        in_bursts(10, 4, || calls.set(calls.get() + 1), || pauses.set(pauses.get() + 1));
        assert_eq!((calls.get(), pauses.get()), (10, 3));
    }

    #[test]
    fn both_threads_do_every_iteration() {
        let calls = AtomicU64::new(0);
        let body = || {
            || {
                calls.fetch_add(1, Ordering::Relaxed);
            }
        };
        in_bursts_of_two_threads(10, 4, body, || ());
        assert_eq!(calls.load(Ordering::Relaxed), 20);
    }
}
