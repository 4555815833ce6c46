use super::*;
use crate::http::packed::plain_payload;
use crate::http::stats::EventCounts;
use bytes::Bytes;
use chrono::Utc;
use micromegas_transit::{Block, StreamLayout, TickRange};
use std::collections::BTreeMap;
use uuid::Uuid;

fn process() -> Arc<ProcessInfo> {
    Arc::new(ProcessInfo {
        process_id: Uuid::nil(),
        exe: String::new(),
        username: String::new(),
        realname: String::new(),
        computer: String::new(),
        distro: String::new(),
        cpu_brand: String::new(),
        tsc_frequency: 0,
        start_time: Utc::now(),
        start_ticks: 0,
        parent_process_id: None,
        properties: BTreeMap::new(),
    })
}

fn stream(tag: &str) -> Arc<StreamInfo> {
    Arc::new(StreamInfo {
        process_id: Uuid::nil(),
        stream_id: Uuid::new_v4(),
        layout: StreamLayout { dependencies: Vec::new(), objects: Vec::new() },
        tags: vec![tag.to_owned()],
        properties: BTreeMap::new(),
    })
}

fn block(event_count: i32) -> EventBlock {
    EventBlock {
        block_id: Uuid::new_v4(),
        begin_time: Utc::now(),
        begin_ticks: 0,
        end_time: Utc::now(),
        end_ticks: 0,
        dependencies: Bytes::new(),
        objects: vec![0; 10_000].into(),
        object_offset: 0,
        event_count,
        event_ticks: TickRange { least: 0, greatest: 0 },
        skipped_events: 0,
        carried_spans: None,
    }
}

/// A queue without a spool, whose process is announced.
fn queue(bytes_max: usize, trace_bytes_max: usize) -> Queue {
    let queue = Queue::new(QueueLimits { bytes_max, trace_bytes_max }, None, 2);
    queue.set_process(&process());
    assert!(matches!(queue.next_to_send(None), Some(ToSend::Process(_))));
    queue.finish_process();
    queue
}

fn pack_all(queue: &Queue) {
    let is_raw = |waiting: &WaitingBlock| matches!(waiting.content, Content::Raw(_));
    let count = queue.lock().blocks.values().filter(|waiting| is_raw(waiting)).count();
    for _ in 0..count {
        let Some(ToDo::Pack { key, stream, block, .. }) = queue.next_to_do(None) else {
            panic!("raw blocks wait");
        };
        let block = Block {
            block_id: block.block_id,
            stream_id: stream.stream_id,
            process_id: stream.process_id,
            begin_time: block.begin_time,
            begin_ticks: block.begin_ticks,
            end_time: block.end_time,
            end_ticks: block.end_ticks,
            payload: plain_payload(&[], &[]),
            object_offset: block.object_offset,
            event_count: block.event_count,
            event_ticks: Some(block.event_ticks),
            skipped_events: block.skipped_events,
        };
        queue.put_packed(key, Packed { block, codec: None });
    }
}

fn next(queue: &Queue) -> Task {
    match queue.next_to_send(None) {
        Some(ToSend::Block(task)) => task,
        other => panic!("expected a block, got {other:?}"),
    }
}

/// Number of events and of those declared as lost of the next block, which is delivered.
fn sent(queue: &Queue) -> (u64, u64) {
    let task = next(queue);
    queue.finish(task.key, Fate::Delivered);
    (task.event_count, task.more_skipped)
}

#[test]
fn logs_go_before_metrics_and_both_before_traces_each_in_order() {
    let queue = queue(1 << 20, 1 << 20);
    let (traces, metrics, logs) = (stream("cpu"), stream("metrics"), stream("log"));
    for (stream, events) in
        [(&traces, 1), (&logs, 2), (&metrics, 3), (&traces, 4), (&logs, 5), (&metrics, 6)]
    {
        queue.offer(stream, block(events));
    }
    pack_all(&queue);
    let order: Vec<_> = (0..6).map(|_| sent(&queue).0).collect();
    assert_eq!(order, [2, 5, 3, 6, 1, 4]);
}

