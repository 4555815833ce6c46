//! What our own writer sends, read by the rules of published readers.

use std::collections::BTreeMap;

use super::reader::{Type, Value, decompress, read_dependencies, read_objects, types, value_at};
use micromegas_transit::types::{
    BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    FloatMetricEvent, IntegerMetricEvent, LogDependencies, LogEvents, LogMetadataRecord,
    LogStaticStrEvent, LogStringEventV2, MetricDependencies, MetricEvents,
    MetricMetadataDependency, Property, PropertySetDependency, SpanLocationRecord, SpanRecord,
    StaticStringDependency, StaticStringRef, TaggedLogInteropEvent, TaggedLogStaticStrEvent,
    TaggedLogString, TaggedLogTemplateEvent, ThreadDependencies, ThreadEvents,
};
use micromegas_transit::{
    Block, Holds, Payload, ProcessInfo, RecordSet, Reflect, StreamInfo, StreamLayout, TypedQueue,
    compress_frame, record_set,
};

/// Sends both queues through a stream and a block document and reads them again.
fn delivered<D: RecordSet, E: RecordSet>(
    tag: &str,
    dependencies: &TypedQueue<D>,
    events: &TypedQueue<E>,
) -> Vec<Value> {
    let stream = StreamInfo {
        process_id: Default::default(),
        stream_id: Default::default(),
        layout: StreamLayout::of::<D, E>(),
        tags: vec![tag.to_owned()],
        properties: BTreeMap::new(),
    };
    let stream = stream.to_cbor();
    let keys: Vec<_> = super::reader::entries(&stream).into_iter().map(|(key, _)| key).collect();
    let expected = [
        "process_id",
        "stream_id",
        "dependencies_metadata",
        "objects_metadata",
        "tags",
        "properties",
    ];
    assert_eq!(keys, expected);
    let dependency_types = types(&stream, "dependencies_metadata");
    let event_types = types(&stream, "objects_metadata");
    for read in dependency_types.iter().chain(&event_types) {
        check_packed(read);
        assert_ne!(read.name, "StaticString", "all our strings say their codec");
    }

    let payload = Payload {
        dependencies: compress_frame(dependencies.as_bytes()).into(),
        objects: compress_frame(events.as_bytes()).into(),
    };
    let block = block(&payload, events.record_count() as i32).to_cbor();
    assert_eq!(value_at(&block, "nb_objects").i32().unwrap() as usize, events.record_count());
    let payload = {
        let decoder = value_at(&block, "payload");
        decoder.input().to_vec()
    };
    let dependencies = value_at(&payload, "dependencies").bytes().unwrap().to_vec();
    let objects = value_at(&payload, "objects").bytes().unwrap().to_vec();
    let found = read_dependencies(&dependency_types, &decompress(&dependencies));
    let objects = read_objects(&event_types, &decompress(&objects), &found);
    assert_eq!(objects.len(), events.record_count());
    objects
}

fn block(payload: &Payload, event_count: i32) -> Block {
    Block {
        block_id: uuid::Uuid::from_u128(1),
        stream_id: uuid::Uuid::from_u128(2),
        process_id: uuid::Uuid::from_u128(3),
        begin_time: chrono::DateTime::from_timestamp(1_700_000_000, 5).unwrap(),
        begin_ticks: -1,
        end_time: chrono::DateTime::from_timestamp(1_700_000_001, 0).unwrap(),
        end_ticks: 10,
        payload: payload.to_raw(),
        object_offset: 1 << 40,
        event_count,
        event_ticks: None,
        skipped_events: 0,
    }
}

/// A layout without padding: members follow each other and fill the record.
fn check_packed(read: &Type) {
    let mut members: Vec<_> =
        read.members.iter().map(|member| (member.offset, member.size)).collect();
    members.sort_unstable();
    let mut end = 0;
    for (offset, size) in members {
        assert_eq!(offset, end, "{} has a hole", read.name);
        end = offset + size;
    }
    assert_eq!(end, read.size, "{} has a hole at its end", read.name);
}

