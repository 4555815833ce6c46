//! Columns are the same whichever way they are made: in new memory or in that of the block before,
//! and from records with the usual layout, which are read in batches, or with another one.

use micromegas_transit::types::{self, log, metrics, thread};
use micromegas_transit::{
    AsyncSpanColumns, Decoded, Limits, LogColumns, MetricColumns, OpenBlock, Payload, RecordQueue,
    Reflect, ReflectDynamic, SpanColumns, StreamLayout, StreamPlan, compress_frame,
};
use proptest::prelude::*;

const STRINGS: [&str; 3] = [
    "short",
    "",
    "a text that is longer than the decoder copies at once, so that its rest counts too",
];
/// Ids as published clients send them and as ours does: addresses and counters.
const STRING_IDS: [u64; 3] = [0x7fff_1234_5670, 1, 4096];
const DESCRIPTOR_IDS: [u64; 3] = [7, 0x7fff_0000_0010, 5000];

fn descriptor_queue(index: u8, push: impl Fn(&mut RecordQueue, u8, u64, u64)) -> RecordQueue {
    let mut queue = RecordQueue::new();
    for (id, text) in STRING_IDS.into_iter().zip(STRINGS) {
        queue.push_dynamic(0, |out| types::StaticStringDependency { id, text }.write_to(out));
    }
    for (id, text) in DESCRIPTOR_IDS.into_iter().zip(STRING_IDS) {
        push(&mut queue, index, id, text);
    }
    queue
}

/// Events in the usual layout, and with the words of each fixed record in reverse order.
#[derive(Default)]
struct Objects {
    usual: Vec<u8>,
    reversed: Vec<u8>,
}

impl Objects {
    fn push<T: Reflect>(&mut self, type_index: u8, event: &T) {
        let mut record = vec![0; T::SIZE];
        event.write_to(&mut record);
        self.usual.push(type_index);
        self.usual.extend(&record);
        self.reversed.push(type_index);
        self.reversed.extend(record.rchunks(8).flatten());
    }

    fn push_dynamic(&mut self, type_index: u8, event: &impl ReflectDynamic) {
        let mut payload = Vec::new();
        event.write_to(&mut payload);
        for queue in [&mut self.usual, &mut self.reversed] {
            queue.push(type_index);
            queue.extend((payload.len() as u32).to_le_bytes());
            queue.extend(&payload);
        }
    }
}

fn reversed(mut layout: StreamLayout) -> StreamLayout {
    for event in &mut layout.objects {
        for member in &mut event.members {
            let (word, byte) = (member.offset & !7, member.offset & 7);
            member.offset = event.size - 8 - word + byte;
        }
    }
    layout
}

