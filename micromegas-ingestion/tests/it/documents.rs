//! Documents as clients send them.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use micromegas_transit::types::log_stream_layout;
use micromegas_transit::{Block, Payload, ProcessInfo, StreamInfo};
use uuid::Uuid;

/// The documents of one process with one stream.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    pub(crate) process_id: Uuid,
    pub(crate) stream_id: Uuid,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self { process_id: Uuid::new_v4(), stream_id: Uuid::new_v4() }
    }

    pub(crate) fn process(&self) -> ProcessInfo {
        ProcessInfo {
            process_id: self.process_id,
            exe: "/usr/bin/test".into(),
            username: "ada".into(),
            realname: "Ada".into(),
            computer: "engine".into(),
            distro: "Debian".into(),
            cpu_brand: "brass".into(),
            tsc_frequency: 1_000_000_000,
            start_time: start_time(),
            start_ticks: 1_000,
            parent_process_id: None,
            properties: BTreeMap::new(),
        }
    }

    pub(crate) fn stream(&self) -> StreamInfo {
        StreamInfo {
            process_id: self.process_id,
            stream_id: self.stream_id,
            layout: log_stream_layout(),
            tags: vec!["log".into()],
            properties: BTreeMap::new(),
        }
    }

    pub(crate) fn block(&self) -> Block {
        self.block_of(&[0; 16])
    }

    /// A block whose events are these bytes; nothing on the way looks at them.
    pub(crate) fn block_of(&self, objects: &[u8]) -> Block {
        let payload = Payload {
            dependencies: Bytes::from_static(b"not even compressed"),
            objects: Bytes::copy_from_slice(objects),
        };
        Block {
            block_id: Uuid::new_v4(),
            stream_id: self.stream_id,
            process_id: self.process_id,
            begin_time: start_time(),
            begin_ticks: 0,
            end_time: start_time(),
            end_ticks: 10,
            payload: payload.to_raw(),
            object_offset: 0,
            event_count: 1,
            event_ticks: None,
            skipped_events: 0,
        }
    }
}

fn start_time() -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}
