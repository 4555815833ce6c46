//! No type of any producer is without a golden that holds a record of it.

use std::collections::BTreeSet;

use micromegas_transit::cursor::Cursor;
use micromegas_transit::{Block, StreamInfo, TypeLayout, decompress_frame};

use super::folder::{Golden, all, is_blessing};

/// Producer (how names of goldens begin) and names of the types it sends.
const SENT: [(&str, &[&str]); 7] = [
    (
        "rust-2024-10",
        &[
            "LogStringEvent",
            "LogStringInteropEventV2",
            "LogStaticStrInteropEvent",
            "LogStaticStrEvent",
            "LogMetadataRecord",
            "StaticString",
        ],
    ),
    (
        "rust-0.11",
        &[
            "BeginThreadSpanEvent",
            "EndThreadSpanEvent",
            "BeginAsyncSpanEvent",
            "EndAsyncSpanEvent",
            "SpanRecord",
        ],
    ),
    (
        "rust-0.20",
        &[
            "LogStaticStrEvent",
            "LogStringEventV2",
            "LogStaticStrInteropEvent",
            "LogStringInteropEventV3",
            "TaggedLogString",
            "StaticString",
            "StaticStringDependency",
            "LogMetadataRecord",
            "PropertySetDependency",
            "IntegerMetricEvent",
            "FloatMetricEvent",
            "TaggedFloatMetricEvent",
            "TaggedIntegerMetricEvent",
            "MetricMetadataDependency",
            "BeginThreadSpanEvent",
            "EndThreadSpanEvent",
            "BeginThreadNamedSpanEvent",
            "EndThreadNamedSpanEvent",
            "BeginAsyncSpanEvent",
            "EndAsyncSpanEvent",
            "BeginAsyncNamedSpanEvent",
            "EndAsyncNamedSpanEvent",
            "SpanRecord",
            "SpanLocationRecord",
        ],
    ),
    // LogStaticStrInteropEvent is in its metadata, but nothing in it records one any more.
    (
        "rust-0.33",
        &[
            "LogStaticStrEvent",
            "LogStringEventV2",
            "LogStaticStrInteropEventV2",
            "LogStringInteropEventV3",
            "TaggedLogString",
            "TaggedLogStaticStrEvent",
            "TaggedLogInteropEvent",
            "TaggedLogTemplateEvent",
            "StaticString",
            "StaticStringDependency",
            "LogMetadataRecord",
            "PropertySetDependency",
            "IntegerMetricEvent",
            "FloatMetricEvent",
            "TaggedFloatMetricEvent",
            "TaggedIntegerMetricEvent",
            "MetricMetadataDependency",
            "BeginThreadSpanEvent",
            "EndThreadSpanEvent",
            "BeginThreadNamedSpanEvent",
            "EndThreadNamedSpanEvent",
            "BeginAsyncSpanEvent",
            "EndAsyncSpanEvent",
            "BeginAsyncNamedSpanEvent",
            "EndAsyncNamedSpanEvent",
            "BeginThreadDynNamedSpanEvent",
            "EndThreadDynNamedSpanEvent",
            "BeginAsyncDynNamedSpanEvent",
            "EndAsyncDynNamedSpanEvent",
            "TaggedEndThreadSpanEvent",
            "TaggedEndThreadNamedSpanEvent",
            "TaggedEndAsyncSpanEvent",
            "TaggedEndAsyncNamedSpanEvent",
            "SpanRecord",
            "SpanLocationRecord",
            "ImageEvent",
        ],
    ),
    (
        "own",
        &[
            "StaticStringDependency",
            "LogMetadataRecord",
            "LogStaticStrEvent",
            "LogStringEventV2",
            "MetricMetadataDependency",
            "IntegerMetricEvent",
            "FloatMetricEvent",
            "SpanRecord",
            "BeginThreadSpanEvent",
            "EndThreadSpanEvent",
            "BeginAsyncSpanEvent",
            "EndAsyncSpanEvent",
            "PropertySetDependency",
            "TaggedLogStaticStrEvent",
            "TaggedLogTemplateEvent",
            "TaggedLogString",
            "TaggedLogInteropEvent",
            "TaggedIntegerMetricEvent",
            "TaggedFloatMetricEvent",
            "TaggedEndThreadSpanEvent",
            "TaggedEndAsyncSpanEvent",
            "TraceContextEvent",
        ],
    ),
    (
        "cpp",
        &[
            "StaticStringDependency",
            "PropertySetDependency",
            "LogMetadataRecord",
            "LogStringEventV2",
            "TaggedLogString",
            "TaggedLogInteropEvent",
            "MetricMetadataDependency",
            "IntegerMetricEvent",
            "FloatMetricEvent",
            "TaggedIntegerMetricEvent",
            "TaggedFloatMetricEvent",
            "SpanRecord",
            "SpanLocationRecord",
            "BeginThreadSpanEvent",
            "EndThreadSpanEvent",
            "BeginThreadNamedSpanEvent",
            "EndThreadNamedSpanEvent",
            "NetConnectionBeginEvent",
            "NetConnectionEndEvent",
            "NetObjectBeginEvent",
            "NetObjectEndEvent",
            "NetPropertyEvent",
            "NetRPCBeginEvent",
            "NetRPCEndEvent",
            "ImageEvent",
        ],
    ),
    (
        "unreal",
        &[
            "TaggedLogInteropEvent",
            "TaggedLogString",
            "StaticStringDependency",
            "LogMetadataDependency",
            "PropertySetDependency",
            "TaggedIntegerMetricEvent",
            "TaggedFloatMetricEvent",
            "MetricMetadataDependency",
            "BeginThreadSpanEvent",
            "EndThreadSpanEvent",
            "BeginThreadNamedSpanEvent",
            "EndThreadNamedSpanEvent",
            "SpanMetadataDependency",
            "SpanLocationDependency",
            "NetConnectionBeginEvent",
            "NetConnectionEndEvent",
            "NetObjectBeginEvent",
            "NetObjectEndEvent",
            "NetPropertyEvent",
            "NetRPCBeginEvent",
            "NetRPCEndEvent",
            "ImageEvent",
        ],
    ),
];

