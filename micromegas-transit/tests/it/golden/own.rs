//! Plain blocks of our own writer.

use chrono::DateTime;
use micromegas_transit::types::{
    self, BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    FloatMetricEvent, IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
    MetricMetadataDependency, Property, PropertySetDependency, SpanRecord, StaticStringDependency,
    StaticStringRef, TaggedEndAsyncSpanEvent, TaggedEndThreadSpanEvent, TaggedFloatMetricEvent,
    TaggedIntegerMetricEvent, TaggedLogInteropEvent, TaggedLogStaticStrEvent, TaggedLogString,
    TaggedLogTemplateEvent, TraceContextEvent,
};
use micromegas_transit::{
    Block, Payload, ProcessInfo, RecordQueue, ReflectDynamic, StreamInfo, StreamLayout, TickRange,
    compress_frame,
};
use uuid::Uuid;

use super::folder::Golden;

pub(super) fn goldens() -> Vec<Golden> {
    vec![logs(), metrics(), spans()]
}

fn golden(
    name: &str,
    tag: &str,
    layout: StreamLayout,
    dependencies: &RecordQueue,
    objects: &RecordQueue,
) -> Golden {
    let id = |kind: u128| Uuid::from_u128(0x00c0_ffee_0000_4000_8000_0000_0000_f000 + kind);
    let time = |second: i32| {
        DateTime::from_timestamp(1_700_000_000 + i64::from(second), 123_456_789).unwrap()
    };
    let process = ProcessInfo {
        process_id: id(0),
        exe: "server".into(),
        username: "svc".into(),
        realname: "Service".into(),
        computer: "host".into(),
        distro: "Debian 12".into(),
        cpu_brand: "x".into(),
        tsc_frequency: 2_500_000_000,
        start_time: time(0),
        start_ticks: 1_000,
        parent_process_id: Some(id(9)),
        properties: [("version".into(), "1.2".into())].into(),
    };
    let kind = tag.bytes().map(u128::from).sum::<u128>();
    let stream = StreamInfo {
        process_id: process.process_id,
        stream_id: id(kind),
        layout,
        tags: vec![tag.into()],
        properties: [("thread-id".into(), "7".into())].into(),
    };
    let payload = Payload {
        dependencies: compress_frame(dependencies.as_bytes()).into(),
        objects: compress_frame(objects.as_bytes()).into(),
    };
    let block = Block {
        block_id: id(kind + 0x10),
        stream_id: stream.stream_id,
        process_id: process.process_id,
        begin_time: time(1),
        begin_ticks: 9_000,
        end_time: time(2),
        end_ticks: 10_000,
        payload: payload.to_raw(),
        object_offset: 100,
        event_count: objects.record_count() as i32,
        event_ticks: Some(TickRange { least: 10_010, greatest: 10_044 }),
        skipped_events: 3,
    };
    Golden {
        name: name.into(),
        process: process.to_cbor(),
        stream: stream.to_cbor(),
        block: block.to_cbor(),
    }
}

fn strings(texts: &[&str]) -> RecordQueue {
    let mut queue = RecordQueue::new();
    for (id, text) in (1..).zip(texts) {
        queue.push_dynamic(0, |out| StaticStringDependency { id, text }.write_to(out));
    }
    queue
}

fn logs() -> Golden {
    let mut dependencies = strings(&["listening", "app", "src/main.rs", "accepted {}"]);
    let constant = LogMetadataRecord { id: 5, fmt_str: 1, target: 2, file: 3, line: 7, level: 4 };
    dependencies.push(types::log::LOG_METADATA, &constant);
    let formatted = LogMetadataRecord { id: 6, fmt_str: 4, line: 8, level: 2, ..constant };
    dependencies.push(types::log::LOG_METADATA, &formatted);
    for (id, text) in [(7, "user"), (8, "ada"), (9, "{user} came")] {
        dependencies.push_dynamic(types::log::STATIC_STRING, |out| {
            StaticStringDependency { id, text }.write_to(out);
        });
    }
    dependencies.push_dynamic(types::log::PROPERTY_SET, |out| {
        let properties = &[Property { name: 7, value: 8 }];
        PropertySetDependency { id: 11, properties }.write_to(out);
    });
    let template = LogMetadataRecord { id: 12, fmt_str: 9, line: 9, ..constant };
    dependencies.push(types::log::LOG_METADATA, &template);
    let mut objects = RecordQueue::new();
    objects.push(types::log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc: 5, time: 10_010 });
    for (time, message) in [(10_020, "accepted été"), (10_040, "")] {
        objects.push_dynamic(types::log::LOG_STRING_EVENT, |out| {
            LogStringEventV2 { desc: 6, time, message }.write_to(out);
        });
    }
    let tagged = TaggedLogStaticStrEvent { desc: 5, properties: 11, time: 10_041 };
    objects.push(types::log::TAGGED_LOG_STATIC_STR_EVENT, &tagged);
    let template = TaggedLogTemplateEvent { desc: 12, properties: 11, time: 10_042 };
    objects.push(types::log::TAGGED_LOG_TEMPLATE_EVENT, &template);
    objects.push_dynamic(types::log::TAGGED_LOG_STRING, |out| {
        TaggedLogString { desc: 6, properties: 11, time: 10_043, message: "with" }.write_to(out);
    });
    objects.push_dynamic(types::log::TAGGED_LOG_INTEROP_EVENT, |out| {
        let target = StaticStringRef { id: 2 };
        TaggedLogInteropEvent { time: 10_044, level: 3, target, properties: 11, message: "other" }
            .write_to(out);
    });
    golden("own-log", "log", types::log_stream_layout(), &dependencies, &objects)
}