/// Ids count from 1.
fn push_strings<S>(queue: &mut TypedQueue<S>, texts: &[&str])
where
    S: for<'a> Holds<StaticStringDependency<'a>>,
{
    for (id, text) in (1..).zip(texts) {
        queue.push_dynamic(&StaticStringDependency { id, text });
    }
}

#[test]
fn logs() {
    let mut dependencies = TypedQueue::<LogDependencies>::new();
    push_strings(&mut dependencies, &["constant", "app::module", "src/file.rs", "é {}", ""]);
    let site = LogMetadataRecord { id: 6, fmt_str: 1, target: 2, file: 3, line: 42, level: 4 };
    dependencies.push(&site);
    dependencies.push(&LogMetadataRecord { id: 7, fmt_str: 4, target: 5, level: 2, ..site });
    let properties = [Property { name: 2, value: 5 }];
    dependencies.push_dynamic(&PropertySetDependency { id: 8, properties: &properties });
    let mut events = TypedQueue::<LogEvents>::new();
    events.push(&LogStaticStrEvent { desc: 6, time: -5 });
    events.push_dynamic(&LogStringEventV2 { desc: 7, time: 6, message: "é 1" });

    let rows = delivered("log", &dependencies, &events);
    assert_eq!(rows[0].type_name(), "LogStaticStrEvent");
    assert_eq!(rows[0].get("time").word(), -5);
    let desc = rows[0].get("desc");
    assert_eq!(desc.get("fmt_str").text(), "constant");
    assert_eq!(desc.get("target").text(), "app::module");
    assert_eq!(desc.get("file").text(), "src/file.rs");
    assert_eq!((desc.get("line").small(), desc.get("level").small()), (42, 4));
    assert_eq!(rows[1].get("msg").text(), "é 1");
    assert_eq!(rows[1].get("time").word(), 6);
    assert_eq!(rows[1].get("desc").get("level").small(), 2);
    assert_eq!(rows[1].get("desc").get("target").text(), "");
}

#[test]
fn logs_with_properties() {
    let mut dependencies = TypedQueue::<LogDependencies>::new();
    push_strings(&mut dependencies, &["{user} came", "app", "user", "ada"]);
    let site = LogMetadataRecord { id: 5, fmt_str: 1, target: 2, file: 2, line: 42, level: 4 };
    dependencies.push(&site);
    let properties = [Property { name: 3, value: 4 }];
    dependencies.push_dynamic(&PropertySetDependency { id: 6, properties: &properties });
    let mut events = TypedQueue::<LogEvents>::new();
    events.push(&TaggedLogStaticStrEvent { desc: 5, properties: 6, time: 1 });
    events.push(&TaggedLogTemplateEvent { desc: 5, properties: 6, time: 2 });
    events.push_dynamic(&TaggedLogString { desc: 5, properties: 6, time: 3, message: "own" });
    let target = StaticStringRef { id: 2 };
    events.push_dynamic(&TaggedLogInteropEvent {
        time: 4,
        level: 3,
        target,
        properties: 6,
        message: "other",
    });

    let rows = delivered("log", &dependencies, &events);
    for (row, time) in rows.iter().zip(1..) {
        assert_eq!(row.get("time").word(), time);
        assert_eq!(row.get("properties").get("user").text(), "ada");
    }
    assert_eq!(rows[0].get("desc").get("fmt_str").text(), "{user} came");
    assert_eq!(rows[2].get("msg").text(), "own");
    assert_eq!(rows[3].get("msg").text(), "other");
    assert_eq!((rows[3].get("target").text(), rows[3].get("level").small()), ("app", 3));
}

