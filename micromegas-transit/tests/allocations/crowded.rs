//! Blocks made on purpose: as many dependencies as can be, of layouts that lack most members, each
//! of which an event refers to. Whatever is decoded of them takes no more than the promise.

use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::{
    AsyncSpanColumns, BytesColumn, ColumnValues, Decoded, EventColumns, ImageColumns, Limits,
    LogColumns, MemberLayout, MetricColumns, NetSpanColumns, OpenBlock, Payload, Scope,
    SpanColumns, StreamLayout, StreamPlan, TextColumn, TypeLayout, compress_frame,
};

use crate::counting::allocations_of;

/// What does not hang on the block's size: the last block of a frame's buffer, hash tables of a few
/// entries, tables of the smallest ids, rows that are worked on together.
const CONSTANT_BYTES: usize = 192 << 10;

/// Members by name, type and offset; those of type `ref` refer to a dependency.
type Members<'a> = &'a [(&'a str, &'a str, u32)];

fn fixed(name: &str, size: u32, members: Members<'_>) -> TypeLayout {
    let members = members
        .iter()
        .map(|(name, kind, offset)| MemberLayout {
            name: (*name).to_owned(),
            type_name: if *kind == "ref" { "u64" } else { kind }.to_owned(),
            offset: *offset,
            size: if *kind == "u8" { 1 } else { 8 },
            is_reference: *kind == "ref",
        })
        .collect();
    TypeLayout { name: name.to_owned(), size, members, is_reference: false }
}

const STRING: u8 = 0;
const SET: u8 = 1;
const LOG_SITE: u8 = 2;
const METRIC: u8 = 3;
const OVERLAPPING_METRIC: u8 = 4;
const SPAN: u8 = 5;
const LOCATION: u8 = 6;
const OWN: u8 = 7;
const OWN_PAIR: u8 = 8;

fn dependency_types() -> Vec<TypeLayout> {
    let id = ("id", "u64", 0);
    let property = fixed("Property", 16, &[("name", "ref", 0), ("value", "ref", 8)]);
    vec![
        TypeLayout::dynamic("StaticString"),
        TypeLayout::dynamic("PropertySetDependency"),
        fixed("LogMetadataRecord", 17, &[id, ("fmt_str", "ref", 8), ("level", "u8", 16)]),
        fixed("MetricMetadataDependency", 16, &[id, ("name", "ref", 8)]),
        fixed(
            "MetricMetadataDependency",
            16,
            &[id, ("name", "ref", 8), ("unit", "ref", 8), ("target", "ref", 8)],
        ),
        fixed("SpanRecord", 16, &[id, ("name", "ref", 8)]),
        fixed("SpanLocationRecord", 8, &[id]),
        fixed("OwnDependency", 8, &[id]),
        fixed("OwnPair", 16, &[id, ("text", "ref", 8)]),
        TypeLayout { is_reference: true, ..property },
    ]
}

const LOG: u8 = 0;
const TEMPLATE: u8 = 1;
const WIDE_LOG: u8 = 2;
const INTEGER: u8 = 3;
const BEGIN: u8 = 4;
const NAMED: u8 = 5;
const ASYNC: u8 = 6;
const NET: u8 = 7;
const IMAGE: u8 = 8;
const OWN_REFERENCE: u8 = 9;
const OWN_BYTE: u8 = 10;

fn event_types() -> Vec<TypeLayout> {
    let two = |name| [(name, "ref", 0), ("time", "i64", 8)];
    vec![
        fixed("LogStaticStrEvent", 16, &two("desc")),
        fixed(
            "TaggedLogTemplateEvent",
            24,
            &[("desc", "ref", 0), ("time", "i64", 8), ("properties", "ref", 16)],
        ),
        TypeLayout::dynamic("LogStringEventV2"),
        fixed(
            "IntegerMetricEvent",
            24,
            &[("desc", "ref", 0), ("value", "u64", 8), ("time", "i64", 16)],
        ),
        fixed("BeginThreadSpanEvent", 16, &two("thread_span_desc")),
        fixed(
            "BeginThreadNamedSpanEvent",
            24,
            &[("thread_span_location", "ref", 0), ("name", "ref", 8), ("time", "i64", 16)],
        ),
        fixed(
            "BeginAsyncSpanEvent",
            24,
            &[("span_desc", "ref", 0), ("span_id", "u64", 8), ("time", "i64", 16)],
        ),
        fixed("NetConnectionEndEvent", 9, &[("time", "i64", 0), ("bit_size", "u8", 8)]),
        TypeLayout::dynamic("ImageEvent"),
        fixed("OwnEvent", 8, &[("own", "ref", 0)]),
        fixed("OwnByte", 1, &[("byte", "u8", 0)]),
    ]
}

