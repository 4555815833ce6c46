use super::*;
use crate::memory::MemorySink;
use bytes::Bytes;
use chrono::Utc;
use micromegas_transit::{StreamLayout, TickRange};
use std::collections::BTreeMap;

/// Keeps blocks whose offset is even.
struct Even;

impl BlockSampler for Even {
    fn keeps(&self, _: &StreamInfo, block: &EventBlock) -> bool {
        block.object_offset % 2 == 0
    }
}

fn even(memory: &Arc<MemorySink>) -> SamplingSink {
    SamplingSink::new(Arc::clone(memory) as Arc<dyn EventSink>, Some(Arc::new(Even)))
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

fn block(object_offset: i64, event_count: i32, skipped_events: u64) -> EventBlock {
    EventBlock {
        block_id: Uuid::new_v4(),
        begin_time: Utc::now(),
        begin_ticks: 0,
        end_time: Utc::now(),
        end_ticks: 0,
        dependencies: Bytes::new(),
        objects: Bytes::new(),
        object_offset,
        event_count,
        event_ticks: TickRange { least: 0, greatest: 0 },
        skipped_events,
        carried_spans: None,
    }
}

/// Offset and declared events of what arrived.
fn arrived(sink: &MemorySink) -> Vec<(i64, u64)> {
    sink.blocks().iter().map(|(_, block)| (block.object_offset, block.skipped_events)).collect()
}

#[test]
fn the_next_kept_block_declares_what_was_skipped() {
    let memory = Arc::new(MemorySink::default());
    let sink = even(&memory);
    let (one, other) = (stream("cpu"), stream("cpu"));
    sink.on_block(&one, block(1, 10, 5));
    sink.on_block(&other, block(0, 1, 0));
    sink.on_block(&one, block(3, 20, 0));
    sink.on_block(&one, block(4, 7, 2));
    sink.on_block(&one, block(6, 7, 0));
    assert_eq!(arrived(&memory), [(0, 0), (4, 37), (6, 0)]);
    assert_eq!(sink.sampled_out(), EventCounts { traces: 30, ..EventCounts::default() });
}

#[test]
fn logs_and_metrics_are_never_sampled() {
    let memory = Arc::new(MemorySink::default());
    let sink = even(&memory);
    sink.switch().set(Sampling::None);
    sink.on_block(&stream("log"), block(1, 1, 0));
    sink.on_block(&stream("metrics"), block(3, 1, 0));
    assert_eq!(arrived(&memory), [(1, 0), (3, 0)]);
}

#[test]
fn the_rule_can_be_set_aside() {
    let memory = Arc::new(MemorySink::default());
    let sink = even(&memory);
    let stream = stream("cpu");
    sink.switch().set(Sampling::All);
    sink.on_block(&stream, block(1, 1, 0));
    sink.switch().set(Sampling::None);
    sink.on_block(&stream, block(2, 1, 0));
    sink.switch().set(Sampling::Host);
    sink.on_block(&stream, block(3, 1, 0));
    sink.on_block(&stream, block(4, 1, 0));
    assert_eq!(arrived(&memory), [(1, 0), (4, 2)]);
}
