//! The four mixes of events that sizes are stated for.

use micromegas_transit::types::{
    FloatMetricEvent, metric_stream_layout, metrics, thread_stream_layout,
};
use micromegas_transit::{Limits, RecordQueue, StreamLayout, planar};

use crate::SpanBlock;
use crate::random::Random;

/// A trace that the indexer of `micromegas demo` recorded: one of its worker threads, 60,000 begins
/// and ends of spans.
const DEMO_TRACE: &[u8] = include_bytes!("../fixtures/demo_trace.planar");

/// Ticks of the clock in a second.
const FREQUENCY: f64 = 2.5e9;

/// The records of a block of one kind.
#[derive(Debug)]
pub struct Mix {
    /// As in the rows of the budget.
    pub name: &'static str,
    /// How its stream's records lie.
    pub layout: StreamLayout,
    /// The record buffer.
    pub records: Vec<u8>,
    /// Number of records.
    pub event_count: usize,
    /// What the published client was seen to send for an event of this kind, in bytes.
    pub published_bytes: f64,
}

impl Mix {
    /// All four.
    ///
    /// # Panics
    /// When the recorded trace cannot be read.
    pub fn all() -> [Self; 4] {
        let spans = |name, records: Vec<u8>, event_count| Self {
            name,
            layout: thread_stream_layout(),
            records,
            event_count,
            published_bytes: 5.0,
        };
        let walk = SpanBlock::random_walk(200_000, 60);
        let busy = SpanBlock::at_rate(200_000, 60, FREQUENCY / 100_000.0);
        let demo = planar::decode(DEMO_TRACE, &Limits::default()).expect("a whole trace");
        let demo_count = demo.len() / 17;
        [
            spans("random_walk", walk.objects, walk.event_count),
            spans("60_descriptors", busy.objects, busy.event_count),
            spans("demo_trace", demo, demo_count),
            Self::frame_metrics(5_000),
        ]
    }

    /// What a game measures in each frame: times in milliseconds, counts, sizes and ratios, one
    /// after the other, 60 frames a second.
    fn frame_metrics(frame_count: u64) -> Self {
        let mut random = Random::new();
        let mut queue = RecordQueue::new();
        let mut frame_begin = 4e12;
        let mut memory_bytes = 800e6_f64;
        for frame in 0..frame_count {
            let mut time = frame_begin;
            let mut push = |desc, value, random: &mut Random| {
                // Samples of a frame follow each other within a few hundred nanoseconds.
                time += 100.0 + random.exponential(400.0);
                let event = FloatMetricEvent { desc, value, time: time as i64 };
                queue.push(metrics::FLOAT_METRIC_EVENT, &event);
            };
            let frame_ticks = FREQUENCY / 60.0 * (1.0 + 0.02 * random.exponential(1.0));
            let milliseconds = |ticks: f64| ticks.trunc() / (FREQUENCY / 1e3);
            push(101, milliseconds(frame_ticks), &mut random);
            for (desc, share) in [(103, 0.5), (105, 0.3), (107, 0.12), (109, 0.04)] {
                let ticks = frame_ticks * share * (0.9 + 0.2 * random.fraction());
                push(desc, milliseconds(ticks), &mut random);
            }
            push(111, 1e9 / (frame_ticks / FREQUENCY * 1e9), &mut random);
            push(113, (1200 + random.next() % 300) as f64, &mut random);
            push(115, (40_000 + random.next() % 9_000) as f64, &mut random);
            memory_bytes += (random.next() % 64) as f64 * 4096.0 - 32.0 * 4096.0;
            push(117, memory_bytes, &mut random);
            push(119, (frame / 600 % 5) as f64, &mut random);
            push(121, random.fraction(), &mut random);
            push(123, 1.0, &mut random);
            frame_begin += frame_ticks;
        }
        Self {
            name: "frame_metrics",
            layout: metric_stream_layout(),
            event_count: queue.record_count(),
            records: queue.into_bytes(),
            published_bytes: 7.2,
        }
    }
}
