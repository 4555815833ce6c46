//! Planar blocks: speed of encoding, speed of decoding to columns beside the reference C library's
//! decompression of the plain form, and sizes beside the entropy of the same data.

use std::hint::black_box;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use criterion::{
    BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use micromegas_benches::c_lz4::{self, Decompressor};
use micromegas_benches::{Mix, SpanBlock, ThreadCpuTime, leave_value, plane_entropy_bytes};
use micromegas_transit::planar::{self, Codec, Encoder};
use micromegas_transit::types::thread_stream_layout;
use micromegas_transit::{Limits, Payload, StreamPlan, compress_frame};

const ROUND_COUNT: u32 = 5;
const EVENT_COUNT: usize = 200_000;
const DESCRIPTOR_COUNT: u64 = 60;
const CODECS: [Codec; 2] = [Codec::Lz4, Codec::Zstd];

fn planar(criterion: &mut Criterion<ThreadCpuTime>) {
    let block = SpanBlock::random_walk(EVENT_COUNT, DESCRIPTOR_COUNT);
    let layout = thread_stream_layout();
    let limits = Limits::default();
    let plan = StreamPlan::compile(&layout, &limits).expect("our own layout");
    let frame = c_lz4::compress_frame(&block.objects);
    let mut encoders =
        CODECS.map(|codec| Encoder::new(&layout.objects, codec).expect("a codec of this build"));
    let payloads = encoders.each_mut().map(|encoder| Payload {
        dependencies: compress_frame(&block.dependencies).into(),
        objects: encoder.encode(&block.objects, Some(&[])).into(),
    });
    let spans_to_columns = |payload| {
        let open = plan.open(payload, &limits).expect("a well-formed block");
        open.thread_spans()
    };
    for payload in &payloads {
        let spans = spans_to_columns(payload);
        assert!(spans.losses.is_empty() && spans.columns.ticks.len() == EVENT_COUNT);
    }

    let mut group = criterion.benchmark_group("planar");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(600));
    group.throughput(Throughput::Elements(EVENT_COUNT as u64));
    let mut decompressor = Decompressor::new();
    let mut contents = vec![0; block.objects.len()];
    for round in 1..=ROUND_COUNT {
        for (codec, encoder) in CODECS.into_iter().zip(&mut encoders) {
            let name = format!("encode_{}", codec.name());
            group.bench_function(BenchmarkId::new(name, round), |bencher| {
                bencher.iter(|| encoder.encode(black_box(&block.objects), Some(&[])));
            });
        }
        group.bench_function(BenchmarkId::new("floor", round), |bencher| {
            bencher.iter(|| decompressor.decompress_frame(black_box(&frame), &mut contents));
        });
        for (codec, payload) in CODECS.into_iter().zip(&payloads) {
            let name = format!("decode_{}", codec.name());
            group.bench_function(BenchmarkId::new(name, round), |bencher| {
                bencher.iter(|| black_box(spans_to_columns(payload)));
            });
        }
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
