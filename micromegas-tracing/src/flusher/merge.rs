//! Runs of records become one run in the order of time, in memory that does not grow with their
//! length.

use crate::record::Record;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::marker::PhantomData;

/// The records of all runs by time; among equal times, in the order of the runs. Each run is in the
/// order of time already.
pub(super) struct Merge<'a, R, I> {
    /// The next record of each run; the least is the first.
    heads: BinaryHeap<Reverse<Head<R, I>>>,
    records: PhantomData<&'a R>,
}

struct Head<R, I> {
    time: i64,
    run: usize,
    record: R,
    rest: I,
}

impl<'a, R: Record<'a>, I: Iterator<Item = R>> Merge<'a, R, I> {
    pub(super) fn new(runs: impl Iterator<Item = I>) -> Self {
        let heads = runs.enumerate().filter_map(|(run, mut rest)| {
            let record = rest.next()?;
            Some(Reverse(Head { time: record.time(), run, record, rest }))
        });
        Self { heads: heads.collect(), records: PhantomData }
    }
}

impl<'a, R: Record<'a>, I: Iterator<Item = R>> Iterator for Merge<'a, R, I> {
    type Item = R;

    #[inline]
    fn next(&mut self) -> Option<R> {
        let mut first = self.heads.peek_mut()?;
        let Reverse(head) = &mut *first;
        match head.rest.next() {
            Some(next) => {
                head.time = next.time();
                Some(std::mem::replace(&mut head.record, next))
            }
            None => Some(PeekMut::pop(first).0.record),
        }
    }
}

impl<R, I> Head<R, I> {
    fn key(&self) -> (i64, usize) {
        (self.time, self.run)
    }
}

impl<R, I> Ord for Head<R, I> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl<R, I> PartialOrd for Head<R, I> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R, I> PartialEq for Head<R, I> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<R, I> Eq for Head<R, I> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::{CallSite, MetricMetadata};
    use crate::record::{MetricRecord, MetricValue};

    #[test]
    fn runs_are_merged_by_time_and_equal_times_keep_the_order_of_the_runs() {
        const SITE: CallSite = CallSite { target: "t", module_path: "t", file: "f.rs", line: 1 };
        static METRIC: MetricMetadata = MetricMetadata::new("m", "count", SITE);
        let runs: [&[(i64, u64)]; 4] =
            [&[(1, 0), (4, 1), (4, 2)], &[], &[(4, 3), (9, 4)], &[(0, 5)]];
        let runs = runs.iter().map(|run| {
            run.iter().map(|&(time, value)| MetricRecord {
                metadata: &METRIC,
                time,
                value: MetricValue::Integer(value),
                extra: None,
            })
        });
        let merged: Vec<_> = Merge::new(runs).map(|record| (record.time, record.value)).collect();
        let expected = [(0, 5), (1, 0), (4, 1), (4, 2), (4, 3), (9, 4)];
        assert_eq!(merged, expected.map(|(time, value)| (time, MetricValue::Integer(value))));
    }
}
