//! Whatever arrives: an error or counted losses, never a panic.

use micromegas_transit::types::{self, thread};
use micromegas_transit::{
    Limits, LossReason, Payload, StreamInfo, StreamLayout, StreamPlan, compress_frame,
};
use proptest::prelude::*;

use crate::wire::{Bytes, Queue, dynamic, fixed, open, payload, plan, reference};

fn span_plan() -> StreamPlan {
    let mut layout = types::thread_stream_layout();
    layout.objects.push(fixed("Novelty", 5, &[("x", "[u8; 5]", 0, 5)]));
    layout.objects.push(dynamic("DynamicNovelty"));
    layout.objects.push(reference("StringId", 16, "usize", 0));
    StreamPlan::compile(&layout, &Limits::default()).unwrap()
}

const NOVELTY: u8 = thread::TRACE_CONTEXT_EVENT + 1;
const DYNAMIC_NOVELTY: u8 = NOVELTY + 1;
const SECONDARY: u8 = NOVELTY + 2;

fn string(id: u64, text: &str) -> Bytes {
    Bytes::new().u64(id).utf8(text)
}

fn span(id: u64, name: u64) -> Bytes {
    Bytes::new().u64(id).u64(name).u64(1).u64(1).u32(1).u32(2)
}

fn dependencies() -> Queue {
    Queue::new().dynamic(thread::STATIC_STRING, string(1, "name")).fixed(thread::SPAN, span(2, 1))
}

fn begin(id: u64, time: i64) -> Bytes {
    Bytes::new().u64(id).i64(time)
}

#[test]
fn a_missing_dependency_costs_one_event() {
    let mut objects = Queue::new();
    for time in 0..3000 {
        let id = if time == 1500 { 99 } else { 2 };
        objects = objects.fixed(0, begin(id, time));
    }
    let plan = span_plan();
    let spans = open(&plan, &dependencies(), &objects).thread_spans();
    assert_eq!(spans.record_count, 3000);
    assert_eq!(spans.columns.record.len(), 2999);
    assert!(!spans.columns.record.contains(&1500));
    let loss = spans.losses.iter().next().unwrap();
    assert_eq!(loss.reason, LossReason::MissingDependency);
    assert_eq!((loss.count, loss.first_record, loss.first_offset), (1, 1500, 1500 * 17));
}

#[test]
fn unknown_types_are_skipped_and_counted() {
    let objects = Queue::new()
        .fixed(0, begin(2, 10))
        .fixed(NOVELTY, Bytes::new().padding(5))
        .dynamic(DYNAMIC_NOVELTY, Bytes::new().padding(100))
        .dynamic(DYNAMIC_NOVELTY, Bytes::new())
        .fixed(1, begin(2, 11));
    let plan = span_plan();
    let spans = open(&plan, &dependencies(), &objects).thread_spans();
    assert_eq!(spans.record_count, 5);
    assert_eq!(spans.columns.record, [0, 4]);
    assert_eq!(spans.columns.ticks, [10, 11]);
    assert_eq!(spans.losses.count(LossReason::UnknownType), 3);
    assert!(!spans.losses.buffer_ended_early());
}

#[test]
fn an_unknown_extent_costs_the_rest() {
    let plan = span_plan();
    let whole = Queue::new().fixed(0, begin(2, 10));
    let cases = [
        (whole.clone().fixed(SECONDARY, Bytes::new().padding(16)), LossReason::InvalidTypeIndex),
        (whole.clone().fixed(200, Bytes::new()), LossReason::InvalidTypeIndex),
        (whole.clone().fixed(0, Bytes::new().padding(15)), LossReason::TruncatedBuffer),
        (
            whole.clone().fixed(DYNAMIC_NOVELTY, Bytes::new().u32(u32::MAX)),
            LossReason::TruncatedBuffer,
        ),
        (whole.fixed(DYNAMIC_NOVELTY, Bytes::new().u8(1)), LossReason::TruncatedBuffer),
    ];
    for (objects, reason) in cases {
        let spans = open(&plan, &dependencies(), &objects).thread_spans();
        assert_eq!(spans.columns.ticks, [10]);
        assert_eq!(spans.losses.count(reason), 1, "{reason}");
        assert_eq!(spans.record_count, 2);
        assert!(spans.losses.buffer_ended_early());
    }
}

#[test]
fn a_record_buffer_cut_anywhere_gives_the_records_before_the_cut() {
    let mut objects = Queue::new();
    for time in 0..20 {
        objects = objects.fixed(0, begin(2, time)).dynamic(DYNAMIC_NOVELTY, Bytes::new().u8(1));
    }
    let plan = span_plan();
    for cut in 0..objects.0.len() {
        let spans = open(&plan, &dependencies(), &Queue(objects.0[..cut].to_vec())).thread_spans();
        let whole = (cut + 6) / 23;
        assert_eq!(spans.columns.record.len(), whole, "cut at {cut}");
        let at_border = cut % 23 == 0 || cut % 23 == 17;
        assert_eq!(spans.losses.buffer_ended_early(), !at_border, "cut at {cut}");
    }
}

