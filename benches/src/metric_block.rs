//! A block of metrics as a program that draws frames leaves it.

use micromegas_transit::types::{
    FloatMetricEvent, IntegerMetricEvent, MetricMetadataDependency, StaticStringDependency, metrics,
};
use micromegas_transit::{RecordQueue, ReflectDynamic};

use crate::random::Random;

/// How many metrics a frame samples, half of them integers.
const METRICS_PER_FRAME: u64 = 20;

/// The record buffers of a block of the metric stream, before compression.
#[derive(Debug)]
pub struct MetricBlock {
    /// Strings and descriptors.
    pub dependencies: Vec<u8>,
    /// Samples.
    pub objects: Vec<u8>,
    /// How many samples.
    pub event_count: usize,
}

impl MetricBlock {
    /// Every 16 ms or so, a sample of each of 20 metrics, 50 to 305 ticks after the one before:
    /// counters that move by a little, and floating-point values with all their digits. The same
    /// arguments give the same bytes.
    pub fn of_frames(event_count: usize) -> Self {
        let mut random = Random::new();
        let mut objects = RecordQueue::new();
        let mut counters = [10_000_u64; METRICS_PER_FRAME as usize];
        let mut time = 1_000_000_000_000;
        let metrics = (0..METRICS_PER_FRAME).cycle();
        for (metric, counter) in metrics.zip((0..counters.len()).cycle()).take(event_count) {
            if metric == 0 {
                time += 48_000_000 + i64::from(random.next() as u32 % 100_000);
            }
            time += 50 + i64::from(random.next() as u8);
            let (desc, noise) = (metric_id(metric), random.next());
            if metric.is_multiple_of(2) {
                counters[counter] += noise % 16;
                let event = IntegerMetricEvent { desc, value: counters[counter], time };
                objects.push(metrics::INTEGER_METRIC_EVENT, &event);
            } else {
                // 53 random bits are the fraction of a number from 0 to 1.
                let value = 16.0 + (noise >> 11) as f64 / (1_u64 << 53) as f64;
                let event = FloatMetricEvent { desc, value, time };
                objects.push(metrics::FLOAT_METRIC_EVENT, &event);
            }
        }
        let dependencies = dependencies().into_bytes();
        Self { dependencies, objects: objects.into_bytes(), event_count }
    }
}

/// Strings 1 to 3 are target, file and unit; then each metric has a name and a descriptor.
fn dependencies() -> RecordQueue {
    let (target, file, unit) = (1, 2, 3);
    let mut queue = RecordQueue::new();
    let mut push_string = |id, text: &str| {
        queue.push_dynamic(metrics::STATIC_STRING, |payload| {
            StaticStringDependency { id, text }.write_to(payload);
        });
    };
    push_string(target, "benches::frames");
    push_string(file, "benches/src/frames.rs");
    push_string(unit, "count");
    for metric in 0..METRICS_PER_FRAME {
        push_string(name_id(metric), &format!("frame metric {metric}"));
    }
    for metric in 0..METRICS_PER_FRAME {
        let (id, name) = (metric_id(metric), name_id(metric));
        let line = metric as u32;
        let metric = MetricMetadataDependency { id, name, unit, target, file, line, lod: 2 };
        queue.push(metrics::METRIC_METADATA, &metric);
    }
    queue
}

fn name_id(metric: u64) -> u64 {
    4 + 2 * metric
}

fn metric_id(metric: u64) -> u64 {
    5 + 2 * metric
}

#[cfg(test)]
mod tests {
    use micromegas_transit::types::metric_stream_layout;
    use micromegas_transit::{Limits, Payload, StreamPlan, compress_frame};

    use super::*;

    #[test]
    fn frames_decode_to_samples_of_all_metrics() {
        let block = MetricBlock::of_frames(1_000);
        let payload = Payload {
            dependencies: compress_frame(&block.dependencies).into(),
            objects: compress_frame(&block.objects).into(),
        };
        let limits = Limits::default();
        let plan = StreamPlan::compile(&metric_stream_layout(), &limits).unwrap();
        let samples = plan.open(&payload, &limits).unwrap().metrics();
        assert!(samples.losses.is_empty());
        let columns = samples.columns;
        assert_eq!(columns.ticks.len(), block.event_count);
        assert!(columns.ticks.is_sorted());
        let distinct: std::collections::BTreeSet<_> = columns.name.iter().collect();
        assert_eq!(distinct.len() as u64, METRICS_PER_FRAME);
        assert_eq!(columns.is_integer.iter().filter(|is_integer| **is_integer).count(), 500);
        assert!(columns.value.iter().all(|value| (16.0..20_000.0).contains(value)));
    }
}
