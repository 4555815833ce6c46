//! A process, its streams and their blocks, without recording anything.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::Utc;
use micromegas_tracing::EventBlock;
use micromegas_transit::planar::CarriedSpan;
use micromegas_transit::types::{BeginThreadSpanEvent, SpanRecord, thread, thread_stream_layout};
use micromegas_transit::{ProcessInfo, RecordQueue, StreamInfo, TickRange};
use uuid::Uuid;

pub(crate) const PROCESS_ID: Uuid = Uuid::from_u128(0x1234);

pub(crate) fn process() -> Arc<ProcessInfo> {
    Arc::new(ProcessInfo {
        process_id: PROCESS_ID,
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

pub(crate) fn stream(tag: &str) -> Arc<StreamInfo> {
    Arc::new(StreamInfo {
        process_id: PROCESS_ID,
        stream_id: Uuid::new_v4(),
        layout: thread_stream_layout(),
        tags: vec![tag.to_owned()],
        properties: BTreeMap::new(),
    })
}

/// A block of spans that begin, and one that was open before.
pub(crate) fn block(object_offset: i64) -> EventBlock {
    let mut dependencies = RecordQueue::new();
    dependencies
        .push(thread::SPAN, &SpanRecord { id: 9, name: 1, target: 1, file: 1, line: 1, lod: 1 });
    let mut objects = RecordQueue::new();
    for time in 0..100 {
        objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 9, time: time + object_offset });
    }
    EventBlock {
        block_id: Uuid::new_v4(),
        begin_time: Utc::now(),
        begin_ticks: 0,
        end_time: Utc::now(),
        end_ticks: 0,
        dependencies: dependencies.into_bytes().into(),
        objects: objects.into_bytes().into(),
        object_offset,
        event_count: 100,
        event_ticks: TickRange { least: 0, greatest: 0 },
        skipped_events: 0,
        carried_spans: Some(vec![CarriedSpan { event_id: 3, descriptor: 9, begin: -5 }]),
    }
}
