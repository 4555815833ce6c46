//! Blocks as the Unreal plugin builds them: indefinite CBOR, 16-byte references, wide strings,
//! bytes for levels, unsigned ticks, property sets on everything.

use micromegas_transit::{Block, Limits, Payload, StreamPlan, TypeLayout};

use crate::wire::{Bytes, Queue, dynamic, fixed, open, payload, plan, texts};

fn property() -> TypeLayout {
    fixed(
        "Property",
        32,
        &[("name", "&StaticStringRef", 0, 16), ("value", "&StaticStringRef", 16, 16)],
    )
}

fn static_string_ref() -> TypeLayout {
    TypeLayout { is_reference: true, ..fixed("StaticStringRef", 16, &[("id", "&uint64", 0, 8)]) }
}

/// A reference with a length and a codec behind the id.
fn string_ref(id: u64) -> Bytes {
    Bytes::new().u64(id).u32(4).u8(3).padding(3)
}

fn log_plan() -> StreamPlan {
    let dependencies = vec![
        dynamic("StaticStringDependency"),
        fixed(
            "LogMetadataDependency",
            64,
            &[
                ("id", "uint64", 0, 8),
                ("target", "&StaticStringRef", 8, 16),
                ("fmt_str", "&StaticStringRef", 24, 16),
                ("file", "&StaticStringRef", 40, 16),
                ("line", "uint32", 56, 4),
                ("level", "uint8", 60, 1),
            ],
        ),
        dynamic("PropertySetDependency"),
        property(),
    ];
    let interop = TypeLayout {
        members: fixed("", 0, &[("time", "uint64", 0, 8), ("level", "uint8", 8, 1)]).members,
        ..dynamic("TaggedLogInteropEvent")
    };
    plan(dependencies, vec![interop, dynamic("TaggedLogString"), static_string_ref()])
}

fn log_queues() -> (Queue, Queue) {
    let pair =
        |name: u64, value: u64| Bytes::new().raw(&string_ref(name).0).raw(&string_ref(value).0);
    let dependencies = Queue::new()
        .dynamic(0, Bytes::new().u64(1).wide("LogTemp é"))
        .dynamic(0, Bytes::new().u64(2).text(0, b"Source.cpp"))
        .dynamic(0, Bytes::new().u64(3).wide("map"))
        .dynamic(0, Bytes::new().u64(4).wide("Arena"))
        .dynamic(0, Bytes::new().u64(5).text(0, b"LogTemp \xc3\xa9"))
        .fixed(
            1,
            Bytes::new()
                .u64(100)
                .raw(&string_ref(1).0)
                .raw(&string_ref(3).0)
                .raw(&string_ref(2).0)
                .u32(7)
                .u8(3)
                .padding(3),
        )
        .dynamic(2, Bytes::new().u64(200).u32(0))
        .dynamic(2, Bytes::new().u64(201).u32(1).raw(&pair(3, 4).0));
    let objects = Queue::new()
        .dynamic(0, Bytes::new().u64(10).u8(4).raw(&string_ref(5).0).u64(201).wide("captured 😀"))
        .dynamic(1, Bytes::new().u64(100).u64(200).u64(11).wide("logged"));
    (dependencies, objects)
}

fn check_logs(plan: &StreamPlan, payload: &Payload) {
    let block = plan.open(payload, &Limits::default()).unwrap();
    assert!(block.dependency_losses().is_empty(), "{:?}", block.dependency_losses());
    let logs = block.logs();
    assert!(logs.losses.is_empty(), "{:?}", logs.losses);
    assert_eq!(logs.columns.ticks, [10, 11]);
    assert_eq!(logs.columns.level, [4, 3]);
    assert_eq!(logs.columns.message.iter().collect::<Vec<_>>(), ["captured 😀", "logged"]);
    // The same text under two ids, one wide and one not, is one string.
    assert_eq!(logs.columns.target[0], logs.columns.target[1]);
    assert_eq!(texts(block.strings(), &logs.columns.target), ["LogTemp é"; 2]);
    assert_eq!(logs.columns.properties, [1, 0]);
    assert_eq!(block.property_sets().get(0), Some(&[][..]));
    let (name, value) = block.property_sets().get(1).unwrap()[0];
    assert_eq!(texts(block.strings(), &[name, value]), ["map", "Arena"]);
}