#[test]
fn metrics() {
    let mut dependencies = TypedQueue::<MetricDependencies>::new();
    push_strings(&mut dependencies, &["frame", "ms", "app", "src/file.rs"]);
    let metric =
        MetricMetadataDependency { id: 5, name: 1, unit: 2, target: 3, file: 4, line: 7, lod: 2 };
    dependencies.push(&metric);
    let mut events = TypedQueue::<MetricEvents>::new();
    events.push(&IntegerMetricEvent { desc: 5, value: u64::MAX, time: 1 });
    events.push(&FloatMetricEvent { desc: 5, value: -0.5, time: 2 });

    let rows = delivered("metrics", &dependencies, &events);
    assert_eq!(rows[0].get("value"), &Value::U64(u64::MAX));
    assert_eq!(rows[1].get("value"), &Value::F64(-0.5));
    for (row, time) in rows.iter().zip(1..) {
        assert_eq!(row.get("time").word(), time);
        let desc = row.get("desc");
        for (member, text) in
            [("name", "frame"), ("unit", "ms"), ("target", "app"), ("file", "src/file.rs")]
        {
            assert_eq!(desc.get(member).text(), text);
        }
        assert_eq!((desc.get("line").small(), desc.get("lod").small()), (7, 2));
    }
}

#[test]
fn spans() {
    let mut dependencies = TypedQueue::<ThreadDependencies>::new();
    push_strings(&mut dependencies, &["work", "app", "src/file.rs"]);
    dependencies.push(&SpanRecord { id: 4, name: 1, target: 2, file: 3, line: 9, lod: 2 });
    dependencies.push(&SpanLocationRecord { id: 5, target: 2, file: 3, line: 9, lod: 2 });
    let mut events = TypedQueue::<ThreadEvents>::new();
    events.push(&BeginThreadSpanEvent { thread_span_desc: 4, time: 1 });
    events.push(&BeginAsyncSpanEvent {
        span_desc: 4,
        span_id: 7,
        parent_span_id: 6,
        time: 2,
        depth: 1,
        reserved: 0,
    });
    events.push(&EndAsyncSpanEvent {
        span_desc: 4,
        span_id: 7,
        parent_span_id: 6,
        time: 3,
        depth: 1,
        reserved: 0,
    });
    events.push(&EndThreadSpanEvent { thread_span_desc: 4, time: 4 });

    let rows = delivered("cpu", &dependencies, &events);
    let names: Vec<_> = rows.iter().map(Value::type_name).collect();
    let expected =
        ["BeginThreadSpanEvent", "BeginAsyncSpanEvent", "EndAsyncSpanEvent", "EndThreadSpanEvent"];
    assert_eq!(names, expected);
    for (row, (time, desc)) in rows.iter().zip((1..).zip([
        "thread_span_desc",
        "span_desc",
        "span_desc",
        "thread_span_desc",
    ])) {
        assert_eq!(row.get("time").word(), time);
        let desc = row.get(desc);
        assert_eq!(desc.get("name").text(), "work");
        assert_eq!(desc.get("target").text(), "app");
        assert_eq!(desc.get("file").text(), "src/file.rs");
        assert_eq!(desc.get("line").small(), 9);
    }
    assert_eq!(rows[1].get("span_id").word(), 7);
    assert_eq!(rows[1].get("parent_span_id").word(), 6);
    assert_eq!(rows[1].get("depth").small(), 1);
}

#[repr(C)]
#[derive(Debug, Clone, Copy, Reflect)]
struct Collision {
    #[reflect(reference)]
    what: u64,
    force: f64,
    time: i64,
    count: u32,
    a: u8,
    b: u8,
    c: u8,
    d: u8,
}

