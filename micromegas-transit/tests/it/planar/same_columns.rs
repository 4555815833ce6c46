//! A block decodes to the same columns whether it is planar or not.

use std::ops::ControlFlow;

use micromegas_transit::types::{
    self, BeginAsyncSpanEvent, BeginThreadSpanEvent, EndThreadSpanEvent, FloatMetricEvent,
    IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
    MetricMetadataDependency, SpanRecord, StaticStringDependency,
};
use micromegas_transit::{
    Block, Limits, OpenBlock, Payload, RecordQueue, Reflect, ReflectDynamic, StreamInfo,
    StreamLayout, StreamPlan, compress_frame, decompress_frame,
};
use proptest::prelude::*;

use crate::golden;

use super::records::{buffers, codecs, encode};

const SITES: u64 = 20;

fn strings() -> RecordQueue {
    let mut queue = RecordQueue::new();
    for id in 1..=SITES {
        let text = format!("string {id}");
        queue.push_dynamic(0, |out| StaticStringDependency { id, text: &text }.write_to(out));
    }
    queue
}

/// Everything that can be read of a block but the columns of spans, logs and metrics, as text.
fn others(block: &OpenBlock<'_>) -> String {
    let mut events = Vec::new();
    let visited = block.visit_events(|event| {
        events.push(event);
        ControlFlow::Continue(())
    });
    let others = (block.images(), block.net_spans(), block.custom_events());
    format!("{others:?} {visited:?} {events:?}")
}

/// Decodes both forms by every decoder and compares everything that comes out.
#[track_caller]
fn assert_same(layout: &StreamLayout, dependencies: &[u8], objects: &[u8]) {
    let limits = Limits::default();
    let plan = StreamPlan::compile(layout, &limits).unwrap();
    let dependencies = compress_frame(dependencies);
    let payload = |objects: Vec<u8>| Payload {
        dependencies: dependencies.clone().into(),
        objects: objects.into(),
    };
    let plain = payload(compress_frame(objects));
    let plain = plan.open(&plain, &limits).unwrap();
    let others_plain = others(&plain);
    for codec in codecs() {
        let planar = payload(encode(&layout.objects, objects, codec));
        let open = || plan.open(&planar, &limits).unwrap();
        // Each on its own, so that none profits from what another has rebuilt.
        assert_eq!(open().thread_spans(), plain.thread_spans());
        assert_eq!(open().async_spans(), plain.async_spans());
        assert_eq!(open().logs(), plain.logs());
        let (metrics, plain) = (open().metrics(), plain.metrics());
        let bits = |values: &[f64]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&metrics.columns.value), bits(&plain.columns.value));
        assert_eq!(format!("{metrics:?}"), format!("{plain:?}"));
        assert_eq!(others(&open()), others_plain);
        assert_eq!(open().object_bytes(), objects);
    }
}

#[test]
fn goldens_of_all_producers() {
    // Those that are planar already have no plain twin to be compared with.
    for golden in golden::all().into_iter().filter(|golden| !golden.name.starts_with("planar-")) {
        let layout = StreamInfo::from_cbor(golden.stream.into()).unwrap().layout;
        let block = Block::from_cbor(golden.block.into()).unwrap();
        let payload = block.payload.open().unwrap();
        let records = |frame: &[u8]| decompress_frame(frame, 1 << 20).unwrap();
        let (dependencies, objects) = (records(&payload.dependencies), records(&payload.objects));
        assert_same(&layout, &dependencies, &objects);
        // More than a chunk of each, and an end within a record.
        let many = objects.repeat(1 + 40_000 / objects.len());
        assert_same(&layout, &dependencies, &many);
        assert_same(&layout, &dependencies, &many[..many.len() - 3]);
    }
}

/// An event that only its own program knows.
#[repr(C)]
#[derive(Reflect)]
struct Collision {
    #[reflect(reference)]
    who: u64,
    time: i64,
    force: f64,
    count: u32,
    kinds: u32,
}