#[test]
fn logs_are_read() {
    let (dependencies, objects) = log_queues();
    check_logs(&log_plan(), &payload(&dependencies, &objects));
}

#[test]
fn a_whole_block_document_is_read() {
    let text = |text: &str| Bytes::new().u8(0x60 | text.len() as u8).raw(text.as_bytes()).0;
    let long_text = |text: &str| Bytes::new().u8(0x78).u8(text.len() as u8).raw(text.as_bytes()).0;
    let bytes = |bytes: &[u8]| {
        let size = (bytes.len() as u32).to_be_bytes();
        Bytes::new().u8(0x5a).raw(&size).raw(bytes).0
    };
    let (dependencies, objects) = log_queues();
    let sent = payload(&dependencies, &objects);
    let document = Bytes::new()
        .u8(0xbf)
        .raw(&text("block_id"))
        .raw(&long_text("0123ABCD-0000-4000-8000-00000000ABCD"))
        .raw(&text("stream_id"))
        .raw(&long_text("0123abcd-0000-4000-8000-000000000001"))
        .raw(&text("process_id"))
        .raw(&long_text("0123abcd-0000-4000-8000-000000000002"))
        .raw(&text("begin_time"))
        .raw(&long_text("2024-05-06T07:08:09.123Z"))
        .raw(&text("begin_ticks"))
        .raw(&[0x1b, 0, 0, 0, 0, 0, 0, 0, 9])
        .raw(&text("end_time"))
        .raw(&long_text("2024-05-06T07:08:10.000Z"))
        .raw(&text("end_ticks"))
        .u8(0x0a)
        .raw(&text("payload"))
        .u8(0xbf)
        .raw(&text("dependencies"))
        .raw(&bytes(&sent.dependencies))
        .raw(&text("objects"))
        .raw(&bytes(&sent.objects))
        .u8(0xff)
        .raw(&text("nb_objects"))
        .u8(2)
        .raw(&text("object_offset"))
        .raw(&[0x19, 0x01, 0x00])
        .u8(0xff);
    for cut in 0..document.0.len() {
        assert!(Block::from_cbor(document.0[..cut].to_vec().into()).is_err(), "cut at {cut}");
    }
    let block = Block::from_cbor(document.0.into()).unwrap();
    assert_eq!(block.block_id.to_string(), "0123abcd-0000-4000-8000-00000000abcd");
    assert_eq!((block.begin_ticks, block.end_ticks), (9, 10));
    assert_eq!((block.event_count, block.object_offset), (2, 256));
    assert_eq!(block.begin_time.timestamp_subsec_millis(), 123);
    assert_eq!((block.event_ticks, block.skipped_events), (None, 0));
    check_logs(&log_plan(), &block.payload.open().unwrap());
}