fn metrics() -> Golden {
    let mut dependencies = strings(&["size", "bytes", "app", "src/main.rs"]);
    let size =
        MetricMetadataDependency { id: 5, name: 1, unit: 2, target: 3, file: 4, line: 7, lod: 2 };
    dependencies.push(types::metrics::METRIC_METADATA, &size);
    let mut objects = RecordQueue::new();
    let integer = IntegerMetricEvent { desc: 5, value: u64::MAX, time: 10_010 };
    objects.push(types::metrics::INTEGER_METRIC_EVENT, &integer);
    for (value, time) in [(0.1, 10_020), (f64::NAN, 10_040)] {
        let float = FloatMetricEvent { desc: 5, value, time };
        objects.push(types::metrics::FLOAT_METRIC_EVENT, &float);
    }
    dependencies.push_dynamic(types::metrics::PROPERTY_SET, |out| {
        let properties = &[Property { name: 3, value: 2 }];
        PropertySetDependency { id: 6, properties }.write_to(out);
    });
    let integer = TaggedIntegerMetricEvent { desc: 5, properties: 6, value: 7, time: 10_041 };
    objects.push(types::metrics::TAGGED_INTEGER_METRIC_EVENT, &integer);
    let float = TaggedFloatMetricEvent { desc: 5, properties: 6, value: 0.5, time: 10_042 };
    objects.push(types::metrics::TAGGED_FLOAT_METRIC_EVENT, &float);
    golden("own-metrics", "metrics", types::metric_stream_layout(), &dependencies, &objects)
}

fn spans() -> Golden {
    let mut dependencies = strings(&["work", "app", "src/main.rs", "step"]);
    let work = SpanRecord { id: 5, name: 1, target: 2, file: 3, line: 42, lod: 2 };
    dependencies.push(types::thread::SPAN, &work);
    let step = SpanRecord { id: 6, name: 4, line: 43, ..work };
    dependencies.push(types::thread::SPAN, &step);
    let mut objects = RecordQueue::new();
    let begin = BeginThreadSpanEvent { thread_span_desc: 5, time: 10_010 };
    objects.push(types::thread::BEGIN_THREAD_SPAN_EVENT, &begin);
    let begin = BeginAsyncSpanEvent {
        span_desc: 6,
        span_id: 77,
        parent_span_id: 76,
        time: 10_020,
        depth: 3,
        reserved: 0,
    };
    objects.push(types::thread::BEGIN_ASYNC_SPAN_EVENT, &begin);
    let end = EndAsyncSpanEvent {
        span_desc: 6,
        span_id: 77,
        parent_span_id: 76,
        time: 10_030,
        depth: 3,
        reserved: 0,
    };
    objects.push(types::thread::END_ASYNC_SPAN_EVENT, &end);
    let end = EndThreadSpanEvent { thread_span_desc: 5, time: 10_040 };
    objects.push(types::thread::END_THREAD_SPAN_EVENT, &end);
    dependencies.push_dynamic(types::thread::PROPERTY_SET, |out| {
        let properties = &[Property { name: 4, value: 1 }];
        PropertySetDependency { id: 7, properties }.write_to(out);
    });
    let begin = BeginThreadSpanEvent { thread_span_desc: 5, time: 10_041 };
    objects.push(types::thread::BEGIN_THREAD_SPAN_EVENT, &begin);
    let end = TaggedEndThreadSpanEvent { thread_span_desc: 5, properties: 7, time: 10_042 };
    objects.push(types::thread::TAGGED_END_THREAD_SPAN_EVENT, &end);
    let begin = BeginAsyncSpanEvent {
        span_desc: 6,
        span_id: 78,
        parent_span_id: 0,
        time: 10_043,
        depth: 0,
        reserved: 0,
    };
    objects.push(types::thread::BEGIN_ASYNC_SPAN_EVENT, &begin);
    let trace = TraceContextEvent {
        span_id: 78,
        trace_id_high: 0x0af7_6519_16cd_43dd,
        trace_id_low: 0x8448_eb21_1c80_319c,
        remote_parent_span_id: 0x00f0_67aa_0ba9_02b7,
        time: 10_043,
    };
    objects.push(types::thread::TRACE_CONTEXT_EVENT, &trace);
    let end = TaggedEndAsyncSpanEvent {
        span_desc: 6,
        properties: 7,
        span_id: 78,
        parent_span_id: 0,
        time: 10_044,
        depth: 0,
        reserved: 0,
    };
    objects.push(types::thread::TAGGED_END_ASYNC_SPAN_EVENT, &end);
    golden("own-thread", "cpu", types::thread_stream_layout(), &dependencies, &objects)
}
