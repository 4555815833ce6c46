//! The streams of the process, and how their blocks reach the sink.

use crate::event_sink::{EventBlock, EventSink};
use crate::flusher::block::BlockBuilder;
use crate::flusher::dependencies::Dependencies;
use crate::origin::Origin;
use crate::own_streams::OwnQueue;
use crate::recording::threads::RecordingThread;
use crate::stats::{self, Counts};
use micromegas_transit::types::{log_stream_layout, metric_stream_layout, thread_stream_layout};
use micromegas_transit::{StreamInfo, StreamLayout};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use uuid::Uuid;

/// Where blocks go: what all streams have in common while they are handed over.
pub(super) struct Outlet<'a> {
    pub(super) process_id: Uuid,
    pub(super) origin: Origin,
    pub(super) sink: &'a dyn EventSink,
    pub(super) dependencies: &'a mut Dependencies,
    /// Events that were given to the sink, whatever it did with them.
    pub(super) accounted: Counts,
}

impl Outlet<'_> {
    /// Closes a block and hands it over; false if it holds no event.
    pub(super) fn deliver(&mut self, stream: &mut Stream, block: BlockBuilder) -> bool {
        let Some((block, counts)) = block.finish(self.dependencies, &self.origin) else {
            return false;
        };
        self.deliver_made(stream, block, counts);
        true
    }

    /// Hands a block over.
    pub(super) fn deliver_made(&mut self, stream: &mut Stream, block: EventBlock, counts: Counts) {
        stream.deliver(self.sink, block, counts);
        self.accounted.add(counts);
    }
}

/// A stream of events: its description and how far it has come.
#[derive(Debug)]
pub(super) struct Stream {
    info: Arc<StreamInfo>,
    is_announced: bool,
    object_offset: i64,
    /// Events lost since the last block.
    skipped_events: u64,
}

impl Stream {
    fn new(
        process_id: Uuid,
        tag: &str,
        layout: StreamLayout,
        properties: BTreeMap<String, String>,
    ) -> Self {
        let info = StreamInfo {
            process_id,
            stream_id: Uuid::new_v4(),
            layout,
            tags: vec![tag.to_owned()],
            properties,
        };
        Self { info: Arc::new(info), is_announced: false, object_offset: 0, skipped_events: 0 }
    }

    /// The stream of all log entries of the process.
    pub(super) fn of_logs(process_id: Uuid) -> Self {
        Self::new(process_id, "log", log_stream_layout(), BTreeMap::new())
    }

    /// The stream of all metrics of the process.
    pub(super) fn of_metrics(process_id: Uuid) -> Self {
        Self::new(process_id, "metrics", metric_stream_layout(), BTreeMap::new())
    }

    /// The stream of the spans of one thread.
    pub(super) fn of_thread(process_id: Uuid, thread: &RecordingThread) -> Self {
        let mut properties = BTreeMap::from([("thread-id".to_owned(), thread.id.clone())]);
        properties.extend(thread.name.clone().map(|name| ("thread-name".to_owned(), name)));
        Self::new(process_id, "cpu", thread_stream_layout(), properties)
    }

    /// The stream of spans that a thread recorded so late that all else of it was forgotten.
    pub(super) fn of_late_thread(process_id: Uuid, thread_number: u32) -> Self {
        let id = format!("ended thread {thread_number}");
        let properties = BTreeMap::from([("thread-id".to_owned(), id)]);
        Self::new(process_id, "cpu", thread_stream_layout(), properties)
    }

    /// A stream of the host's own.
    pub(super) fn of_own(process_id: Uuid, queue: &OwnQueue) -> Self {
        Self::new(process_id, &queue.tag, queue.layout.clone(), queue.properties.clone())
    }

    /// The number of the stream's next event.
    pub(super) fn next_event_id(&self) -> i64 {
        self.object_offset
    }

    /// Notes events that were lost before the next block.
    pub(super) fn skip(&mut self, events: u64) {
        self.skipped_events += events;
    }

    /// Completes a block and hands it to the sink. What the sink loses by panicking counts as
    /// dropped, and the next block says so.
    fn deliver(&mut self, sink: &dyn EventSink, mut block: EventBlock, counts: Counts) {
        block.object_offset = self.object_offset;
        block.skipped_events = std::mem::take(&mut self.skipped_events);
        let skipped_events = block.skipped_events;
        let event_count = block.event_count;
        self.object_offset += i64::from(event_count);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            if !self.is_announced {
                sink.on_stream(&self.info);
                self.is_announced = true;
            }
            sink.on_block(&self.info, block);
        }));
        match outcome {
            Ok(()) => stats::RECORDED.add(counts),
            Err(_) => {
                stats::DROPPED.add(counts);
                self.skipped_events = skipped_events + u64::from(event_count.unsigned_abs());
            }
        }
    }
}
