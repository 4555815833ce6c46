//! What a writer records is what a reader decodes.

use micromegas_transit::types::{
    self, BeginThreadSpanEvent, EndThreadSpanEvent, FloatMetricEvent, IntegerMetricEvent,
    LogMetadataRecord, LogStaticStrEvent, LogStringEventV2, MetricMetadataDependency, SpanRecord,
    StaticStringDependency,
};
use micromegas_transit::{
    Block, Limits, Payload, RecordQueue, ReflectDynamic, StreamPlan, compress_frame,
};
use proptest::prelude::*;

const SITES: u64 = 20;

/// Strings 1 to 20, each its own text.
fn strings() -> RecordQueue {
    let mut queue = RecordQueue::new();
    for id in 1..=SITES {
        let text = format!("string {id}");
        queue.push_dynamic(0, |out| StaticStringDependency { id, text: &text }.write_to(out));
    }
    queue
}

/// Sends queues through a whole block document.
fn delivered(dependencies: &RecordQueue, objects: &RecordQueue) -> Payload {
    let payload = Payload {
        dependencies: compress_frame(dependencies.as_bytes()).into(),
        objects: compress_frame(objects.as_bytes()).into(),
    };
    let block = Block {
        block_id: Default::default(),
        stream_id: Default::default(),
        process_id: Default::default(),
        begin_time: Default::default(),
        begin_ticks: 0,
        end_time: Default::default(),
        end_ticks: 0,
        payload: payload.to_raw(),
        object_offset: 0,
        event_count: objects.record_count() as i32,
        event_ticks: None,
        skipped_events: 0,
    };
    Block::from_cbor(block.to_cbor().into()).unwrap().payload.open().unwrap()
}

fn spans() -> impl Strategy<Value = Vec<(bool, u64, i64)>> {
    proptest::collection::vec((any::<bool>(), 1..=SITES, any::<i64>()), 0..3000)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn thread_spans_survive(events in spans()) {
        let mut dependencies = strings();
        for id in 1..=SITES {
            let span =
                SpanRecord { id: 100 + id, name: id, target: 1, file: 2, line: id as u32, lod: 2 };
            dependencies.push(types::thread::SPAN, &span);
        }
        let mut objects = RecordQueue::new();
        for (is_begin, site, time) in &events {
            let thread_span_desc = 100 + site;
            if *is_begin {
                objects.push(0, &BeginThreadSpanEvent { thread_span_desc, time: *time });
            } else {
                objects.push(1, &EndThreadSpanEvent { thread_span_desc, time: *time });
            }
        }
        let limits = Limits::default();
        let plan = StreamPlan::compile(&types::thread_stream_layout(), &limits).unwrap();
        let block = plan.open(&delivered(&dependencies, &objects), &limits).unwrap();
        let spans = block.thread_spans();
        prop_assert!(spans.losses.is_empty());
        prop_assert_eq!(spans.record_count as usize, events.len());
        let columns = spans.columns;
        let decoded: Vec<_> = (0..columns.ticks.len())
            .map(|row| {
                let line = columns.scopes[columns.scope[row] as usize].line;
                (columns.is_begin[row], u64::from(line), columns.ticks[row])
            })
            .collect();
        prop_assert_eq!(decoded, events);
    }

    #[test]
    fn logs_survive(
        events in proptest::collection::vec((1..=SITES, any::<i64>(), proptest::option::of(".*")), 0..300),
    ) {
        let mut dependencies = strings();
        for id in 1..=SITES {
            let level = (id % 6 + 1) as u32;
            let site = LogMetadataRecord { id: 100 + id, fmt_str: id, target: 3, file: 2, line: 1, level };
            dependencies.push(types::log::LOG_METADATA, &site);
        }
        let mut objects = RecordQueue::new();
        for (site, time, message) in &events {
            let (desc, time) = (100 + site, *time);
            match message {
                None => objects.push(0, &LogStaticStrEvent { desc, time }),
                Some(message) => objects.push_dynamic(1, |out| {
                    LogStringEventV2 { desc, time, message }.write_to(out);
                }),
            }
        }
        let limits = Limits::default();
        let plan = StreamPlan::compile(&types::log_stream_layout(), &limits).unwrap();
        let block = plan.open(&delivered(&dependencies, &objects), &limits).unwrap();
        let logs = block.logs();
        prop_assert!(logs.losses.is_empty());
        prop_assert_eq!(logs.columns.record.len(), events.len());
        for (row, (site, time, message)) in events.iter().enumerate() {
            prop_assert_eq!(logs.columns.ticks[row], *time);
            prop_assert_eq!(logs.columns.level[row], (site % 6 + 1) as i32);
            let expected = message.clone().unwrap_or_else(|| format!("string {site}"));
            prop_assert_eq!(logs.columns.message.get(row), Some(expected.as_str()));
        }
    }

    #[test]
    fn metrics_survive(
        events in proptest::collection::vec((1..=SITES, any::<i64>(), any::<bool>(), any::<u64>()), 0..1000),
    ) {
        let mut dependencies = strings();
        for id in 1..=SITES {
            let metric = MetricMetadataDependency {
                id: 100 + id, name: id, unit: 4, target: 3, file: 2, line: 1, lod: 2,
            };
            dependencies.push(types::metrics::METRIC_METADATA, &metric);
        }
        let mut objects = RecordQueue::new();
        for (site, time, is_integer, bits) in &events {
            let (desc, time) = (100 + site, *time);
            if *is_integer {
                objects.push(0, &IntegerMetricEvent { desc, value: *bits, time });
            } else {
                objects.push(1, &FloatMetricEvent { desc, value: f64::from_bits(*bits), time });
            }
        }
        let limits = Limits::default();
        let plan = StreamPlan::compile(&types::metric_stream_layout(), &limits).unwrap();
        let block = plan.open(&delivered(&dependencies, &objects), &limits).unwrap();
        let metrics = block.metrics();
        prop_assert!(metrics.losses.is_empty());
        let columns = metrics.columns;
        prop_assert_eq!(columns.ticks.len(), events.len());
        for (row, (site, time, is_integer, bits)) in events.iter().enumerate() {
            prop_assert_eq!(columns.ticks[row], *time);
            prop_assert_eq!(columns.is_integer[row], *is_integer);
            let name = block.strings().get(columns.name[row] as usize);
            let expected = format!("string {site}");
            prop_assert_eq!(name, Some(expected.as_str()));
            if *is_integer {
                prop_assert_eq!(columns.integer[row], *bits);
                prop_assert_eq!(columns.value[row], *bits as f64);
            } else {
                prop_assert_eq!(columns.value[row].to_bits(), *bits);
            }
        }
    }
}
