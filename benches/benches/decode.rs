//! From a block's payload to columns, beside the reference C library's decompression alone.

use std::hint::black_box;
use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use micromegas_benches::c_lz4::{self, Decompressor};
use micromegas_benches::{SpanBlock, ThreadCpuTime};
use micromegas_transit::types::thread_stream_layout;
use micromegas_transit::{Limits, Payload, StreamPlan};

const ROUND_COUNT: u32 = 5;
const EVENT_COUNT: usize = 200_000;
const DESCRIPTOR_COUNT: u64 = 60;

fn decode(criterion: &mut Criterion<ThreadCpuTime>) {
    let block = SpanBlock::random_walk(EVENT_COUNT, DESCRIPTOR_COUNT);
    let frame = c_lz4::compress_frame(&block.objects);
    let payload = Payload {
        dependencies: c_lz4::compress_frame(&block.dependencies).into(),
        objects: frame.clone().into(),
    };
    let limits = Limits::default();
    let plan = StreamPlan::compile(&thread_stream_layout(), &limits).expect("our own layout");
    let spans_to_columns = || {
        let open = plan.open(&payload, &limits).expect("a well-formed block");
        open.thread_spans()
    };
    let spans = spans_to_columns();
    assert!(spans.losses.is_empty() && spans.columns.ticks.len() == EVENT_COUNT);

    let mut group = criterion.benchmark_group("decode");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(600));
    group.throughput(Throughput::Elements(EVENT_COUNT as u64));
    let mut decompressor = Decompressor::new();
    let mut contents = vec![0; block.objects.len()];
    for round in 1..=ROUND_COUNT {
        group.bench_function(BenchmarkId::new("floor", round), |bencher| {
            bencher.iter(|| decompressor.decompress_frame(black_box(&frame), &mut contents));
        });
        group.bench_function(BenchmarkId::new("plain_spans", round), |bencher| {
            bencher.iter(|| black_box(spans_to_columns()));
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadCpuTime);
    targets = decode
}
criterion_main!(benches);
