//! Every event of many threads arrives exactly once and in order: also of threads that have ended,
//! that are idle, and that are blocked.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Counts, stats};
use std::collections::HashMap;
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::Duration;

const THREADS: usize = 8;
const ROUNDS: u64 = 20_000;

#[span_fn]
fn work(thread: usize, round: u64) {
    span_scope!("inner");
    if round.is_multiple_of(10) {
        info!("{thread} {round}");
    }
    if round.is_multiple_of(5) {
        imetric!("round", "count", round * THREADS as u64 + thread as u64);
    }
}

#[test]
fn every_event_of_every_thread_arrives_once_and_in_order() {
    let sink = Arc::new(MemorySink::default());
    let config = Config::default().with_flush_period(Duration::from_millis(20));
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink))
        .expect("the first dispatch");
    // Half of the threads end at once, half stay idle until everything is checked.
    let idle = Arc::new(Barrier::new(THREADS / 2 + 1));
    let recorded = Arc::new(Barrier::new(THREADS + 1));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (idle, recorded) = (Arc::clone(&idle), Arc::clone(&recorded));
            Builder::new()
                .name(format!("worker-{thread}"))
                .spawn(move || {
                    (0..ROUNDS).for_each(|round| work(thread, round));
                    recorded.wait();
                    if thread < THREADS / 2 {
                        idle.wait();
                    }
                })
                .expect("threads can be started")
        })
        .collect();
    recorded.wait();
    assert!(guard.flush(Duration::from_secs(30)));

    let all = sink.recorded().expect("blocks are whole");
    let mut next_log = [0; THREADS];
    for entry in &all.logs {
        let (thread, round) = entry.message.split_once(' ').expect("two numbers");
        let thread: usize = thread.parse().expect("a thread");
        assert_eq!(round, next_log[thread].to_string());
        assert_eq!((entry.target.as_str(), entry.level), ("many_threads", 4));
        next_log[thread] += 10;
    }
    assert_eq!(next_log, [ROUNDS; THREADS]);

    let mut next_sample = [0; THREADS];
    for sample in &all.metrics {
        let (round, thread) = (sample.value as u64 / 8, sample.value as usize % THREADS);
        assert_eq!(round, next_sample[thread]);
        next_sample[thread] += 5;
    }
    assert_eq!(next_sample, [ROUNDS; THREADS]);

    let mut spans: HashMap<&str, (u64, Vec<&str>, i64)> = HashMap::new();
    for event in &all.thread_spans {
        let thread = event.stream.properties["thread-name"].as_str();
        let (begun, open, last) = spans.entry(thread).or_default();
        assert!(event.ticks >= *last);
        *last = event.ticks;
        if event.is_begin {
            let expected = ["many_threads::work", "inner"][open.len()];
            assert_eq!(event.name, expected);
            open.push(&event.name);
            *begun += 1;
        } else {
            assert_eq!(open.pop(), Some(event.name.as_str()));
        }
    }
    assert_eq!(spans.len(), THREADS);
    assert!(spans.values().all(|(begun, open, _)| *begun == 2 * ROUNDS && open.is_empty()));

    let threads_count = THREADS as u64;
    let expected = Counts {
        logs: threads_count * ROUNDS / 10,
        metrics: threads_count * ROUNDS / 5,
        thread_span_events: threads_count * ROUNDS * 4,
        async_span_events: 0,
    };
    assert_eq!(stats().recorded, expected);
    assert_eq!(stats().dropped, Counts::default());
    assert_eq!(all.skipped_events, 0);
    check_blocks(&sink);

    idle.wait();
    for thread in threads {
        thread.join().expect("no thread panicked");
    }
    drop(guard);
}

/// Offsets continue, bounds are exact, the streams of logs and metrics are one each.
fn check_blocks(sink: &MemorySink) {
    let process = &sink.processes()[0];
    let mut offsets: HashMap<_, i64> = HashMap::new();
    for (stream, block) in sink.blocks() {
        let offset = offsets.entry((stream.tags[0].clone(), stream.stream_id)).or_default();
        assert_eq!(block.object_offset, *offset);
        *offset += i64::from(block.event_count);
        assert_eq!(block.begin_ticks, block.event_ticks.least - process.start_ticks);
        assert_eq!(block.end_ticks, block.event_ticks.greatest - process.start_ticks);
        assert!(block.begin_time >= process.start_time && block.begin_time <= block.end_time);
        assert!(block.objects.len() <= 1024 * 1024 + 1024);
    }
    let count = |tag: &str| offsets.keys().filter(|(own, _)| own == tag).count();
    assert_eq!((count("log"), count("metrics"), count("cpu")), (1, 1, THREADS));
}