#[test]
fn metrics_are_read_in_their_other_index_order() {
    let dependencies = vec![
        dynamic("StaticStringDependency"),
        fixed(
            "MetricMetadataDependency",
            56,
            &[
                ("id", "uint64", 0, 8),
                ("lod", "uint8", 8, 1),
                ("name", "&StaticStringRef", 16, 8),
                ("unit", "&StaticStringRef", 24, 8),
                ("target", "&StaticStringRef", 32, 8),
                ("file", "&StaticStringRef", 40, 8),
                ("line", "uint32", 48, 4),
            ],
        ),
        dynamic("PropertySetDependency"),
        property(),
    ];
    let metric = |name, value| {
        let members = [
            ("desc", "&MetricMetadata*", 0, 8),
            ("properties", "&PropertySet*", 8, 8),
            ("value", value, 16, 8),
            ("time", "uint64", 24, 8),
        ];
        fixed(name, 32, &members)
    };
    let objects =
        vec![metric("TaggedIntegerMetricEvent", "uint64"), metric("TaggedFloatMetricEvent", "f64")];
    let plan = plan(dependencies, objects);
    let queue = Queue::new()
        .dynamic(0, Bytes::new().u64(1).wide("FrameTime"))
        .dynamic(0, Bytes::new().u64(2).wide("ms"))
        .fixed(
            1,
            Bytes::new().u64(9).u8(2).padding(7).u64(1).u64(2).u64(1).u64(1).u32(5).padding(4),
        )
        .dynamic(2, Bytes::new().u64(7).u32(0));
    let events = Queue::new()
        .fixed(0, Bytes::new().u64(9).u64(7).u64(16).u64(1))
        .fixed(1, Bytes::new().u64(9).u64(7).f64(16.6).u64(2));
    let block = open(&plan, &queue, &events);
    let metrics = block.metrics();
    assert!(metrics.losses.is_empty(), "{:?}", metrics.losses);
    assert_eq!(metrics.columns.value, [16.0, 16.6]);
    assert_eq!(metrics.columns.is_integer, [true, false]);
    assert_eq!(texts(block.strings(), &metrics.columns.unit), ["ms", "ms"]);
    assert_eq!(metrics.columns.properties, [0, 0]);
}

#[test]
fn thread_spans_are_read() {
    let dependencies = vec![
        dynamic("StaticStringDependency"),
        fixed(
            "SpanMetadataDependency",
            40,
            &[
                ("id", "uint64", 0, 8),
                ("name", "&StaticStringRef", 8, 8),
                ("target", "&StaticStringRef", 16, 8),
                ("file", "&StaticStringRef", 24, 8),
                ("line", "uint32", 32, 4),
            ],
        ),
        fixed(
            "SpanLocationDependency",
            32,
            &[
                ("id", "uint64", 0, 8),
                ("target", "&StaticStringRef", 8, 8),
                ("file", "&StaticStringRef", 16, 8),
                ("line", "uint32", 24, 4),
            ],
        ),
    ];
    let plain: &[_] = &[("thread_span_desc", "&SpanMetadata*", 0, 8), ("time", "uint64", 8, 8)];
    let named: &[_] = &[
        ("thread_span_location", "&SpanLocation*", 0, 8),
        ("time", "uint64", 8, 8),
        ("name", "&StaticStringRef", 16, 16),
    ];
    let objects = vec![
        fixed("BeginThreadSpanEvent", 16, plain),
        fixed("EndThreadSpanEvent", 16, plain),
        fixed("BeginThreadNamedSpanEvent", 32, named),
        fixed("EndThreadNamedSpanEvent", 32, named),
    ];
    let plan = plan(dependencies, objects);
    let queue = Queue::new()
        .dynamic(0, Bytes::new().u64(1).text(0, b"Tick"))
        .dynamic(0, Bytes::new().u64(2).text(0, b"Engine"))
        .dynamic(0, Bytes::new().u64(3).wide("Actor"))
        .fixed(1, Bytes::new().u64(10).u64(1).u64(2).u64(2).u32(5).padding(4))
        .fixed(2, Bytes::new().u64(11).u64(2).u64(2).u32(6).padding(4));
    // A hole before the block: the first end has no begin here.
    let events = Queue::new()
        .fixed(1, Bytes::new().u64(10).u64(1))
        .fixed(2, Bytes::new().u64(11).u64(2).raw(&string_ref(3).0))
        .fixed(3, Bytes::new().u64(11).u64(3).raw(&string_ref(3).0));
    let block = open(&plan, &queue, &events);
    let spans = block.thread_spans();
    assert!(spans.losses.is_empty(), "{:?}", spans.losses);
    assert_eq!(spans.columns.is_begin, [false, true, false]);
    assert_eq!(spans.columns.scope, [0, 1, 1]);
    let scope = spans.columns.scopes[1];
    assert_eq!(texts(block.strings(), &[scope.name, scope.target]), ["Actor", "Engine"]);
}
