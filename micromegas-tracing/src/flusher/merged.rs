//! Streams of the whole process: the threads' runs of log entries, or of metric samples, merged by
//! time.

use crate::flusher::block::BlockBuilder;
use crate::flusher::dependencies::Dependencies;
use crate::flusher::runs;
use crate::flusher::streams::{Outlet, Stream};
use crate::record::{LogRecord, MetricRecord, MetricValue, Record};
use crate::recording::{late, threads};
use micromegas_transit::ReflectDynamic;
use micromegas_transit::types::{
    FloatMetricEvent, IntegerMetricEvent, LogStaticStrEvent, LogStringEventV2, log, metrics,
};

/// Events that go to one stream of the process, whatever thread they come from.
pub(super) trait Merged {
    /// What a buffer holds of them.
    type Record<'a>: Record<'a>;

    /// Adds one event to a block.
    fn write(record: &Self::Record<'_>, dependencies: &mut Dependencies, block: &mut BlockBuilder);
}

/// Hands everything recorded so far to the sink.
pub(super) fn flush<M: Merged>(stream: &mut Stream, outlet: &mut Outlet<'_>) {
    let kind = <M::Record<'static> as Record>::KIND;
    let late = late::take(kind);
    let taken: Vec<_> =
        threads::list().iter().flat_map(|thread| threads::take(thread, kind)).collect();
    stream.skip(taken.iter().map(|taken| taken.skipped_events()).sum());

    let bytes_hint = taken.iter().map(|taken| size_of_val(taken.words())).sum();
    let mut records: Vec<M::Record<'_>> = Vec::new();
    records.extend(taken.iter().flat_map(runs::of_taken::<M::Record<'_>>));
    records.extend(late.iter().flat_map(runs::of_late::<M::Record<'_>>));
    // Each run is sorted already, so this is a merge.
    records.sort_by_key(Record::time);

    let mut records = records.iter().peekable();
    while records.peek().is_some() {
        let mut block = BlockBuilder::begin(outlet.dependencies, bytes_hint);
        while !block.is_full()
            && let Some(record) = records.next()
        {
            block.note_time(record.time());
            M::write(record, outlet.dependencies, &mut block);
        }
        outlet.deliver(stream, block);
    }
}

/// Log entries.
#[derive(Debug)]
pub(super) struct Logs;

impl Merged for Logs {
    type Record<'a> = LogRecord<'a>;

    fn write(entry: &LogRecord<'_>, dependencies: &mut Dependencies, block: &mut BlockBuilder) {
        let desc = dependencies.log(entry.metadata);
        let time = entry.time;
        block.counts.logs += 1;
        match entry.text {
            None => {
                block.objects.push(log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc, time });
            }
            Some(text) => {
                let message = String::from_utf8_lossy(text.as_bytes());
                let event = LogStringEventV2 { desc, time, message: &message };
                block.objects.push_dynamic(log::LOG_STRING_EVENT, |out| event.write_to(out));
            }
        }
    }
}

/// Samples of metrics.
#[derive(Debug)]
pub(super) struct Metrics;

impl Merged for Metrics {
    type Record<'a> = MetricRecord;

    fn write(sample: &MetricRecord, dependencies: &mut Dependencies, block: &mut BlockBuilder) {
        let desc = dependencies.metric(sample.metadata);
        let time = sample.time;
        block.counts.metrics += 1;
        match sample.value {
            MetricValue::Integer(value) => {
                let event = IntegerMetricEvent { desc, value, time };
                block.objects.push(metrics::INTEGER_METRIC_EVENT, &event);
            }
            MetricValue::Float(value) => {
                let event = FloatMetricEvent { desc, value, time };
                block.objects.push(metrics::FLOAT_METRIC_EVENT, &event);
            }
        }
    }
}
