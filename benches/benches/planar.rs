//! Planar blocks: speed of encoding, speed of decoding to columns beside the reference C library's
//! decompression of the plain form, and sizes beside the entropy of the same data.

use std::hint::black_box;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use criterion::measurement::Measurement;
use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group,
    criterion_main,
};
use micromegas_benches::c_lz4::{self, Decompressor};
use micromegas_benches::{
    LogBlock, MetricBlock, Mix, SpanBlock, ThreadCpuTime, leave_value, plane_entropy_bytes,
};
use micromegas_transit::planar::{self, Codec, Encoder};
use micromegas_transit::types::{log_stream_layout, metric_stream_layout, thread_stream_layout};
use micromegas_transit::{
    Decoded, Limits, OpenBlock, Payload, StreamLayout, StreamPlan, compress_frame,
};

const ROUND_COUNT: u32 = 5;
const EVENT_COUNT: usize = 200_000;
const DESCRIPTOR_COUNT: u64 = 60;
const CODECS: [Codec; 2] = [Codec::Lz4, Codec::Zstd];

/// The records of a block, and how they become columns.
struct Subject<C> {
    /// Of the benches.
    name: &'static str,
    layout: StreamLayout,
    dependencies: Vec<u8>,
    objects: Vec<u8>,
    /// The objects as published clients compress them.
    frame: Vec<u8>,
    decode: fn(&OpenBlock<'_>, C) -> Decoded<C>,
    row_count: fn(&C) -> usize,
}

impl<C: Default> Subject<C> {
    fn encoder(&self, codec: Codec) -> Encoder {
        Encoder::new(&self.layout.objects, codec).expect("a codec of this build")
    }

    /// `encode_…` by codec.
    fn measure_encoding<M: Measurement>(&self, group: &mut BenchmarkGroup<'_, M>, round: u32) {
        for codec in CODECS {
            let mut encoder = self.encoder(codec);
            let id = BenchmarkId::new(format!("encode_{}_{}", self.name, codec.name()), round);
            group.bench_function(id, |bencher| {
                bencher.iter(|| encoder.encode(black_box(&self.objects), Some(&[])));
            });
        }
    }