#[test]
fn what_is_put_back_is_next_again_unless_something_more_important_came() {
    let queue = queue(1 << 20, 1 << 20);
    queue.offer(&stream("cpu"), block(1));
    pack_all(&queue);
    assert_eq!(next(&queue).event_count, 1);
    queue.put_back(true);
    assert_eq!(next(&queue).server_failures, 1);
    queue.put_back(false);
    queue.offer(&stream("log"), block(2));
    pack_all(&queue);
    assert_eq!([sent(&queue).0, sent(&queue).0], [2, 1]);
}

#[test]
fn the_oldest_traces_make_way_and_the_next_block_declares_it() {
    let queue = queue(35_000, 35_000);
    let (traces, logs) = (stream("cpu"), stream("log"));
    queue.offer(&traces, block(5));
    queue.offer(&logs, block(1));
    queue.offer(&traces, block(7));
    queue.offer(&logs, block(2));
    assert_eq!(queue.stats().dropped, EventCounts { traces: 5, ..EventCounts::default() });
    pack_all(&queue);
    assert_eq!([sent(&queue), sent(&queue), sent(&queue)], [(1, 0), (2, 0), (7, 5)]);
}

#[test]
fn traces_find_no_room_where_others_do() {
    let queue = queue(100_000, 25_000);
    let (traces, logs) = (stream("cpu"), stream("log"));
    (0..3).for_each(|_| queue.offer(&logs, block(1)));
    queue.offer(&traces, block(5));
    assert_eq!(queue.stats().dropped, EventCounts { traces: 5, ..EventCounts::default() });
}

#[test]
fn traces_never_make_logs_go_and_say_later_that_they_were_dropped() {
    let queue = queue(15_000, 15_000);
    let (traces, logs) = (stream("cpu"), stream("log"));
    queue.offer(&logs, block(1));
    queue.offer(&traces, block(4));
    assert_eq!(queue.stats().dropped.traces, 4);
    pack_all(&queue);
    assert_eq!(sent(&queue), (1, 0));
    queue.offer(&traces, block(6));
    pack_all(&queue);
    assert_eq!(sent(&queue), (6, 4));
}

#[test]
fn what_is_being_sent_does_not_make_way() {
    // Room for one of them, as recorded.
    let bytes_max = size_of::<WaitingBlock>() + 10_000;
    let queue = queue(bytes_max, bytes_max);
    let logs = stream("log");
    queue.offer(&logs, block(1));
    pack_all(&queue);
    let task = next(&queue);
    queue.offer(&logs, block(2));
    assert_eq!(queue.stats().dropped.logs, 2);
    queue.finish(task.key, Fate::Delivered);
    assert_eq!(queue.stats().delivered.logs, 1);
}

#[test]
fn a_refused_block_is_counted_and_declared() {
    let queue = queue(1 << 20, 1 << 20);
    let metrics = stream("metrics");
    queue.offer(&metrics, block(3));
    queue.offer(&metrics, block(4));
    pack_all(&queue);
    queue.finish(next(&queue).key, Fate::Rejected);
    let stats = queue.stats();
    assert_eq!((stats.dropped.metrics, stats.rejected.metrics), (3, 3));
    assert_eq!(sent(&queue), (4, 3));
}

#[test]
fn what_is_left_at_the_end_is_counted() {
    let queue = queue(1 << 20, 1 << 20);
    queue.offer(&stream("log"), block(3));
    queue.shut_down(Instant::now());
    queue.leave();
    assert_eq!(queue.stats().dropped.logs, 0);
    queue.leave();
    let stats = queue.stats();
    assert_eq!((stats.dropped.logs, stats.waiting_bytes), (3, 0));
}