#[test]
fn bad_dependencies_cost_what_refers_to_them() {
    let dependencies = dependencies()
        // Another text for an id that is taken: the first one stays.
        .dynamic(thread::STATIC_STRING, string(1, "other"))
        // A codec that does not exist.
        .dynamic(thread::STATIC_STRING, Bytes::new().u64(3).text(9, b"x"))
        // A text longer than its record.
        .dynamic(thread::STATIC_STRING, Bytes::new().u64(4).u8(2).u32(100).raw(b"x"))
        // Too short for an id.
        .dynamic(thread::STATIC_STRING, Bytes::new().u32(5))
        // A descriptor whose name was lost.
        .fixed(thread::SPAN, span(5, 3))
        // More properties than the record holds.
        .dynamic(thread::PROPERTY_SET, Bytes::new().u64(6).u32(u32::MAX))
        // Properties whose strings are missing.
        .dynamic(thread::PROPERTY_SET, Bytes::new().u64(7).u32(1).u64(8).u64(8))
        .fixed(thread::SPAN, span(9, 1));
    let objects = Queue::new().fixed(0, begin(2, 1)).fixed(0, begin(5, 2)).fixed(0, begin(9, 3));
    let plan = span_plan();
    let block = open(&plan, &dependencies, &objects);
    let losses = block.dependency_losses();
    assert_eq!(losses.count(LossReason::DuplicateDependency), 1);
    assert_eq!(losses.count(LossReason::InvalidText), 2);
    assert_eq!(losses.count(LossReason::RecordTooShort), 2);
    assert_eq!(losses.count(LossReason::MissingDependency), 2);
    let spans = block.thread_spans();
    assert_eq!(spans.columns.ticks, [1, 3]);
    assert_eq!(spans.losses.total(), 1);
    for scope in &spans.columns.scope {
        let name = spans.columns.scopes[*scope as usize].name;
        assert_eq!(block.strings().get(name as usize), Some("name"));
    }
}

#[test]
fn strings_must_come_before_what_refers_to_them() {
    let late = Queue::new().fixed(thread::SPAN, span(2, 1)).dynamic(0, string(1, "late"));
    let plan = span_plan();
    let block = open(&plan, &late, &Queue::new().fixed(0, begin(2, 1)));
    assert_eq!(block.dependency_losses().count(LossReason::MissingDependency), 1);
    assert_eq!(block.thread_spans().losses.count(LossReason::MissingDependency), 1);
}

#[test]
fn short_dynamic_records_are_counted() {
    let plan = StreamPlan::compile(&types::log_stream_layout(), &Limits::default()).unwrap();
    let descriptor = Bytes::new().u64(2).u64(1).u64(1).u64(1).u32(1).u32(4);
    let dependencies = Queue::new().dynamic(0, string(1, "x")).fixed(1, descriptor);
    let whole = Bytes::new().u64(2).i64(5).utf8("hello");
    let mut objects = Queue::new();
    for cut in 0..=whole.0.len() {
        objects = objects.dynamic(1, Bytes(whole.0[..cut].to_vec()));
    }
    let logs = open(&plan, &dependencies, &objects).logs();
    assert_eq!(logs.columns.message.iter().collect::<Vec<_>>(), ["hello"]);
    assert_eq!(logs.losses.count(LossReason::RecordTooShort), 16);
    assert_eq!(logs.losses.count(LossReason::InvalidText), 10);
    assert_eq!(logs.columns.record, [26]);
}

#[test]
fn broken_frames_are_errors() {
    let plan = span_plan();
    let whole = payload(&dependencies(), &Queue::new().fixed(0, begin(2, 1)));
    for cut in 0..whole.objects.len() {
        let objects = whole.objects.slice(..cut);
        let cut = Payload { objects, ..whole.clone() };
        assert!(plan.open(&cut, &Limits::default()).is_err());
    }
    for cut in 0..whole.dependencies.len() {
        let dependencies = whole.dependencies.slice(..cut);
        let cut = Payload { dependencies, ..whole.clone() };
        assert!(plan.open(&cut, &Limits::default()).is_err());
    }
}

