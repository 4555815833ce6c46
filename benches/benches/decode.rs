//! From a block's payload to columns, beside the reference C library's decompression alone.
//!
//! The decoder reads one block after the other into the same memory, as the library beside it does:
//! a page that is fresh from the system costs more than decoding the events that it holds, and
//! says nothing about the decoder. `..._fresh` is the same with new memory for every block.

use std::hint::black_box;
use std::time::Duration;

use criterion::measurement::Measurement;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main,
};
use micromegas_benches::c_lz4::{self, Decompressor};
use micromegas_benches::{LogBlock, MetricBlock, SpanBlock, ThreadCpuTime};
use micromegas_transit::types::{log_stream_layout, metric_stream_layout, thread_stream_layout};
use micromegas_transit::{Decoded, Limits, OpenBlock, Payload, StreamLayout, StreamPlan};

const ROUND_COUNT: u32 = 5;
const EVENT_COUNT: usize = 200_000;
const DESCRIPTOR_COUNT: u64 = 60;

/// A block with all that its decoding needs.
struct Subject<C> {
    /// Of the benches.
    name: &'static str,
    plan: StreamPlan,
    payload: Payload,
    /// Size of the decompressed events.
    object_bytes: usize,
    decode: fn(&OpenBlock<'_>, C) -> Decoded<C>,
    row_count: fn(&C) -> usize,
}

impl<C: Default> Subject<C> {
    fn measure<M: Measurement>(&self, group: &mut BenchmarkGroup<'_, M>, round: u32) {
        let limits = Limits::default();
        let open = |buffer| {
            let open = self.plan.open_in(&self.payload, &limits, buffer);
            open.expect("a well-formed block")
        };
        let decoded = (self.decode)(&open(Vec::new()), C::default());
        assert!(decoded.losses.is_empty());
        assert_eq!((self.row_count)(&decoded.columns), EVENT_COUNT);

        let id = |suffix| BenchmarkId::new(format!("{}{suffix}", self.name), round);
        let mut decompressor = Decompressor::new();
        let mut contents = vec![0; self.object_bytes];
        group.bench_function(id("_floor"), |bencher| {
            bencher.iter(|| {
                let frame = black_box(&self.payload.objects);
                decompressor.decompress_frame(frame, &mut contents);
            });
        });
        let (mut buffer, mut columns) = (Vec::new(), C::default());
        group.bench_function(id(""), |bencher| {
            bencher.iter(|| {
                let block = open(std::mem::take(&mut buffer));
                columns = black_box((self.decode)(&block, std::mem::take(&mut columns))).columns;
                buffer = block.into_buffer();
            });
        });
        group.bench_function(id("_fresh"), |bencher| {
            bencher.iter(|| black_box((self.decode)(&open(Vec::new()), C::default())));
        });
    }
}

/// The block of these record buffers, compressed as published clients do.
fn compressed(
    layout: &StreamLayout,
    dependencies: &[u8],
    objects: &[u8],
) -> (StreamPlan, Payload, usize) {
    let plan = StreamPlan::compile(layout, &Limits::default()).expect("our own layout");
    let payload = Payload {
        dependencies: c_lz4::compress_frame(dependencies).into(),
        objects: c_lz4::compress_frame(objects).into(),
    };
    (plan, payload, objects.len())
}

fn decode(criterion: &mut Criterion<ThreadCpuTime>) {
    let block = SpanBlock::random_walk(EVENT_COUNT, DESCRIPTOR_COUNT);
    let (plan, payload, object_bytes) =
        compressed(&thread_stream_layout(), &block.dependencies, &block.objects);
    let spans = Subject {
        name: "spans",
        plan,
        payload,
        object_bytes,
        decode: |block, columns| block.thread_spans_in(columns),
        row_count: |columns| columns.ticks.len(),
    };

    let block = MetricBlock::of_frames(EVENT_COUNT);
    let (plan, payload, object_bytes) =
        compressed(&metric_stream_layout(), &block.dependencies, &block.objects);
    let metrics = Subject {
        name: "metrics",
        plan,
        payload,
        object_bytes,
        decode: |block, columns| block.metrics_in(columns),
        row_count: |columns| columns.ticks.len(),
    };

    let block = LogBlock::of_constant_text(EVENT_COUNT, DESCRIPTOR_COUNT);
    let (plan, payload, object_bytes) =
        compressed(&log_stream_layout(), &block.dependencies, &block.objects);
    let logs = Subject {
        name: "logs",
        plan,
        payload,
        object_bytes,
        decode: |block, columns| block.logs_in(columns),
        row_count: |columns| columns.ticks.len(),
    };

    let mut group = criterion.benchmark_group("decode");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(600));
    group.throughput(Throughput::Elements(EVENT_COUNT as u64));
    for round in 1..=ROUND_COUNT {
        spans.measure(&mut group, round);
        metrics.measure(&mut group, round);
        logs.measure(&mut group, round);
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadCpuTime);
    targets = decode
}
criterion_main!(benches);