/// An id as those clients send that give addresses. The first string is number 0.
fn address(number: u64) -> [u8; 8] {
    (0x7f00_0000_0000 + number * 24).to_le_bytes()
}

fn record(type_index: u8, parts: &[&[u8]]) -> Vec<u8> {
    [&[type_index][..], &parts.concat()].concat()
}

fn dynamic(type_index: u8, parts: &[&[u8]]) -> Vec<u8> {
    let payload = parts.concat();
    record(type_index, &[&(payload.len() as u32).to_le_bytes(), &payload])
}

fn property_set(number: u64) -> Vec<u8> {
    dynamic(SET, &[&address(number), &1_u32.to_le_bytes(), &address(0), &address(0)])
}

/// A dependency with this number and an event that refers to it.
struct Case {
    what: &'static str,
    dependency: fn(u64) -> Vec<u8>,
    event: fn(u64) -> Vec<u8>,
}

fn time(number: u64) -> [u8; 8] {
    // All eight bytes vary, so that no plane is constant.
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes()
}

fn nothing(_: u64) -> Vec<u8> {
    Vec::new()
}

const CASES: [Case; 13] = [
    Case {
        what: "logs",
        dependency: |n| record(LOG_SITE, &[&address(n), &address(0), &[4]]),
        event: |n| record(LOG, &[&address(n), &time(n)]),
    },
    Case {
        what: "templates",
        dependency: |n| {
            let site = record(LOG_SITE, &[&address(n), &address(0), &[4]]);
            [site, property_set(n)].concat()
        },
        event: |n| record(TEMPLATE, &[&address(n), &time(n), &address(n)]),
    },
    Case {
        what: "logs that are not UTF-8",
        dependency: |n| record(LOG_SITE, &[&address(n), &address(0), &[4]]),
        event: |n| {
            let text = [0xff; 20];
            dynamic(WIDE_LOG, &[&address(n), &time(n), &[2], &20_u32.to_le_bytes(), &text])
        },
    },
    Case {
        what: "metrics",
        dependency: |n| record(METRIC, &[&address(n), &address(0)]),
        event: |n| record(INTEGER, &[&address(n), &time(n + 1), &time(n)]),
    },
    Case {
        what: "metrics whose members overlap",
        dependency: |n| record(OVERLAPPING_METRIC, &[&address(n), &address(0)]),
        event: |n| record(INTEGER, &[&address(n), &time(n + 1), &time(n)]),
    },
    Case {
        what: "spans",
        dependency: |n| record(SPAN, &[&address(n), &address(0)]),
        event: |n| record(BEGIN, &[&address(n), &time(n)]),
    },
    Case {
        what: "asynchronous spans",
        dependency: |n| record(SPAN, &[&address(n), &address(0)]),
        event: |n| record(ASYNC, &[&address(n), &time(n + 1), &time(n)]),
    },
    Case {
        what: "named spans",
        dependency: |n| {
            let text = format!("{n:07}");
            let name = dynamic(STRING, &[&address(n), text.as_bytes()]);
            [name, record(LOCATION, &[&address(n)])].concat()
        },
        event: |n| record(NAMED, &[&address(n), &address(n), &time(n)]),
    },
    Case {
        what: "net spans",
        dependency: nothing,
        event: |n| record(NET, &[&time(n), &[n as u8]]),
    },
    Case {
        what: "images",
        dependency: nothing,
        event: |n| {
            let text = [&[2, 1, 0, 0, 0, b'x'][..]; 2].concat();
            let data = time(n).repeat(8);
            dynamic(IMAGE, &[&time(n), &text, &64_u32.to_le_bytes(), &data])
        },
    },
    Case {
        what: "own events",
        dependency: |n| record(OWN, &[&address(n)]),
        event: |n| record(OWN_REFERENCE, &[&address(n)]),
    },
    Case {
        what: "own events with texts",
        dependency: |n| record(OWN_PAIR, &[&address(n), &address(0)]),
        event: |n| record(OWN_REFERENCE, &[&address(n)]),
    },
    Case {
        what: "smallest events",
        dependency: nothing,
        event: |n| record(OWN_BYTE, &[&[n as u8]]),
    },
];