fn add_types_of(buffer: &[u8], types: &[TypeLayout], found: &mut BTreeSet<String>) {
    let mut cursor = Cursor::new(buffer);
    while !cursor.is_empty() {
        let layout = &types[usize::from(cursor.read_u8().unwrap())];
        let size = if layout.size == 0 { cursor.read_u32().unwrap() } else { layout.size };
        cursor.take(size as usize).unwrap();
        found.insert(layout.name.clone());
    }
}

fn types_of(golden: &Golden, found: &mut BTreeSet<String>) {
    let layout = StreamInfo::from_cbor(golden.stream.clone().into()).unwrap().layout;
    let block = Block::from_cbor(golden.block.clone().into()).unwrap();
    let payload = block.payload.open().unwrap();
    let bytes = |frame: &[u8]| decompress_frame(frame, 1 << 20).unwrap();
    add_types_of(&bytes(&payload.dependencies), &layout.dependencies, found);
    add_types_of(&bytes(&payload.objects), &layout.objects, found);
}

#[test]
fn every_type_that_a_producer_sends_is_in_a_golden() {
    if is_blessing() {
        return;
    }
    let goldens = all();
    let mut missing = Vec::new();
    for (producer, names) in SENT {
        let mut found = BTreeSet::new();
        for golden in goldens.iter().filter(|golden| golden.name.starts_with(producer)) {
            types_of(golden, &mut found);
        }
        let absent = names.iter().filter(|name| !found.contains(**name));
        missing.extend(absent.map(|name| format!("{producer}: {name}")));
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
