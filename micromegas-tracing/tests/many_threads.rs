//! Every event of many threads arrives exactly once and in order: also of threads that have ended,
//! that are idle, and that are blocked.

use micromegas_telemetry_sink::MemorySink;
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Counts, stats};
use micromegas_transit::types::BeginThreadSpanEvent;
use micromegas_transit::{Limits, Payload, RecordQueue, StreamPlan, compress_frame};
use std::collections::HashMap;
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::Duration;
use uuid::Uuid;

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

/// Replays each thread's blocks: what a block carries is what its predecessors left open, and its
/// dependencies hold the descriptors.
fn assert_stacks_are_carried(sink: &MemorySink) {
    let limits = Limits::default();
    let mut stacks: HashMap<Uuid, Vec<(i64, String, i64)>> = HashMap::new();
    let mut carried_count = 0;
    for (stream, block) in sink.blocks() {
        if !stream.tags.iter().any(|tag| tag == "cpu") {
            assert_eq!(block.carried_spans, None);
            continue;
        }
        let plan = StreamPlan::compile(&stream.layout, &limits).expect("our own layout");
        // One record for each carried span, so that its descriptor is resolved.
        let carried = block.carried_spans.expect("nothing was lost");
        let mut begins = RecordQueue::new();
        for span in &carried {
            let thread_span_desc = span.descriptor;
            begins.push(0, &BeginThreadSpanEvent { thread_span_desc, time: span.begin });
        }
        let events_of = |objects: &[u8]| {
            let payload = Payload {
                dependencies: compress_frame(&block.dependencies).into(),
                objects: compress_frame(objects).into(),
            };
            let open = plan.open(&payload, &limits).expect("a whole block");
            let spans = open.thread_spans();
            assert!(spans.losses.is_empty(), "every descriptor is there");
            let columns = spans.columns;
            let name = |row: usize| {
                let scope = columns.scopes[columns.scope[row] as usize];
                open.strings().get(scope.name as usize).expect("a name").to_owned()
            };
            let events = (0..columns.ticks.len())
                .map(|row| (columns.is_begin[row], name(row), columns.ticks[row]));
            events.collect::<Vec<_>>()
        };
        let stack = stacks.entry(stream.stream_id).or_default();
        let told = events_of(begins.as_bytes()).into_iter().zip(&carried);
        let told: Vec<_> =
            told.map(|((_, name, begin), span)| (span.event_id, name, begin)).collect();
        assert_eq!(&told, stack);
        carried_count += told.len();
        for (event_id, (is_begin, name, ticks)) in
            (block.object_offset..).zip(events_of(&block.objects))
        {
            if is_begin {
                stack.push((event_id, name, ticks));
            } else {
                assert_eq!(stack.pop().map(|(_, name, _)| name), Some(name));
            }
        }
    }
    assert!(carried_count > 0, "some blocks end within spans");
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
        ..Counts::default()
    };
    assert_eq!(stats().recorded, expected);
    assert_eq!(stats().dropped, Counts::default());
    assert_eq!(all.skipped_events, 0);
    check_blocks(&sink);

    idle.wait();
    for thread in threads {
        thread.join().expect("no thread panicked");
    }

    span_scope!("outer");
    assert!(guard.flush(Duration::from_secs(30)));
    work(0, 1);
    assert!(guard.flush(Duration::from_secs(30)));
    assert_stacks_are_carried(&sink);
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