/// What a decoder gave: the bytes of its columns, and how many rows they have.
type Size = (usize, usize);

fn text_bytes(column: &TextColumn) -> usize {
    size_of_val(&column.offsets[..]) + column.bytes.len()
}

macro_rules! bytes_of {
    ($columns:expr, $($column:ident)*) => { 0 $(+ size_of_val(&$columns.$column[..]))* };
}

fn logs(block: &OpenBlock<'_>) -> Size {
    let columns: LogColumns = block.logs().columns;
    let bytes = bytes_of!(columns, record ticks level target properties);
    (bytes + text_bytes(&columns.message), columns.record.len())
}

fn metrics(block: &OpenBlock<'_>) -> Size {
    let columns: MetricColumns = block.metrics().columns;
    let bytes = bytes_of!(
        columns,
        record ticks name unit target value integer is_integer properties
    );
    (bytes, columns.record.len())
}

fn thread_spans(block: &OpenBlock<'_>) -> Size {
    let columns: SpanColumns = block.thread_spans().columns;
    let bytes = bytes_of!(columns, record ticks is_begin scope properties);
    (bytes + size_of_val(&columns.scopes[..]), columns.record.len())
}

fn async_spans(block: &OpenBlock<'_>) -> Size {
    let columns: AsyncSpanColumns = block.async_spans().columns;
    let bytes = bytes_of!(
        columns,
        record ticks is_begin scope span_id parent_span_id depth properties
    );
    (bytes + size_of_val(&columns.scopes[..]), columns.record.len())
}

fn net_spans(block: &OpenBlock<'_>) -> Size {
    let columns: NetSpanColumns = block.net_spans().columns;
    let bytes = bytes_of!(columns, record ticks kind edge name is_outgoing bit_size);
    (bytes, columns.record.len())
}

fn images(block: &OpenBlock<'_>) -> Size {
    let columns: ImageColumns = block.images().columns;
    let BytesColumn { offsets, bytes } = &columns.data;
    let data = size_of_val(&offsets[..]) + bytes.len();
    let texts = text_bytes(&columns.name) + text_bytes(&columns.format);
    (bytes_of!(columns, record ticks) + texts + data, columns.record.len())
}

fn custom_events(block: &OpenBlock<'_>) -> Size {
    let Decoded { columns, .. } = block.custom_events();
    let of_type = |own: &EventColumns| {
        let values = own.columns.iter().map(|column| {
            let values = match &column.values {
                ColumnValues::Unsigned(values) => size_of_val(&values[..]),
                ColumnValues::Signed(values) => size_of_val(&values[..]),
                ColumnValues::Float(values) => size_of_val(&values[..]),
                ColumnValues::Bool(values) => size_of_val(&values[..]),
                ColumnValues::Text(values) | ColumnValues::Properties(values) => {
                    size_of_val(&values[..])
                }
                _ => 0,
            };
            values + column.present.len()
        });
        size_of_val(&own.record[..]) + values.sum::<usize>()
    };
    let rows = columns.iter().map(|own| own.record.len()).sum();
    (columns.iter().map(of_type).sum(), rows)
}

/// The bytes of what a block hands out for all columns.
fn table_bytes(block: &OpenBlock<'_>) -> usize {
    let sets = block.property_sets();
    text_bytes(block.strings()) + size_of_val(&sets.offsets[..]) + size_of_val(&sets.pairs[..])
}

/// A string and so many dependencies.
fn dependencies(dependency: fn(u64) -> Vec<u8>, count: u64) -> Vec<u8> {
    let mut dependencies = dynamic(STRING, &[&address(0), b"text"]);
    dependencies.extend((1..=count).flat_map(dependency));
    dependencies
}

