//! Blocks as bodies of requests, of which only the id differs.

use std::collections::BTreeMap;

use bytes::Bytes;
use chrono::DateTime;
use micromegas_benches::SpanBlock;
use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::types::thread_stream_layout;
use micromegas_transit::{Block, Payload, ProcessInfo, RawPayload, StreamInfo, compress_frame};
use uuid::Uuid;

/// How the events of a block are encoded.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Encoding {
    Plain,
    Planar,
}

/// A block's payload, which all clients of a load send again and again.
#[derive(Debug, Clone)]
pub(crate) struct Events {
    pub(crate) count: usize,
    payload: RawPayload,
}

impl Events {
    /// Thread spans of 60 functions.
    pub(crate) fn new(count: usize, encoding: Encoding) -> Self {
        let block = SpanBlock::random_walk(count, 60);
        let objects = match encoding {
            Encoding::Plain => compress_frame(&block.objects),
            Encoding::Planar => {
                let layout = thread_stream_layout();
                let encoder = Encoder::new(&layout.objects, Codec::Lz4);
                encoder.expect("a codec of this build").encode(&block.objects, Some(&[]))
            }
        };
        let payload = Payload {
            dependencies: compress_frame(&block.dependencies).into(),
            objects: objects.into(),
        };
        Self { count, payload: payload.to_raw() }
    }

    /// How many bytes a block takes in the lake.
    pub(crate) fn payload_bytes(&self) -> usize {
        self.payload.as_bytes().len()
    }
}

/// The documents of one process with one stream.
#[derive(Debug)]
pub(crate) struct Documents {
    pub(crate) process: Bytes,
    pub(crate) stream: Bytes,
    before_id: Bytes,
    after_id: Bytes,
}

impl Documents {
    pub(crate) fn new(events: &Events) -> Self {
        let [process_id, stream_id, block_id] = [(); 3].map(|()| Uuid::new_v4());
        let start_time = DateTime::from_timestamp_nanos(1_700_000_000_000_000_000);
        let process = ProcessInfo {
            process_id,
            exe: "/usr/bin/load".into(),
            username: "ada".into(),
            realname: "Ada".into(),
            computer: "engine".into(),
            distro: "Debian".into(),
            cpu_brand: "brass".into(),
            tsc_frequency: 1_000_000_000,
            start_time,
            start_ticks: 1_000,
            parent_process_id: None,
            properties: BTreeMap::from([("build".to_owned(), "1234".to_owned())]),
        };
        let stream = StreamInfo {
            process_id,
            stream_id,
            layout: thread_stream_layout(),
            tags: vec!["cpu".into()],
            properties: BTreeMap::from([("thread-name".to_owned(), "main".to_owned())]),
        };
        let block = Block {
            block_id,
            stream_id,
            process_id,
            begin_time: start_time,
            begin_ticks: 0,
            end_time: start_time,
            end_ticks: 10,
            payload: events.payload.clone(),
            object_offset: 0,
            event_count: events.count as i32,
            event_ticks: None,
            skipped_events: 0,
        };
        let document = Bytes::from(block.to_cbor());
        let id = block_id.hyphenated().to_string();
        let place = document.windows(id.len()).position(|bytes| bytes == id.as_bytes());
        let place = place.expect("a document with its id as text");
        Self {
            process: process.to_cbor().into(),
            stream: stream.to_cbor().into(),
            before_id: document.slice(..place),
            after_id: document.slice(place + id.len()..),
        }
    }

    /// A block that was never sent before, in parts.
    pub(crate) fn next_block(&self) -> [Bytes; 3] {
        let id = Uuid::new_v4().hyphenated().to_string();
        [self.before_id.clone(), id.into(), self.after_id.clone()]
    }

    /// The bytes of each block.
    pub(crate) fn block_length(&self) -> usize {
        let [before_id, id, after_id] = self.next_block();
        before_id.len() + id.len() + after_id.len()
    }
}
