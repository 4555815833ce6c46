//! What our own writer sends.

use micromegas_transit::types::{
    self, BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    FloatMetricEvent, IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
    MetricMetadataDependency, Property, PropertySetDependency, SpanRecord, StaticStringDependency,
};
use micromegas_transit::{
    Limits, OpenBlock, Payload, RecordQueue, Reflect, ReflectDynamic, StreamLayout, StreamPlan,
    compress_frame,
};

use crate::wire::texts;

fn push_strings(queue: &mut RecordQueue, strings: &[(u64, &str)]) {
    for (id, text) in strings {
        queue.push_dynamic(0, |out| StaticStringDependency { id: *id, text }.write_to(out));
    }
}

fn with_block<R>(
    layout: &StreamLayout,
    dependencies: &RecordQueue,
    objects: &RecordQueue,
    check: impl FnOnce(OpenBlock<'_>) -> R,
) -> R {
    let limits = Limits::default();
    let plan = StreamPlan::compile(layout, &limits).unwrap();
    let payload = Payload {
        dependencies: compress_frame(dependencies.as_bytes()).into(),
        objects: compress_frame(objects.as_bytes()).into(),
    };
    check(plan.open(&payload, &limits).unwrap())
}

#[test]
fn records_are_the_published_bytes() {
    let mut queue = RecordQueue::new();
    queue.push_dynamic(1, |out| StaticStringDependency { id: 0x1000, text: "hi" }.write_to(out));
    let string = [1, 0x0f, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0x68, 0x69];
    assert_eq!(queue.as_bytes(), string);

    queue.clear();
    queue.push(0, &LogStaticStrEvent { desc: 0x1000, time: 0x2000 });
    let event = [0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0];
    assert_eq!(queue.as_bytes(), event);

    queue.clear();
    let event = LogStringEventV2 { desc: 0x1000, time: 0x2000, message: "hi" };
    queue.push_dynamic(1, |out| event.write_to(out));
    let bytes = [
        1, 0x17, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 2, 2, 0, 0, 0,
        0x68, 0x69,
    ];
    assert_eq!(queue.as_bytes(), bytes);

    queue.clear();
    let set = PropertySetDependency { id: 0x1000, properties: &[] };
    queue.push_dynamic(3, |out| set.write_to(out));
    assert_eq!(queue.as_bytes(), [3, 0x0c, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(queue.record_count(), 1);
}

#[test]
fn known_records_have_the_published_sizes() {
    #[repr(C)]
    #[derive(Reflect)]
    struct One {
        value: u64,
    }
    let mut queue = RecordQueue::new();
    queue.push(0, &One { value: 1 });
    assert_eq!(queue.as_bytes().len(), 9);
    assert_eq!(types::BeginThreadSpanEvent::SIZE, 16);
    assert_eq!(types::IntegerMetricEvent::SIZE, 24);
    assert_eq!(types::BeginAsyncSpanEvent::SIZE, 40);
}

#[test]
fn a_log_block_becomes_entries() {
    let mut dependencies = RecordQueue::new();
    push_strings(&mut dependencies, &[(1, "constant"), (2, "app"), (3, "f.rs"), (4, "x {}")]);
    let constant = LogMetadataRecord { id: 5, fmt_str: 1, target: 2, file: 3, line: 7, level: 4 };
    let formatted = LogMetadataRecord { id: 6, fmt_str: 4, level: 2, ..constant };
    dependencies.push(types::log::LOG_METADATA, &constant);
    dependencies.push(types::log::LOG_METADATA, &formatted);
    let properties = [Property { name: 2, value: 3 }];
    dependencies.push_dynamic(types::log::PROPERTY_SET, |out| {
        PropertySetDependency { id: 9, properties: &properties }.write_to(out);
    });

    let mut objects = RecordQueue::new();
    objects.push(types::log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc: 5, time: -3 });
    objects.push_dynamic(types::log::LOG_STRING_EVENT, |out| {
        LogStringEventV2 { desc: 6, time: 8, message: "x é" }.write_to(out);
    });

    with_block(&types::log_stream_layout(), &dependencies, &objects, |block| {
        assert!(block.dependency_losses().is_empty());
        assert_eq!(block.property_sets().get(0).map(<[_]>::len), Some(1));
        let logs = block.logs();
        assert_eq!(logs.record_count, 2);
        assert!(logs.losses.is_empty());
        let columns = logs.columns;
        assert_eq!(columns.record, [0, 1]);
        assert_eq!(columns.ticks, [-3, 8]);
        assert_eq!(columns.level, [4, 2]);
        assert_eq!(texts(block.strings(), &columns.target), ["app", "app"]);
        assert_eq!(columns.message.iter().collect::<Vec<_>>(), ["constant", "x é"]);
        assert!(columns.properties.is_empty());
    });
}

#[test]
fn a_metric_block_becomes_samples() {
    let mut dependencies = RecordQueue::new();
    push_strings(&mut dependencies, &[(1, "size"), (2, "bytes"), (3, "app"), (4, "f.rs")]);
    let size =
        MetricMetadataDependency { id: 5, name: 1, unit: 2, target: 3, file: 4, line: 7, lod: 2 };
    dependencies.push(types::metrics::METRIC_METADATA, &size);

    let mut objects = RecordQueue::new();
    let integer = IntegerMetricEvent { desc: 5, value: u64::MAX, time: 1 };
    objects.push(types::metrics::INTEGER_METRIC_EVENT, &integer);
    let float = FloatMetricEvent { desc: 5, value: 0.5, time: 2 };
    objects.push(types::metrics::FLOAT_METRIC_EVENT, &float);

    with_block(&types::metric_stream_layout(), &dependencies, &objects, |block| {
        let metrics = block.metrics();
        assert!(metrics.losses.is_empty());
        let columns = metrics.columns;
        assert_eq!(columns.ticks, [1, 2]);
        assert_eq!(texts(block.strings(), &columns.name), ["size", "size"]);
        assert_eq!(texts(block.strings(), &columns.unit), ["bytes", "bytes"]);
        assert_eq!(texts(block.strings(), &columns.target), ["app", "app"]);
        assert_eq!(columns.value, [u64::MAX as f64, 0.5]);
        assert_eq!(columns.integer, [u64::MAX, 0]);
        assert_eq!(columns.is_integer, [true, false]);
    });
}

#[test]
fn a_thread_block_becomes_spans_of_both_kinds() {
    let mut dependencies = RecordQueue::new();
    push_strings(&mut dependencies, &[(1, "work"), (2, "app"), (3, "f.rs")]);
    let span = SpanRecord { id: 4, name: 1, target: 2, file: 3, line: 42, lod: 2 };
    dependencies.push(types::thread::SPAN, &span);

    let mut objects = RecordQueue::new();
    let begin = BeginThreadSpanEvent { thread_span_desc: 4, time: 10 };
    objects.push(types::thread::BEGIN_THREAD_SPAN_EVENT, &begin);
    let begin = BeginAsyncSpanEvent {
        span_desc: 4,
        span_id: 77,
        parent_span_id: 76,
        time: 11,
        depth: 3,
        reserved: 0,
    };
    objects.push(types::thread::BEGIN_ASYNC_SPAN_EVENT, &begin);
    let end = EndAsyncSpanEvent {
        span_desc: 4,
        span_id: 77,
        parent_span_id: 76,
        time: 12,
        depth: 3,
        reserved: 0,
    };
    objects.push(types::thread::END_ASYNC_SPAN_EVENT, &end);
    let end = EndThreadSpanEvent { thread_span_desc: 4, time: 13 };
    objects.push(types::thread::END_THREAD_SPAN_EVENT, &end);

    with_block(&types::thread_stream_layout(), &dependencies, &objects, |block| {
        let spans = block.thread_spans();
        assert_eq!(spans.record_count, 4);
        assert!(spans.losses.is_empty());
        assert_eq!(spans.columns.record, [0, 3]);
        assert_eq!(spans.columns.ticks, [10, 13]);
        assert_eq!(spans.columns.is_begin, [true, false]);
        assert!(spans.columns.properties.is_empty());
        let scope = spans.columns.scopes[spans.columns.scope[0] as usize];
        let names = texts(block.strings(), &[scope.name, scope.target, scope.file]);
        assert_eq!((names.as_slice(), scope.line), (&["work", "app", "f.rs"][..], 42));

        let asyncs = block.async_spans();
        assert!(asyncs.losses.is_empty());
        assert_eq!(asyncs.columns.record, [1, 2]);
        assert_eq!(asyncs.columns.ticks, [11, 12]);
        assert_eq!(asyncs.columns.is_begin, [true, false]);
        assert_eq!(asyncs.columns.span_id, [77, 77]);
        assert_eq!(asyncs.columns.parent_span_id, [76, 76]);
        assert_eq!(asyncs.columns.depth, [3, 3]);
        assert_eq!(asyncs.columns.scopes[asyncs.columns.scope[1] as usize], scope);
    });
}
