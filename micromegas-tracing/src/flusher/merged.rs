//! Streams of the whole process: the threads' runs of log entries, or of metric samples, merged by
//! time.

use crate::flusher::block::BlockBuilder;
use crate::flusher::dependencies::Dependencies;
use crate::flusher::merge::Merge;
use crate::flusher::streams::{Outlet, Stream};
use crate::flusher::{recovery, runs};
use crate::record::{
    Extra, LogForm, LogRecord, MetricRecord, MetricValue, PackedExtra, Record, Records,
};
use crate::recording::{late, threads};
use micromegas_transit::types::{
    FloatMetricEvent, IntegerMetricEvent, LogStaticStrEvent, LogStringEventV2, StaticStringRef,
    TaggedFloatMetricEvent, TaggedIntegerMetricEvent, TaggedLogInteropEvent,
    TaggedLogStaticStrEvent, TaggedLogString, TaggedLogTemplateEvent, log, metrics,
};
use micromegas_transit::{RecordQueue, ReflectDynamic};

/// Events that go to one stream of the process, whatever thread they come from.
pub(super) trait Merged {
    /// What a buffer holds of them.
    type Record<'a>: Record<'a> + 'a;

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

    let runs = taken.iter().map(runs::of_taken::<M::Record<'_>>);
    let runs: Vec<_> = runs.chain(late.iter().map(runs::of_late::<M::Record<'_>>)).collect();
    let lost = recovery::guarded(&runs, outlet, |outlet| {
        hand_over::<M>(&runs, stream, outlet);
    });
    stream.skip(lost);
}

/// Each run is sorted already.
fn hand_over<'a, M: Merged>(
    runs: &[Records<'a, M::Record<'a>>],
    stream: &mut Stream,
    outlet: &mut Outlet<'_>,
) {
    let mut records = Merge::new(runs.iter().copied()).peekable();
    while records.peek().is_some() {
        let mut block = BlockBuilder::begin(outlet.dependencies);
        while !block.is_full()
            && let Some(record) = records.next()
        {
            block.note_time(record.time());
            record.note(&mut block.counts);
            M::write(&record, outlet.dependencies, &mut block);
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
        let time = entry.time;
        let objects = &mut block.objects;
        match entry.form {
            LogForm::Constant(metadata) => {
                let desc = dependencies.log(metadata);
                objects.push(log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc, time });
            }
            LogForm::Formatted(metadata, text) => {
                let desc = dependencies.log(metadata);
                push_text(objects, desc, time, text);
            }
            LogForm::TaggedConstant(metadata, extra) => {
                let desc = dependencies.log(metadata);
                let properties = properties_of(dependencies, &read(extra));
                let event = TaggedLogStaticStrEvent { desc, properties, time };
                objects.push(log::TAGGED_LOG_STATIC_STR_EVENT, &event);
            }
            LogForm::TaggedTemplate(metadata, extra) => {
                let desc = dependencies.log(metadata);
                let properties = properties_of(dependencies, &read(extra));
                let event = TaggedLogTemplateEvent { desc, properties, time };
                objects.push(log::TAGGED_LOG_TEMPLATE_EVENT, &event);
            }
            LogForm::TaggedText(metadata, extra) => {
                let desc = dependencies.log(metadata);
                let extra = read(extra);
                let properties = properties_of(dependencies, &extra);
                let message = &String::from_utf8_lossy(extra.text);
                let event = TaggedLogString { desc, properties, time, message };
                objects.push_dynamic(log::TAGGED_LOG_STRING, |out| event.write_to(out));
            }
            LogForm::Foreign(level, extra) => {
                let extra = read(extra);
                if extra.tags.is_empty() {
                    let desc = dependencies.foreign_log(level, extra.name);
                    push_text(objects, desc, time, extra.text);
                } else {
                    let target = StaticStringRef { id: dependencies.text(extra.name) };
                    let properties = properties_of(dependencies, &extra);
                    let (level, message) = (level as u8, &String::from_utf8_lossy(extra.text));
                    let event = TaggedLogInteropEvent { time, level, target, properties, message };
                    objects.push_dynamic(log::TAGGED_LOG_INTEROP_EVENT, |out| event.write_to(out));
                }
            }
        }
    }
}

fn push_text(objects: &mut RecordQueue, desc: u64, time: i64, text: &[u8]) {
    let message = String::from_utf8_lossy(text);
    let event = LogStringEventV2 { desc, time, message: &message };
    objects.push_dynamic(log::LOG_STRING_EVENT, |out| event.write_to(out));
}

/// An extra that cannot be read would be an error of the recording side; the event is kept.
fn read(extra: PackedExtra<'_>) -> Extra<'_> {
    extra.read().unwrap_or_default()
}

fn properties_of(dependencies: &mut Dependencies, extra: &Extra<'_>) -> u64 {
    dependencies.property_set(log::PROPERTY_SET, &extra.tags)
}

/// Samples of metrics.
#[derive(Debug)]
pub(super) struct Metrics;

impl Merged for Metrics {
    type Record<'a> = MetricRecord<'a>;

    fn write(sample: &MetricRecord<'_>, dependencies: &mut Dependencies, block: &mut BlockBuilder) {
        let (time, objects) = (sample.time, &mut block.objects);
        let extra = sample.extra.map(read).unwrap_or_default();
        let desc = if extra.name.is_empty() {
            dependencies.metric(sample.metadata)
        } else {
            dependencies.named_metric(sample.metadata, extra.name, extra.unit)
        };
        if extra.tags.is_empty() {
            match sample.value {
                MetricValue::Integer(value) => {
                    let event = IntegerMetricEvent { desc, value, time };
                    objects.push(metrics::INTEGER_METRIC_EVENT, &event);
                }
                MetricValue::Float(value) => {
                    let event = FloatMetricEvent { desc, value, time };
                    objects.push(metrics::FLOAT_METRIC_EVENT, &event);
                }
            }
            return;
        }
        let properties = dependencies.property_set(metrics::PROPERTY_SET, &extra.tags);
        match sample.value {
            MetricValue::Integer(value) => {
                let event = TaggedIntegerMetricEvent { desc, properties, value, time };
                objects.push(metrics::TAGGED_INTEGER_METRIC_EVENT, &event);
            }
            MetricValue::Float(value) => {
                let event = TaggedFloatMetricEvent { desc, properties, value, time };
                objects.push(metrics::TAGGED_FLOAT_METRIC_EVENT, &event);
            }
        }
    }
}
