//! Where recorded events go: the contract between recording and delivery.

use crate::level::LevelFilter;
use crate::log_entry::LogEntry;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use micromegas_transit::planar::CarriedSpan;
use micromegas_transit::{ProcessInfo, StreamInfo, TickRange};
use std::sync::Arc;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Receives what the process recorded.
///
/// Guarantees of the caller:
///
/// - [`on_process`](Self::on_process) comes first and once; [`on_stream`](Self::on_stream) comes
///   once for each stream, before its first block; blocks of a stream come in the order of their
///   `object_offset`. All three are called by the flusher's thread alone, one at a time, with no
///   lock held.
/// - [`on_log`](Self::on_log) is called on the recording thread. What the same thread logs
///   meanwhile is recorded, and is not given to `on_log`.
/// - A panic in any of these is caught; the block it interrupted counts as dropped.
///
/// An implementation must return soon from all methods but [`on_flush`](Self::on_flush) and
/// [`on_shutdown`](Self::on_shutdown): whatever takes time belongs to a thread of its own.
pub trait EventSink: Send + Sync + 'static {
    /// The process that records; called once, before everything else.
    fn on_process(&self, process: &Arc<ProcessInfo>);

    /// A stream of events; called before its first block.
    fn on_stream(&self, stream: &Arc<StreamInfo>);

    /// A run of events of a stream.
    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock);

    /// The least severe level [`on_log`](Self::on_log) wants to see; asked once, at start.
    fn log_level(&self) -> LevelFilter {
        LevelFilter::Off
    }

    /// A log entry at the moment of recording, for sinks that show entries at once.
    fn on_log(&self, entry: &LogEntry<'_>) {
        let _ = entry;
    }

    /// How long events should wait before they are given to this sink, because it passes them on
    /// to something that small blocks would burden; none to get them as the host has configured.
    /// Entries of level Error and Fatal never wait, and periods that the host has set itself count
    /// more. Asked before each wait.
    fn flush_period(&self) -> Option<Duration> {
        None
    }

    /// Delivers what it was given so far, at the latest by `deadline`; false if something is still
    /// waiting then. Called on the thread that asked for the flush.
    fn on_flush(&self, deadline: Instant) -> bool {
        let _ = deadline;
        true
    }

    /// Delivers what it was given, at the latest by `deadline`. Nothing is called after it.
    fn on_shutdown(&self, deadline: Instant) {
        let _ = deadline;
    }
}

/// A run of events of one stream as a sink gets it: self-contained, uncompressed, and free of
/// addresses. Its bytes were made by [`keep`](crate::keep).
#[derive(Clone, Debug)]
pub struct EventBlock {
    /// Identity of the block.
    pub block_id: Uuid,
    /// Wall-clock time of the earliest event.
    pub begin_time: DateTime<Utc>,
    /// Ticks of the earliest event since the start of the process.
    pub begin_ticks: i64,
    /// Wall-clock time of the latest event.
    pub end_time: DateTime<Utc>,
    /// Ticks of the latest event since the start of the process.
    pub end_ticks: i64,
    /// Strings and descriptors that the events refer to, as a record queue.
    pub dependencies: Bytes,
    /// The events, as a record queue.
    pub objects: Bytes,
    /// How many events the stream's earlier blocks hold.
    pub object_offset: i64,
    /// How many events this block holds.
    pub event_count: i32,
    /// Exact least and greatest event time, in absolute ticks.
    pub event_ticks: TickRange,
    /// How many events were lost between the stream's previous block and this one.
    pub skipped_events: u64,
    /// The spans of the thread that are open at the first event, outermost first; their descriptors
    /// are among the dependencies. None when they are not known, because events before the block
    /// were lost, and in streams that are not those of a thread.
    pub carried_spans: Option<Vec<CarriedSpan>>,
}