record_set! {
    struct CollisionDependencies { dynamic StaticStringDependency<'_> }
}

record_set! {
    struct Collisions { Collision }
}

#[test]
fn events_of_ones_own() {
    let mut dependencies = TypedQueue::<CollisionDependencies>::new();
    push_strings(&mut dependencies, &["crate"]);
    let mut events = TypedQueue::<Collisions>::new();
    events.push(&Collision { what: 1, force: 2.5, time: 3, count: 4, a: 5, b: 6, c: 7, d: 8 });
    let rows = delivered("physics", &dependencies, &events);
    assert_eq!(rows[0].type_name(), "Collision");
    assert_eq!(rows[0].get("what").text(), "crate");
    assert_eq!(rows[0].get("force"), &Value::F64(2.5));
    assert_eq!(rows[0].get("d").small(), 8);
}

record_set! {
    /// Built-in types, and one that published readers have never heard of.
    struct MixedEvents {
        Collision,
        BeginThreadSpanEvent,
        EndThreadSpanEvent,
    }
}

#[test]
fn built_in_events_among_unknown_ones() {
    let mut dependencies = TypedQueue::<ThreadDependencies>::new();
    push_strings(&mut dependencies, &["work", "app", "src/file.rs"]);
    dependencies.push(&SpanRecord { id: 4, name: 1, target: 2, file: 3, line: 9, lod: 2 });
    let collision = Collision { what: 1, force: 2.5, time: 3, count: 4, a: 5, b: 6, c: 7, d: 8 };
    let mut events = TypedQueue::<MixedEvents>::new();
    events.push(&collision);
    events.push(&BeginThreadSpanEvent { thread_span_desc: 4, time: 1 });
    events.push(&collision);
    events.push(&EndThreadSpanEvent { thread_span_desc: 4, time: 2 });
    let rows = delivered("cpu", &dependencies, &events);
    let names: Vec<_> = rows.iter().map(Value::type_name).collect();
    assert_eq!(names, ["Collision", "BeginThreadSpanEvent", "Collision", "EndThreadSpanEvent"]);
    assert_eq!(rows[3].get("thread_span_desc").get("name").text(), "work");
    assert_eq!(rows[2].get("what").text(), "work");
}

#[test]
fn blocks_without_events_are_frames_too() {
    let rows =
        delivered("log", &TypedQueue::<LogDependencies>::new(), &TypedQueue::<LogEvents>::new());
    assert!(rows.is_empty());
}

#[test]
fn documents_have_the_published_keys() {
    let process = ProcessInfo {
        process_id: uuid::Uuid::from_u128(0xABCD << 112),
        exe: "exe".into(),
        username: "user".into(),
        realname: "real".into(),
        computer: "computer".into(),
        distro: "distro".into(),
        cpu_brand: "cpu".into(),
        tsc_frequency: 3,
        start_time: chrono::DateTime::from_timestamp(1_700_000_000, 5).unwrap(),
        start_ticks: -4,
        parent_process_id: None,
        properties: BTreeMap::from([("name".into(), "value".into())]),
    };
    let document = process.to_cbor();
    let keys: Vec<_> = super::reader::entries(&document).into_iter().map(|(key, _)| key).collect();
    let expected = [
        "process_id",
        "exe",
        "username",
        "realname",
        "computer",
        "distro",
        "cpu_brand",
        "tsc_frequency",
        "start_time",
        "start_ticks",
        "parent_process_id",
        "properties",
    ];
    assert_eq!(keys, expected);
    let text = |key| value_at(&document, key).str().unwrap().to_owned();
    assert_eq!(text("process_id"), "abcd0000-0000-0000-0000-000000000000");
    assert_eq!(text("start_time"), "2023-11-14T22:13:20.000000005Z");
    assert_eq!(value_at(&document, "start_ticks").i64().unwrap(), -4);
    value_at(&document, "parent_process_id").null().unwrap();

    let payload = Payload { dependencies: Default::default(), objects: Default::default() };
    let document = block(&payload, 7).to_cbor();
    let keys: Vec<_> = super::reader::entries(&document).into_iter().map(|(key, _)| key).collect();
    let expected = [
        "block_id",
        "stream_id",
        "process_id",
        "begin_time",
        "begin_ticks",
        "end_time",
        "end_ticks",
        "payload",
        "object_offset",
        "nb_objects",
    ];
    assert_eq!(keys, expected);
    assert_eq!(value_at(&document, "begin_ticks").i64().unwrap(), -1);
    assert_eq!(value_at(&document, "object_offset").i64().unwrap(), 1 << 40);
}
