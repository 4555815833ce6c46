//! A block that waits, in memory or on disk.

use crate::http::packed::Encoded;
use crate::http::stats::EventCounts;
use crate::spool::{Adopted, Place};
use micromegas_tracing::{EventBlock, kept_bytes};
use micromegas_transit::planar::Codec;
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use std::sync::Arc;
use std::time::Instant;

/// What a block carries. Earlier variants are sent first, and outlive later ones when there is no
/// room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) enum Priority {
    Logs,
    Metrics,
    Traces,
}

impl Priority {
    /// The lowest first.
    pub(super) const RISING: [Self; 3] = [Self::Traces, Self::Metrics, Self::Logs];

    pub(super) fn of(stream: &StreamInfo) -> Self {
        let has_tag = |tag: &str| stream.tags.iter().any(|own| own == tag);
        if has_tag("log") {
            Self::Logs
        } else if has_tag("metrics") {
            Self::Metrics
        } else {
            Self::Traces
        }
    }

    pub(in crate::http) fn number(self) -> u8 {
        self as u8
    }

    pub(super) fn add(self, counts: &mut EventCounts, events: u64) {
        match self {
            Self::Logs => counts.logs += events,
            Self::Metrics => counts.metrics += events,
            Self::Traces => counts.traces += events,
        }
    }
}

/// Who recorded a block. What an ended process left is sent after this one's of the same priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) enum Origin {
    Own,
    Adopted,
}

/// The place of a block in the order of sending, and its identity in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) struct Key {
    pub(super) priority: Priority,
    pub(super) origin: Origin,
    pub(super) number: u64,
}

impl Key {
    pub(in crate::http) fn priority(self) -> Priority {
        self.priority
    }

    pub(in crate::http) fn is_own(self) -> bool {
        self.origin == Origin::Own
    }
}

/// A block's document.
#[derive(Debug)]
pub(in crate::http) struct Packed {
    pub(in crate::http) block: Block,
    /// The codec of a planar payload; none is what every server reads.
    pub(in crate::http) codec: Option<Codec>,
}

/// Where the events are.
#[derive(Clone, Debug)]
pub(in crate::http) enum Content {
    /// As recorded.
    Raw(Box<EventBlock>),
    /// In the packer's hand.
    Packing,
    /// Ready to be sent.
    Packed(Arc<Packed>),
    /// On disk.
    Spooled(Place, Encoded),
}

/// A block that waits.
#[derive(Debug)]
pub(super) struct WaitingBlock {
    pub(super) process: Arc<ProcessInfo>,
    pub(super) stream: Arc<StreamInfo>,
    pub(super) content: Content,
    pub(super) event_count: u64,
    /// Events that the block itself says were lost before it.
    pub(super) declared_skipped: u64,
    /// Events that were lost before it since.
    pub(super) more_skipped: u64,
    pub(super) bytes: usize,
    pub(super) since: Instant,
    /// How often the server failed over it.
    pub(super) server_failures: u32,
}

fn block_bytes(block: &EventBlock) -> usize {
    kept_bytes(block.objects.len()) + kept_bytes(block.dependencies.len())
}

impl WaitingBlock {
    pub(super) fn recorded(
        process: &Arc<ProcessInfo>,
        stream: &Arc<StreamInfo>,
        block: EventBlock,
    ) -> Self {
        Self {
            process: Arc::clone(process),
            stream: Arc::clone(stream),
            bytes: size_of::<Self>() + block_bytes(&block),
            event_count: u64::try_from(block.event_count).unwrap_or_default(),
            declared_skipped: block.skipped_events,
            more_skipped: 0,
            content: Content::Raw(Box::new(block)),
            since: Instant::now(),
            server_failures: 0,
        }
    }

    pub(super) fn adopted(adopted: Adopted) -> Self {
        Self {
            process: adopted.process,
            stream: adopted.stream,
            content: Content::Spooled(adopted.place, Encoded::from_number(adopted.encoding)),
            event_count: adopted.event_count.into(),
            declared_skipped: adopted.skipped_events,
            more_skipped: 0,
            bytes: size_of::<Self>(),
            since: Instant::now(),
            server_failures: 0,
        }
    }

    pub(super) fn is_spooled(&self) -> bool {
        matches!(self.content, Content::Spooled(..))
    }

    /// What the stream's next block has to declare if this one is lost.
    pub(super) fn lost_events(&self) -> u64 {
        self.event_count + self.declared_skipped + self.more_skipped
    }
}