#[test]
fn crowded_blocks_take_no_more_memory_than_others() {
    let decoders = [logs, metrics, thread_spans, async_spans, net_spans, images, custom_events];
    let layout = StreamLayout { dependencies: dependency_types(), objects: event_types() };
    let limits = Limits::default();
    let plan = StreamPlan::compile(&layout, &limits).unwrap();
    for Case { what, dependency, event } in CASES {
        for count in [300, 3_000, 10_000] {
            let dependencies = dependencies(dependency, count);
            let objects: Vec<u8> = (1..=count).flat_map(event).collect();
            let block_bytes = dependencies.len() + objects.len();
            let planar = Encoder::new(&layout.objects, Codec::Lz4).unwrap().encode(&objects, None);
            for (encoding, frame) in [("plain", compress_frame(&objects)), ("planar", planar)] {
                let dependencies = compress_frame(&dependencies).into();
                let payload = Payload { dependencies, objects: frame.into() };
                let mut rows = 0;
                for decode in decoders {
                    let ((bytes, own_rows), allocations) = allocations_of(|| {
                        let block = plan.open(&payload, &limits).unwrap();
                        assert!(block.dependency_losses().is_empty(), "{what}");
                        let (bytes, rows) = decode(&block);
                        (bytes + table_bytes(&block), rows)
                    });
                    rows += own_rows;
                    let bound = 2 * block_bytes + bytes + CONSTANT_BYTES;
                    let peak = allocations.peak_bytes;
                    let times = (peak as f64 - bytes as f64) / block_bytes as f64;
                    assert!(peak <= bound, "{what}, {encoding}: {count} take {times:.2} times");
                }
                assert_eq!(rows, count as usize, "{what}, {encoding}");
            }
        }
    }
}

/// The scopes of spans, with what they are made of.
fn scopes<'a>(rows: &'a [i32], scopes: &'a [Scope]) -> impl Iterator<Item = Scope> + 'a {
    rows.iter().map(|scope| scopes[*scope as usize])
}

#[test]
fn crowded_blocks_decode_as_others_do() {
    let layout = StreamLayout { dependencies: dependency_types(), objects: event_types() };
    let limits = Limits::default();
    let plan = StreamPlan::compile(&layout, &limits).unwrap();
    for Case { what, dependency, event } in CASES.iter().filter(|case| case.what != "net spans") {
        let dependencies = dependencies(*dependency, 3_000);
        // The events refer to the dependencies in another order, and to some that are not there.
        let events: Vec<u8> = (1..4_000).map(|n| n * 7 % 4_000).flat_map(event).collect();
        // Among so many others, the dependencies are few.
        let others = (0..200_000).flat_map(CASES[8].event);
        let roomy: Vec<u8> = events.iter().copied().chain(others).collect();
        let payload = |objects: &[u8]| Payload {
            dependencies: compress_frame(&dependencies).into(),
            objects: compress_frame(objects).into(),
        };
        let (crowded, roomy) = (payload(&events), payload(&roomy));
        let crowded = plan.open(&crowded, &limits).unwrap();
        let roomy = plan.open(&roomy, &limits).unwrap();
        assert_eq!(crowded.strings(), roomy.strings(), "{what}");
        let (own, other) = (crowded.logs(), roomy.logs());
        assert_eq!((own.columns, own.losses), (other.columns, other.losses), "{what}");
        let (own, other) = (crowded.metrics(), roomy.metrics());
        assert_eq!((own.columns, own.losses), (other.columns, other.losses), "{what}");
        let (own, other) = (crowded.images(), roomy.images());
        assert_eq!((own.columns, own.losses), (other.columns, other.losses), "{what}");
        let (own, other) = (crowded.custom_events(), roomy.custom_events());
        assert_eq!((own.columns, own.losses), (other.columns, other.losses), "{what}");
        let (own, other) = (crowded.thread_spans(), roomy.thread_spans());
        assert_eq!(own.losses, other.losses, "{what}");
        let (own, other) = (own.columns, other.columns);
        assert_eq!((own.record, own.ticks), (other.record, other.ticks), "{what}");
        assert!(scopes(&own.scope, &own.scopes).eq(scopes(&other.scope, &other.scopes)), "{what}");
        let (own, other) = (crowded.async_spans(), roomy.async_spans());
        assert_eq!(own.losses, other.losses, "{what}");
        let (own, other) = (own.columns, other.columns);
        assert_eq!((own.record, own.ticks), (other.record, other.ticks), "{what}");
        assert!(scopes(&own.scope, &own.scopes).eq(scopes(&other.scope, &other.scopes)), "{what}");
    }
}
