//! A panic of the flusher itself: what it had in its hand counts as dropped, and it goes on.

use crate::flusher::streams::Outlet;
use crate::record::{Record, Records};
use crate::stats::{self, Counts};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Hands over the records of these runs. If that panics, those that neither reached the sink nor were
/// lost by it count as dropped; returns how many that are.
pub(super) fn guarded<'a, R: Record<'a>>(
    runs: &[Records<'a, R>],
    outlet: &mut Outlet<'_>,
    hand_over: impl FnOnce(&mut Outlet<'_>),
) -> u64 {
    let before = outlet.accounted;
    if catch_unwind(AssertUnwindSafe(|| hand_over(outlet))).is_ok() {
        return 0;
    }
    let accounted = outlet.accounted.without(before);
    let lost = counts_of(runs).without(accounted);
    stats::DROPPED.add(lost);
    lost.total()
}

/// How many events the runs hold, as far as they can be read: that may be what panicked.
fn counts_of<'a, R: Record<'a>>(runs: &[Records<'a, R>]) -> Counts {
    let mut counts = Counts::default();
    let _ = catch_unwind(AssertUnwindSafe(|| {
        for record in runs.iter().copied().flatten() {
            record.note(&mut counts);
        }
    }));
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buffer::Kind;
    use crate::event_sink::{EventBlock, EventSink};
    use crate::flusher::block::BlockBuilder;
    use crate::flusher::dependencies::Dependencies;
    use crate::flusher::runs;
    use crate::flusher::streams::Stream;
    use crate::metadata::{CallSite, MetricMetadata};
    use crate::origin::Origin;
    use crate::record::{INTEGER_METRIC, MetricRecord, head};
    use crate::recording::late::LateRun;
    use micromegas_transit::{ProcessInfo, StreamInfo};
    use std::sync::{Arc, Mutex};
    use uuid::Uuid;

    const SITE: CallSite = CallSite { target: "t", module_path: "t", file: "f.rs", line: 1 };
    static METRIC: MetricMetadata = MetricMetadata::new("m", "count", SITE);

    /// Events and skipped events of each block.
    #[derive(Default)]
    struct Counting(Mutex<Vec<(i32, u64)>>);

    impl EventSink for Counting {
        fn on_process(&self, _: &Arc<ProcessInfo>) {}

        fn on_stream(&self, _: &Arc<StreamInfo>) {}

        fn on_block(&self, _: &Arc<StreamInfo>, block: EventBlock) {
            let mut blocks = self.0.lock().expect("no panic within");
            blocks.push((block.event_count, block.skipped_events));
        }
    }

    fn block_of<'a>(records: Records<'a, MetricRecord<'a>>, events: usize) -> BlockBuilder {
        let mut block = BlockBuilder::begin(&mut Dependencies::default());
        for record in records.take(events) {
            block.note_time(record.time);
            record.note(&mut block.counts);
            block.objects.push(
                0,
                &micromegas_transit::types::IntegerMetricEvent {
                    desc: 1,
                    value: 0,
                    time: record.time,
                },
            );
        }
        block
    }

    #[test]
    fn what_a_panicking_flusher_had_in_its_hand_is_dropped_to_the_event_and_declared() {
        let words: Vec<u64> =
            (0..10).flat_map(|time| [head(&METRIC, INTEGER_METRIC), time, 7]).collect();
        let recorded = LateRun { thread_number: 1, kind: Kind::Metrics, words };
        let run: Records<'_, MetricRecord<'_>> = runs::of_late(&recorded);
        let sink = Counting::default();
        let mut outlet = Outlet {
            process_id: Uuid::nil(),
            origin: Origin::now(),
            sink: &sink,
            dependencies: &mut Dependencies::default(),
            accounted: Counts { metrics: 100, ..Counts::default() },
        };
        let mut stream = Stream::of_metrics(Uuid::nil());
        let lost = guarded(&[run, run], &mut outlet, |outlet| {
            let block = block_of(run, 4);
            assert!(outlet.deliver(&mut stream, block));
            let _ = block_of(run, 3);
            panic!("the flusher panics over the second block");
        });
        assert_eq!(lost, 16);
        stream.skip(lost);
        let lost = guarded(&[run], &mut outlet, |outlet| {
            let block = block_of(run, 10);
            assert!(outlet.deliver(&mut stream, block));
        });
        assert_eq!(lost, 0);
        assert_eq!(*sink.0.lock().expect("no panic within"), [(4, 0), (10, 16)]);
        assert!(stats::stats().dropped.metrics >= 16);
    }
}
