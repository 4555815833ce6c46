//! Documents of a client, with log entries that readers understand.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use micromegas_transit::types::{
    LogMetadataRecord, LogStringEventV2, StaticStringDependency, log, log_stream_layout,
};
use micromegas_transit::{
    Block, Payload, ProcessInfo, RecordQueue, ReflectDynamic, StreamInfo, TickRange, compress_frame,
};
use uuid::Uuid;

const START_TICKS: i64 = 5_000;
const FREQUENCY: i64 = 1_000_000_000;
const INFO: u32 = 4;

/// One process with a log stream, and how many entries it has written so far.
#[derive(Debug, Clone)]
pub(crate) struct LogClient {
    pub(crate) process_id: Uuid,
    pub(crate) stream_id: Uuid,
    /// Of the process.
    pub(crate) properties: BTreeMap<String, String>,
    start_time: DateTime<Utc>,
    entry_count: i64,
}

impl LogClient {
    pub(crate) fn new() -> Self {
        Self {
            process_id: Uuid::new_v4(),
            stream_id: Uuid::new_v4(),
            properties: BTreeMap::new(),
            start_time: Utc::now() - TimeDelta::minutes(1),
            entry_count: 0,
        }
    }

    pub(crate) fn process(&self) -> Vec<u8> {
        let process = ProcessInfo {
            process_id: self.process_id,
            exe: "test-client".into(),
            username: "ada".into(),
            realname: "Ada".into(),
            computer: "engine".into(),
            distro: "Debian".into(),
            cpu_brand: "brass".into(),
            tsc_frequency: FREQUENCY,
            start_time: self.start_time,
            start_ticks: START_TICKS,
            parent_process_id: None,
            properties: self.properties.clone(),
        };
        process.to_cbor()
    }

    pub(crate) fn stream(&self) -> Vec<u8> {
        let stream = StreamInfo {
            process_id: self.process_id,
            stream_id: self.stream_id,
            layout: log_stream_layout(),
            tags: vec!["log".into()],
            properties: BTreeMap::new(),
        };
        stream.to_cbor()
    }

    /// The next block: one entry for each message, a microsecond apart.
    pub(crate) fn next_block(&mut self, messages: &[String]) -> Block {
        let mut dependencies = RecordQueue::new();
        for (id, text) in [(1, "test::target"), (2, "{}"), (3, "test.rs")] {
            let text = StaticStringDependency { id, text };
            dependencies.push_dynamic(log::STATIC_STRING, |out| text.write_to(out));
        }
        let metadata =
            LogMetadataRecord { id: 10, fmt_str: 2, target: 1, file: 3, line: 7, level: INFO };
        dependencies.push(log::LOG_METADATA, &metadata);

        let first = self.entry_count;
        let ticks = |entry: i64| entry * 1_000;
        let mut objects = RecordQueue::new();
        for (n, message) in (first..).zip(messages) {
            let event = LogStringEventV2 { desc: 10, time: START_TICKS + ticks(n), message };
            objects.push_dynamic(log::LOG_STRING_EVENT, |out| event.write_to(out));
        }
        self.entry_count += messages.len() as i64;
        let last = self.entry_count - 1;

        let payload = Payload {
            dependencies: Bytes::from(compress_frame(dependencies.as_bytes())),
            objects: Bytes::from(compress_frame(objects.as_bytes())),
        };
        Block {
            block_id: Uuid::new_v4(),
            stream_id: self.stream_id,
            process_id: self.process_id,
            begin_time: self.start_time + TimeDelta::nanoseconds(ticks(first)),
            begin_ticks: ticks(first),
            end_time: self.start_time + TimeDelta::nanoseconds(ticks(last)),
            end_ticks: ticks(last),
            payload: payload.to_raw(),
            object_offset: first,
            event_count: messages.len() as i32,
            event_ticks: Some(TickRange {
                least: START_TICKS + ticks(first),
                greatest: START_TICKS + ticks(last),
            }),
            skipped_events: 0,
        }
    }
}
