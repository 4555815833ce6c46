//! Timing in bursts: a run of events is timed, what happens between runs is not.

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

    use super::*;

    #[test]
    fn every_iteration_is_in_one_burst() {
        let (calls, pauses) = (Cell::new(0), Cell::new(0));
        in_bursts(10, 4, || calls.set(calls.get() + 1), || pauses.set(pauses.get() + 1));
        assert_eq!((calls.get(), pauses.get()), (10, 3));
    }
}
