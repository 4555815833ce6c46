//! What an event costs the thread that records it, beside the least that it could cost. Spans of a
//! thread are measured beside other libraries, in the workspace `peers`.
//!
//! Three states, in this order since a process has one dispatch: no dispatch; recording, in rounds
//! together with the yardsticks; log entries filtered by level. The sink discards blocks, or encodes
//! and compresses them where the process's whole CPU time is measured. Every burst is flushed
//! afterwards, untimed unless the whole CPU counts, and the bench fails unless every event was
//! recorded: dropping one is cheaper.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{
    BenchmarkGroup, BenchmarkId, Criterion, SamplingMode, criterion_group, criterion_main,
};
use micromegas_benches::{
    EncodingSink, Ring, THOUSAND_SPANS, ThreadCpuTime, in_bursts, process_cpu_time,
};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, ThreadSpanGuard};

const ROUND_COUNT: u32 = 5;

/// Two events of 16 bytes an iteration: 16 MiB a burst.
const SPANS_PER_BURST: u64 = 1 << 19;
/// One event of 24 bytes an iteration: 12 MiB a burst.
const METRICS_PER_BURST: u64 = 1 << 19;
/// One event of some 40 bytes an iteration.
const LOGS_PER_BURST: u64 = 1 << 17;

type Group<'a> = BenchmarkGroup<'a, ThreadCpuTime>;

fn recording(criterion: &mut Criterion<ThreadCpuTime>) {
    let mut group = criterion.benchmark_group("recording");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_millis(500));

    measure(&mut group, "integer_metric_no_dispatch", 1, 0, METRICS_PER_BURST, integer_metric);
    measure(&mut group, "log_no_dispatch", 1, 0, LOGS_PER_BURST, log_one_integer);

    let config = Config::default().with_max_level(LevelFilter::Info);
    let sink = Arc::new(EncodingSink::default());
    let guard = micromegas_tracing::init(config, Arc::<EncodingSink>::clone(&sink));
    let guard = guard.expect("the bench starts recording once");
    for round in 1..=ROUND_COUNT {
        yardsticks(&mut group, round);
        subjects(&mut group, round);
        whole_cpu(&mut group, round, &sink);
    }

    measure(&mut group, "log_filtered", 1, 0, LOGS_PER_BURST, log_filtered);
    group.finish();
    drop(guard);
}

fn yardsticks(group: &mut Group<'_>, round: u32) {
    let ring = Ring::of_this_thread();
    let store = || ring.store_24(black_box(1), black_box(2));
    measure(group, "store_24", round, 0, METRICS_PER_BURST, store);
}

fn subjects(group: &mut Group<'_>, round: u32) {
    measure(group, "integer_metric", round, 1, METRICS_PER_BURST, integer_metric);
    measure(group, "float_metric", round, 1, METRICS_PER_BURST, float_metric);
    measure(group, "log_constant", round, 1, LOGS_PER_BURST, log_constant);
    measure(group, "log_one_integer", round, 1, LOGS_PER_BURST, log_one_integer);
}

/// The CPU time of the whole process for one span event: recording, taking, numbering, encoding,
/// compressing. A thousand descriptors take turns.
fn whole_cpu(group: &mut Group<'_>, round: u32, sink: &EncodingSink) {
    let descriptors: Vec<_> = THOUSAND_SPANS.as_flattened().as_flattened().iter().collect();
    group.bench_function(BenchmarkId::new("span_event_whole_cpu", round), |bencher| {
        bencher.iter_custom(|iterations| {
            // One iteration is one event; a span has two.
            let spans = iterations.next_multiple_of(2 * SPANS_PER_BURST) / 2;
            sink.set_encoding(true);
            let mut turns = descriptors.iter().cycle();
            let start = process_cpu_time();
            recording_all(2 * spans, || {
                let body = || {
                    if let Some(descriptor) = turns.next() {
                        drop(ThreadSpanGuard::begin(descriptor));
                    }
                };
                in_bursts(spans, SPANS_PER_BURST, body, flush)
            });
            let time = process_cpu_time() - start;
            sink.set_encoding(false);
            time.mul_f64(iterations as f64 / (2 * spans) as f64)
        });
    });
}

/// Benches `body`, which records so many events a call.
fn measure(
    group: &mut Group<'_>,
    name: &str,
    round: u32,
    events_per_call: u64,
    burst: u64,
    body: impl Fn(),
) {
    group.bench_function(BenchmarkId::new(name, round), |bencher| {
        bencher.iter_custom(|iterations| {
            recording_all(events_per_call * iterations, || {
                in_bursts(iterations, burst, &body, flush)
            })
        });
    });
}

/// Runs `work` and fails unless it recorded exactly so many events.
fn recording_all(event_count: u64, work: impl FnOnce() -> Duration) -> Duration {
    let before = recorded_event_count();
    let time = work();
    assert_eq!(recorded_event_count() - before, event_count, "events that were recorded");
    time
}

fn recorded_event_count() -> u64 {
    let recorded = micromegas_tracing::stats().recorded;
    recorded.logs + recorded.metrics + recorded.thread_span_events + recorded.async_span_events
}

/// Hands everything to the sink, so that the next burst finds room.
fn flush() {
    micromegas_tracing::flush(Duration::from_secs(30));
}

#[inline(always)]
fn integer_metric() {
    imetric!("integer", "count", black_box(7));
}

#[inline(always)]
fn float_metric() {
    fmetric!("float", "percent", black_box(0.5));
}

#[inline(always)]
fn log_constant() {
    info!("a message of constant text");
}

#[inline(always)]
fn log_one_integer() {
    info!("a message with the number {}", black_box(1234));
}

#[inline(always)]
fn log_filtered() {
    debug!("a message with the number {}", black_box(1234));
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadCpuTime);
    targets = recording
}
criterion_main!(benches);