    /// `decode_…` by codec, in the memory of the block before, beside the floor.
    fn measure_decoding<M: Measurement>(&self, group: &mut BenchmarkGroup<'_, M>, round: u32) {
        let mut decompressor = Decompressor::new();
        let mut contents = vec![0; self.objects.len()];
        let id = BenchmarkId::new(format!("floor_{}", self.name), round);
        group.bench_function(id, |bencher| {
            bencher.iter(|| decompressor.decompress_frame(black_box(&self.frame), &mut contents));
        });
        let limits = Limits::default();
        let plan = StreamPlan::compile(&self.layout, &limits).expect("our own layout");
        for codec in CODECS {
            let payload = Payload {
                dependencies: compress_frame(&self.dependencies).into(),
                objects: self.encoder(codec).encode(&self.objects, Some(&[])).into(),
            };
            let open = |buffer| {
                let open = plan.open_in(black_box(&payload), &limits, buffer);
                open.expect("a well-formed block")
            };
            let decoded = (self.decode)(&open(Vec::new()), C::default());
            assert!(decoded.losses.is_empty());
            assert_eq!((self.row_count)(&decoded.columns), EVENT_COUNT);
            let (mut buffer, mut columns) = (Vec::new(), C::default());
            let id = BenchmarkId::new(format!("decode_{}_{}", self.name, codec.name()), round);
            group.bench_function(id, |bencher| {
                bencher.iter(|| {
                    let block = open(std::mem::take(&mut buffer));
                    let decoded = (self.decode)(&block, std::mem::take(&mut columns));
                    columns = black_box(decoded).columns;
                    buffer = block.into_buffer();
                });
            });
        }
        let planar = self.encoder(Codec::Lz4).encode(&self.objects, None);
        let id = BenchmarkId::new(format!("rebuild_{}_lz4", self.name), round);
        group.bench_function(id, |bencher| {
            bencher.iter(|| planar::decode(black_box(&planar), &limits));
        });
    }
}

fn planar(criterion: &mut Criterion<ThreadCpuTime>) {
    let block = SpanBlock::random_walk(EVENT_COUNT, DESCRIPTOR_COUNT);
    let spans = Subject {
        name: "spans",
        layout: thread_stream_layout(),
        dependencies: block.dependencies,
        frame: c_lz4::compress_frame(&block.objects),
        objects: block.objects,
        decode: |block, columns| block.thread_spans_in(columns),
        row_count: |columns| columns.ticks.len(),
    };
    let block = MetricBlock::of_frames(EVENT_COUNT);
    let metrics = Subject {
        name: "metrics",
        layout: metric_stream_layout(),
        dependencies: block.dependencies,
        frame: c_lz4::compress_frame(&block.objects),
        objects: block.objects,
        decode: |block, columns| block.metrics_in(columns),
        row_count: |columns| columns.ticks.len(),
    };
    let block = LogBlock::of_constant_text(EVENT_COUNT, DESCRIPTOR_COUNT);
    let logs = Subject {
        name: "logs",
        layout: log_stream_layout(),
        dependencies: block.dependencies,
        frame: c_lz4::compress_frame(&block.objects),
        objects: block.objects,
        decode: |block, columns| block.logs_in(columns),
        row_count: |columns| columns.ticks.len(),
    };

    let mut group = criterion.benchmark_group("planar");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(600));
    group.throughput(Throughput::Elements(EVENT_COUNT as u64));
    for round in 1..=ROUND_COUNT {
        spans.measure_encoding(&mut group, round);
        metrics.measure_encoding(&mut group, round);
        spans.measure_decoding(&mut group, round);
        metrics.measure_decoding(&mut group, round);
        logs.measure_decoding(&mut group, round);
    }
    group.finish();
}

/// Compares the size of each mix with its entropy, for both codecs.
fn sizes(_: &mut Criterion<ThreadCpuTime>) {
    println!("bytes an event: entropy H of the planes; planar; plain, as the published client");
    for mix in Mix::all() {
        let entropy = plane_entropy_bytes(&mix.layout.objects, &mix.records);
        let per_event = |bytes: f64| bytes / mix.event_count as f64;
        print!("{:16} {:.2}", mix.name, per_event(entropy));
        for codec in CODECS {
            let mut encoder =
                Encoder::new(&mix.layout.objects, codec).expect("a codec of this build");
            let planar = encoder.encode(&mix.records, Some(&[]));
            let rebuilt = planar::decode(&planar, &Limits::default());
            assert!(rebuilt.is_ok_and(|records| records == mix.records), "{}", mix.name);
            let (bytes, codec) = (planar.len() as f64, codec.name());
            print!("  {codec} {:.2} ({:.2} x H)", per_event(bytes), bytes / entropy);
            leave(&format!("planar/{codec}_size_{}", mix.name), bytes / entropy);
            leave(&format!("planar/{codec}_bytes_{}", mix.name), per_event(bytes));
        }
        let plain = c_lz4::compress_frame(&mix.records).len() as f64;
        println!("  plain {:.2} (its own: {})", per_event(plain), mix.published_bytes);
    }
}

fn leave(name: &str, value: f64) {
    #[expect(clippy::disallowed_methods, reason = "criterion's own variable, read by a program")]
    let folder = std::env::var("CRITERION_HOME").map(PathBuf::from);
    // Without that variable nobody collects the values.
    let left = folder.map_or(io::Result::Ok(()), |folder| leave_value(&folder, name, value));
    left.expect("criterion's folder can be written to");
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadCpuTime);
    targets = sizes, planar
}
criterion_main!(benches);