#[test]
fn events_that_users_define() {
    let layout = StreamLayout {
        dependencies: types::thread_stream_layout().dependencies,
        objects: vec![BeginThreadSpanEvent::layout(), Collision::layout()],
    };
    let mut objects = RecordQueue::new();
    for step in 0..5000 {
        let collision = Collision {
            who: step % (SITES + 2),
            time: 100 * step.cast_signed(),
            force: step as f64 / 3.0,
            count: (step / 7) as u32,
            kinds: 3,
        };
        objects.push(1, &collision);
        if step % 10 == 0 {
            let event = BeginThreadSpanEvent { thread_span_desc: 1, time: collision.time };
            objects.push(0, &event);
        }
    }
    assert_same(&layout, strings().as_bytes(), objects.as_bytes());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spans(
        events in proptest::collection::vec((0..10_u8, 1..=SITES + 1, 0..5000_i64), 0..3000),
        is_pure in any::<bool>(),
        misses in any::<bool>(),
    ) {
        let mut dependencies = strings();
        for id in 1..=SITES {
            let span = SpanRecord { id: 100 + id, name: id, target: 1, file: 2, line: 3, lod: 2 };
            dependencies.push(types::thread::SPAN, &span);
        }
        let mut objects = RecordQueue::new();
        let mut time = 1 << 45;
        for (kind, site, step) in events {
            time += step - 100;
            let thread_span_desc = 100 + if misses { site } else { site.min(SITES) };
            match kind {
                0 if !is_pure => {
                    let (span_id, parent_span_id) = (1 << 33 | site, site / 3);
                    let (span_desc, depth) = (thread_span_desc, (site % 7) as u32);
                    let event = BeginAsyncSpanEvent {
                        span_desc, span_id, parent_span_id, time, depth, reserved: 0,
                    };
                    objects.push(2 + (site % 2) as u8, &event);
                }
                0..=4 => objects.push(0, &BeginThreadSpanEvent { thread_span_desc, time }),
                _ => objects.push(1, &EndThreadSpanEvent { thread_span_desc, time }),
            }
        }
        assert_same(&types::thread_stream_layout(), dependencies.as_bytes(), objects.as_bytes());
    }

    #[test]
    fn logs(
        events in proptest::collection::vec((1..=SITES, 0..5000_i64, proptest::option::of(".*")), 0..300),
        is_pure in any::<bool>(),
    ) {
        let mut dependencies = strings();
        for id in 1..=SITES {
            let site = LogMetadataRecord {
                id: 100 + id, fmt_str: id, target: 3, file: 2, line: 1, level: (id % 6 + 1) as u32,
            };
            dependencies.push(types::log::LOG_METADATA, &site);
        }
        let mut objects = RecordQueue::new();
        let mut time = 0;
        for (site, step, message) in &events {
            time += step;
            let desc = 100 + site;
            match message.as_ref().filter(|_| !is_pure) {
                None => objects.push(0, &LogStaticStrEvent { desc, time }),
                Some(message) => objects.push_dynamic(1, |out| {
                    LogStringEventV2 { desc, time, message }.write_to(out);
                }),
            }
        }
        assert_same(&types::log_stream_layout(), dependencies.as_bytes(), objects.as_bytes());
    }

    #[test]
    fn metrics(
        events in proptest::collection::vec((1..=SITES + 1, 0..5000_i64, any::<bool>(), any::<u64>()), 0..2000),
        misses in any::<bool>(),
    ) {
        let mut dependencies = strings();
        for id in 1..=SITES {
            let metric = MetricMetadataDependency {
                id: 100 + id, name: id, unit: 4, target: 3, file: 2, line: 1, lod: 2,
            };
            dependencies.push(types::metrics::METRIC_METADATA, &metric);
        }
        let mut objects = RecordQueue::new();
        let mut time = -70;
        for (site, step, is_integer, bits) in &events {
            time += step;
            let desc = 100 + if misses { *site } else { (*site).min(SITES) };
            if *is_integer {
                objects.push(0, &IntegerMetricEvent { desc, value: *bits, time });
            } else {
                objects.push(1, &FloatMetricEvent { desc, value: f64::from_bits(*bits), time });
            }
        }
        assert_same(&types::metric_stream_layout(), dependencies.as_bytes(), objects.as_bytes());
    }

    #[test]
    fn records_of_other_layouts((table, records) in buffers()) {
        let layout = StreamLayout { dependencies: Vec::new(), objects: table };
        assert_same(&layout, &[], &records);
    }
}
