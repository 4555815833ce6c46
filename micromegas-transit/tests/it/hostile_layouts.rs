//! Layouts that make no sense, with records that make none either.

use std::ops::ControlFlow;

use micromegas_transit::{Limits, MemberLayout, StreamInfo, StreamLayout, StreamPlan, TypeLayout};
use proptest::prelude::*;
use proptest::sample::select;

use crate::wire::{Queue, payload};

/// Names that decoders know, and names of types that may contain each other.
const TYPES: [&str; 20] = [
    "StaticString",
    "StaticStringDependency",
    "PropertySetDependency",
    "Property",
    "StaticStringRef",
    "StringId",
    "LogMetadataRecord",
    "MetricMetadataDependency",
    "SpanRecord",
    "SpanLocationRecord",
    "LogStaticStrEvent",
    "LogStringInteropEventV3",
    "TaggedLogTemplateEvent",
    "TaggedFloatMetricEvent",
    "BeginThreadSpanEvent",
    "EndAsyncNamedSpanEvent",
    "NetPropertyEvent",
    "ImageEvent",
    "Own",
    "Other",
];

const MEMBERS: [&str; 20] = [
    "id",
    "name",
    "value",
    "time",
    "desc",
    "fmt_str",
    "target",
    "unit",
    "file",
    "line",
    "level",
    "properties",
    "thread_span_desc",
    "span_location",
    "span_id",
    "depth",
    "property_name",
    "bit_size",
    "own",
    "",
];

const NUMBERS: [&str; 9] = ["u8", "uint16", "u32", "u64", "i64", "f32", "f64", "bool", "unknown"];

fn member() -> impl Strategy<Value = MemberLayout> {
    let type_name = prop_oneof![3 => select(&NUMBERS[..]), 1 => select(&TYPES[..])];
    let offset = prop_oneof![8 => 0_u32..24, 1 => any::<u32>()];
    let size = prop_oneof![8 => select(&[1_u32, 2, 4, 8, 16][..]), 1 => any::<u32>()];
    (select(&MEMBERS[..]), type_name, offset, size, any::<bool>()).prop_map(
        |(name, type_name, offset, size, is_reference)| MemberLayout {
            name: name.into(),
            type_name: type_name.into(),
            offset,
            size,
            is_reference,
        },
    )
}

fn type_layout() -> impl Strategy<Value = TypeLayout> {
    let size = prop_oneof![2 => Just(0_u32), 8 => 1_u32..40, 1 => any::<u32>()];
    let members = proptest::collection::vec(member(), 0..6);
    (select(&TYPES[..]), size, members, any::<bool>()).prop_map(
        |(name, size, members, is_reference)| TypeLayout {
            name: name.into(),
            size,
            members,
            is_reference,
        },
    )
}

fn table() -> impl Strategy<Value = Vec<TypeLayout>> {
    proptest::collection::vec(type_layout(), 0..8)
}

/// Bytes in which small numbers are frequent, so that they are type indices, sizes and ids.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![6 => 0_u8..8, 3 => Just(0), 1 => any::<u8>()];
    proptest::collection::vec(byte, 0..300)
}

/// Decodes a block in every way there is.
fn decode_all(plan: &StreamPlan, dependencies: Vec<u8>, objects: Vec<u8>) {
    let limits = Limits { derived_bytes: 1 << 16, ..Limits::default() };
    let payload = payload(&Queue(dependencies), &Queue(objects));
    let block = plan.open(&payload, &limits).unwrap();
    let record_count = block.logs().record_count;
    assert_eq!(block.metrics().record_count, record_count);
    assert_eq!(block.thread_spans().record_count, record_count);
    assert_eq!(block.async_spans().record_count, record_count);
    assert_eq!(block.images().record_count, record_count);
    assert_eq!(block.net_spans().record_count, record_count);
    let custom = block.custom_events();
    assert_eq!(custom.record_count, record_count);
    for event in plan.event_types() {
        let columns = block.event_columns(event.type_index).columns;
        for column in &columns.columns {
            assert!([0, columns.record.len()].contains(&column.present.len()));
        }
    }
    let visited = block.visit_events(|_| ControlFlow::Continue(()));
    assert_eq!(visited.record_count, record_count);
}

proptest! {
    #[test]
    fn any_layout_is_refused_or_decoded(
        dependency_types in table(),
        event_types in table(),
        dependencies in records(),
        objects in records(),
    ) {
        let layout = StreamLayout { dependencies: dependency_types, objects: event_types };
        let limits = Limits::default();
        let checked = layout.check(&limits);
        let compiled = StreamPlan::compile(&layout, &limits);
        prop_assert_eq!(compiled.as_ref().map(drop).map_err(Clone::clone), checked);
        prop_assert_eq!(layout.clone().canonical().hash(), layout.hash());
        let stream = StreamInfo {
            process_id: Default::default(),
            stream_id: Default::default(),
            layout,
            tags: Vec::new(),
            properties: Default::default(),
        };
        prop_assert_eq!(StreamInfo::from_cbor(stream.to_cbor().into()), Ok(stream));
        if let Ok(plan) = compiled {
            decode_all(&plan, dependencies, objects);
        }
    }
}
