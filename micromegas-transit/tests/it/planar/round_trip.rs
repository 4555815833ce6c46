//! What goes in comes out.

use micromegas_transit::planar::{self, CarriedSpan, Codec, Encoder};
use micromegas_transit::types::{self, BeginAsyncSpanEvent, BeginThreadSpanEvent};
use micromegas_transit::{Limits, Payload, RecordQueue, StreamPlan, TypeLayout, compress_frame};
use proptest::prelude::*;

use super::records::{buffers, codecs, encode, tables};

#[track_caller]
fn assert_rebuilt(table: &[TypeLayout], records: &[u8]) {
    for codec in codecs() {
        let planar = encode(table, records, codec);
        assert!(planar::is_planar(&planar));
        let rebuilt = planar::decode(&planar, &Limits::default()).unwrap();
        assert!(rebuilt == records, "{codec:?}: {} bytes", records.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn records_of_random_types_are_rebuilt((table, records) in buffers()) {
        assert_rebuilt(&table, &records);
    }

    #[test]
    fn so_is_a_buffer_that_ends_anywhere((table, mut records) in buffers(), cut in 0..100_usize) {
        records.truncate(records.len().saturating_sub(cut));
        assert_rebuilt(&table, &records);
    }

    #[test]
    fn so_is_anything_at_all(
        table in tables(),
        bytes in proptest::collection::vec(0..8_u8, 0..600),
        noise in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        assert_rebuilt(&table, &bytes);
        assert_rebuilt(&table, &[bytes, noise].concat());
    }

    #[test]
    fn an_encoder_remembers_nothing(first in buffers(), second in 0..2000_usize) {
        let (table, records) = first;
        let mut encoder = Encoder::new(&table, Codec::Lz4).unwrap();
        let other = &records[..second.min(records.len())];
        encoder.encode(other, None);
        prop_assert_eq!(encoder.encode(&records, None), encode(&table, &records, Codec::Lz4));
    }
}

#[test]
fn blocks_of_many_chunks_are_rebuilt() {
    let mut queue = RecordQueue::new();
    let mut time = 1_000_000_000_000;
    for event in 0..30_000_u64 {
        time += 20 + (event * event % 3000) as i64;
        if event % 5000 < 40 {
            let event = BeginAsyncSpanEvent {
                span_desc: 5,
                span_id: event,
                parent_span_id: event / 2,
                time,
                depth: (event % 3) as u32,
                reserved: 0,
            };
            queue.push(types::thread::BEGIN_ASYNC_SPAN_EVENT, &event);
        } else {
            // One value leaves the constant planes late.
            let thread_span_desc = if event == 29_000 { u64::MAX } else { event % 7 };
            let event = BeginThreadSpanEvent { thread_span_desc, time };
            queue.push((event.time % 2) as u8, &event);
        }
    }
    assert_rebuilt(&types::thread_stream_layout().objects, queue.as_bytes());
}

#[test]
fn nothing_becomes_a_buffer_of_a_few_bytes() {
    for codec in codecs() {
        let planar = encode(&types::log_stream_layout().objects, &[], codec);
        assert!(planar.len() < 32, "{}", planar.len());
        assert_eq!(planar::decode(&planar, &Limits::default()), Ok(Vec::new()));
    }
}

#[test]
fn a_block_carries_the_spans_that_are_open() {
    let layout = types::thread_stream_layout();
    let plan = StreamPlan::compile(&layout, &Limits::default()).unwrap();
    let mut encoder = Encoder::new(&layout.objects, Codec::Lz4).unwrap();
    let spans = [
        CarriedSpan { event_id: 3, descriptor: 9, begin: 1_000_000 },
        CarriedSpan { event_id: 70_000, descriptor: 1 << 63, begin: 1_000_100 },
    ];
    let mut carried = |spans: Option<&[CarriedSpan]>| {
        let payload = Payload {
            dependencies: compress_frame(&[]).into(),
            objects: encoder.encode(&[], spans).into(),
        };
        let open = plan.open(&payload, &Limits::default()).unwrap();
        open.carried_spans().map(<[_]>::to_vec)
    };
    assert_eq!(carried(Some(&spans)), Some(spans.to_vec()));
    assert_eq!(carried(Some(&[])), Some(Vec::new()));
    assert_eq!(carried(None), None);
    let plain =
        Payload { dependencies: compress_frame(&[]).into(), objects: compress_frame(&[]).into() };
    assert_eq!(plan.open(&plain, &Limits::default()).unwrap().carried_spans(), None);
}

/// The bytes of a small block, so that the format cannot change unnoticed.
#[test]
fn the_bytes_are_those_of_the_specification() {
    let mut queue = RecordQueue::new();
    for step in 0..3 {
        let begin = BeginThreadSpanEvent { thread_span_desc: 7, time: 0x100 + 16 * step };
        queue.push(step as u8 % 2, &begin);
    }
    let carried = [CarriedSpan { event_id: 1, descriptor: 7, begin: 2 }];
    let mut encoder = Encoder::new(&types::thread_stream_layout().objects, Codec::Lz4).unwrap();
    let planar = encoder.encode(queue.as_bytes(), Some(&carried));
    let expected = [
        &b"mmpl"[..],
        &[1, 1, 0, 0],
        &planar[8..12],
        &[51, 0, 0, 0],
        // One span is carried.
        &[2, 2, 7, 4],
        // Three records of two types: index, size, count.
        &[3, 2, 0, 16, 2, 1, 16, 1],
        // The type plane has a run.
        &[1],
        // Two groups; the first has members at offset 0 of both types, and is constant.
        &[2, 2, 0, 0, 1, 0, 8, 0, 7, 0, 0, 0, 0, 0, 0, 0],
        // The clock: from 0xf0 in steps of 16.
        &[2, 0, 8, 1, 8, 8, 2, 0xf0, 1, 0, 16, 0, 0, 0, 0, 0, 0, 0],
        // No rest, no tail; one section of one run, stored.
        &[0, 0, 1, 2],
        &[0, 1, 0],
    ]
    .concat();
    assert_eq!(planar, expected);
}