#[test]
fn cyclic_types_are_refused() {
    let table = |name, nested| fixed(name, 8, &[("m", nested, 0, 8)]);
    for objects in [vec![table("A", "A")], vec![table("A", "B"), table("B", "A")]] {
        let layout = StreamLayout { dependencies: Vec::new(), objects };
        assert!(StreamPlan::compile(&layout, &Limits::default()).is_err());
        let swapped = StreamLayout { dependencies: layout.objects, objects: Vec::new() };
        assert!(StreamPlan::compile(&swapped, &Limits::default()).is_err());
    }
}

#[test]
fn an_empty_block_is_fine() {
    let plan = plan(Vec::new(), Vec::new());
    let block = open(&plan, &Queue::new(), &Queue::new());
    assert_eq!(block.logs().record_count, 0);
    assert_eq!(block.metrics().record_count, 0);
    assert!(block.thread_spans().losses.is_empty());
    assert!(block.async_spans().columns.record.is_empty());
    assert_eq!(block.strings().get(0), Some(""));
}

proptest! {
    #[test]
    fn arbitrary_records_never_panic(
        dependencies in proptest::collection::vec(any::<u8>(), 0..400),
        objects in proptest::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(2), any::<u8>()], 0..400),
    ) {
        let payload = Payload {
            dependencies: compress_frame(&dependencies).into(),
            objects: compress_frame(&objects).into(),
        };
        let mut layouts =
            vec![types::log_stream_layout(), types::metric_stream_layout(), types::thread_stream_layout()];
        layouts.push(StreamLayout {
            dependencies: layouts[0].dependencies.clone(),
            objects: vec![
                dynamic("ImageEvent"),
                fixed("NetPropertyEvent", 24, &[
                    ("time", "uint64", 0, 8),
                    ("property_name", "&StaticStringRef", 8, 8),
                    ("bit_size", "uint32", 16, 4),
                ]),
                fixed("Own", 12, &[
                    ("reference", "& Own", 0, 8),
                    ("nested", "Nested", 4, 8),
                    ("flag", "bool", 11, 1),
                ]),
                dynamic("TaggedLogInteropEvent"),
                fixed("Nested", 8, &[("x", "i16", 1, 2), ("reference", "StaticStringRef", 0, 8)]),
                reference("StaticStringRef", 8, "uint64", 0),
            ],
        });
        for layout in layouts {
            let plan = StreamPlan::compile(&layout, &Limits::default()).unwrap();
            let block = plan.open(&payload, &Limits::default()).unwrap();
            let logs = block.logs();
            prop_assert_eq!(logs.columns.message.len(), logs.columns.record.len());
            prop_assert_eq!(block.metrics().record_count, logs.record_count);
            prop_assert_eq!(block.thread_spans().record_count, logs.record_count);
            prop_assert_eq!(block.async_spans().record_count, logs.record_count);
            let images = block.images();
            prop_assert_eq!(images.record_count, logs.record_count);
            prop_assert_eq!(images.columns.name.len(), images.columns.record.len());
            prop_assert_eq!(images.columns.data.len(), images.columns.record.len());
            let spans = block.net_spans();
            prop_assert_eq!(spans.record_count, logs.record_count);
            prop_assert_eq!(spans.columns.bit_size.len(), spans.columns.record.len());
            let mut visited_count = 0;
            let visited = block.visit_events(|event| {
                visited_count += 1;
                assert!(event.payload.len() <= objects.len());
                std::ops::ControlFlow::Continue(())
            });
            prop_assert_eq!(visited.record_count, logs.record_count);
            let unknown = visited.losses.count(LossReason::UnknownType);
            let lost = visited.losses.total() - unknown;
            prop_assert_eq!(visited_count + lost, u64::from(visited.record_count));
            let mut custom_count = 0;
            for event in plan.event_types() {
                let custom = block.event_columns(event.type_index);
                prop_assert_eq!(custom.record_count, logs.record_count);
                custom_count += custom.columns.record.len();
            }
            prop_assert!(custom_count <= logs.record_count as usize);
            prop_assert_eq!(block.custom_events().record_count, logs.record_count);
        }
    }

    #[test]
    fn a_corrupted_stream_document_never_panics(
        position in 0_usize..10_000,
        value in any::<u8>(),
    ) {
        let stream = StreamInfo {
            process_id: Default::default(),
            stream_id: Default::default(),
            layout: types::thread_stream_layout(),
            tags: vec!["cpu".into()],
            properties: Default::default(),
        };
        let mut bytes = stream.to_cbor();
        let position = position % bytes.len();
        bytes[position] = value;
        if let Ok(stream) = StreamInfo::from_cbor(bytes.into())
            && let Ok(plan) = StreamPlan::compile(&stream.layout, &Limits::default())
        {
            let block = open(&plan, &dependencies(), &Queue::new().fixed(0, begin(2, 1)));
            let _ = block.thread_spans();
        }
    }
}