/// Decodes blocks one after the other, in each of the ways.
fn check<C: Default + PartialEq + std::fmt::Debug>(
    layout: &StreamLayout,
    dependencies: &RecordQueue,
    blocks: &[Objects],
    decode: impl Fn(&OpenBlock<'_>, C) -> Decoded<C>,
) {
    // Few enough bytes that the texts of some blocks exceed them.
    let limits = Limits { text_bytes: 4_000, ..Limits::default() };
    let plan = StreamPlan::compile(layout, &limits).unwrap();
    let reversed_plan = StreamPlan::compile(&reversed(layout.clone()), &limits).unwrap();
    let payload = |objects: &[u8]| Payload {
        dependencies: compress_frame(dependencies.as_bytes()).into(),
        objects: compress_frame(objects).into(),
    };
    let (mut buffer, mut columns) = (Vec::new(), C::default());
    for objects in blocks {
        let usual = payload(&objects.usual);
        let fresh = decode(&plan.open(&usual, &limits).unwrap(), C::default());
        let block = plan.open_in(&usual, &limits, buffer).unwrap();
        let again = decode(&block, columns);
        assert_eq!(fresh, again);
        let reversed = payload(&objects.reversed);
        let other = decode(&reversed_plan.open(&reversed, &limits).unwrap(), C::default());
        assert_eq!(fresh, other);
        columns = again.columns;
        buffer = block.into_buffer();
    }
}

/// A block: which kind of event, which descriptor (the last one is missing), and a number.
fn events() -> impl Strategy<Value = Vec<Vec<(u8, usize, u64)>>> {
    let event = (0_u8..4, 0_usize..40, any::<u64>());
    proptest::collection::vec(proptest::collection::vec(event, 0..700), 1..4)
}

fn descriptor(index: usize) -> u64 {
    DESCRIPTOR_IDS.get(index % 3).filter(|_| index < 39).copied().unwrap_or(99)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn log_columns_are_the_same(blocks in events()) {
        let dependencies = descriptor_queue(log::LOG_METADATA, |queue, index, id, fmt_str| {
            let target = STRING_IDS[0];
            let file = target;
            let site = types::LogMetadataRecord { id, fmt_str, target, file, line: 1, level: 4 };
            queue.push(index, &site);
        });
        let blocks: Vec<_> = blocks.iter().map(|events| {
            let mut queue = Objects::default();
            for (kind, site, number) in events {
                let (desc, time) = (descriptor(*site), number.cast_signed());
                if *kind == 0 {
                    let message = &number.to_string();
 let event = types::LogStringEventV2 { desc, time, message };
 queue.push_dynamic(log::LOG_STRING_EVENT, &event);
                } else {
                    let event = types::LogStaticStrEvent { desc, time };
                    queue.push(log::LOG_STATIC_STR_EVENT, &event);
                }
            }
            queue
        }).collect();
        check::<LogColumns>(&types::log_stream_layout(), &dependencies, &blocks, |open, c| open.logs_in(c));
    }

    #[test]
    fn metric_columns_are_the_same(blocks in events()) {
        let dependencies = descriptor_queue(metrics::METRIC_METADATA, |queue, index, id, name| {
            let (unit, target, file) = (STRING_IDS[0], STRING_IDS[1], STRING_IDS[2]);
            let (line, lod) = (1, 2);
            let metric =
                types::MetricMetadataDependency { id, name, unit, target, file, line, lod };
            queue.push(index, &metric);
        });
        let blocks: Vec<_> = blocks.iter().map(|events| {
            let mut queue = Objects::default();
            for (kind, metric, number) in events {
                let (desc, time, value) = (descriptor(*metric), number.cast_signed(), *number);
                if *kind < 2 {
                    let event = types::IntegerMetricEvent { desc, value, time };
                    queue.push(metrics::INTEGER_METRIC_EVENT, &event);
                } else {
                    let event = types::FloatMetricEvent { desc, value: value as f64, time };
                    queue.push(metrics::FLOAT_METRIC_EVENT, &event);
                }
            }
            queue
        }).collect();
        let layout = types::metric_stream_layout();
        check::<MetricColumns>(&layout, &dependencies, &blocks, |open, c| open.metrics_in(c));
    }

    #[test]
    fn span_columns_are_the_same(blocks in events()) {
        let dependencies = descriptor_queue(thread::SPAN, |queue, index, id, name| {
            let (target, file) = (STRING_IDS[0], STRING_IDS[1]);
            queue.push(index, &types::SpanRecord { id, name, target, file, line: 1, lod: 2 });
        });
        let blocks: Vec<_> = blocks.iter().map(|events| {
            let mut queue = Objects::default();
            for (kind, span, number) in events {
                let (desc, time) = (descriptor(*span), number.cast_signed());
                match kind {
                    0 | 1 => {
                        let event = types::BeginThreadSpanEvent { thread_span_desc: desc, time };
                        queue.push(thread::BEGIN_THREAD_SPAN_EVENT, &event);
                    }
                    2 => {
                        let event = types::EndThreadSpanEvent { thread_span_desc: desc, time };
                        queue.push(thread::END_THREAD_SPAN_EVENT, &event);
                    }
                    _ => queue.push(thread::END_ASYNC_SPAN_EVENT, &types::EndAsyncSpanEvent {
                        span_desc: desc,
                        span_id: *number,
                        parent_span_id: 0,
                        time,
                        depth: 0,
                        reserved: 0,
                    }),
                }
            }
            queue
        }).collect();
        let layout = types::thread_stream_layout();
        check::<SpanColumns>(&layout, &dependencies, &blocks, |open, c| open.thread_spans_in(c));
        check::<AsyncSpanColumns>(&layout, &dependencies, &blocks, |open, c| open.async_spans_in(c));
    }
}
