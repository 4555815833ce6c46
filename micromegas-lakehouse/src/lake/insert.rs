//! What a group commit inserts.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_transit::{Block, LayoutHash, ProcessInfo, StreamInfo, StreamLayout, TickRange};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::lake::{PayloadLocation, RecordKey};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;
use crate::time::to_nanos;

/// The stream format of native clients.
pub const TRANSIT_FORMAT: &str = "micromegas-transit";

/// One row of a group commit.
#[derive(Debug, Clone)]
pub enum LakeInsert {
    /// A process.
    Process(NewProcess),
    /// A stream.
    Stream(NewStream),
    /// A block whose payload is stored already.
    Block(NewBlock),
}

impl LakeInsert {
    /// The tenant it belongs to.
    pub fn tenant(&self) -> &Tenant {
        match self {
            Self::Process(process) => &process.tenant,
            Self::Stream(stream) => &stream.tenant,
            Self::Block(block) => &block.tenant,
        }
    }

    /// The process that it belongs to.
    pub(crate) fn process(&self) -> RecordKey {
        let id = match self {
            Self::Process(process) => process.info.process_id,
            Self::Stream(stream) => stream.process_id,
            Self::Block(block) => block.process_id,
        };
        RecordKey::new(self.tenant().clone(), id)
    }

    /// The block, if it is one.
    pub(crate) fn as_block(&self) -> Option<&NewBlock> {
        match self {
            Self::Block(block) => Some(block),
            _ => None,
        }
    }

    /// Checks what every store refuses, so that one bad row is found before its group is made.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if a time is outside the years 1678 to 2261, or an offset, length
    /// or count does not fit into 63 bits.
    pub fn validate(&self) -> Result<()> {
        match self {
            Self::Process(process) => {
                to_nanos(process.info.start_time, "start_time")?;
            }
            Self::Stream(_) => {}
            Self::Block(block) => {
                to_nanos(block.begin_time, "begin_time")?;
                to_nanos(block.end_time, "end_time")?;
                let fits = |number: u64| i64::try_from(number).is_ok();
                if !fits(block.payload.offset) || !fits(block.payload.length) {
                    return Err(Error::invalid("the payload's offset or length is too large"));
                }
                if !fits(block.skipped_events) {
                    return Err(Error::invalid("the number of skipped events is too large"));
                }
            }
        }
        Ok(())
    }
}

/// A process to insert.
#[derive(Debug, Clone, PartialEq)]
pub struct NewProcess {
    /// Whose it is.
    pub tenant: Tenant,
    /// What the process said about itself.
    pub info: ProcessInfo,
}

/// A stream to insert.
#[derive(Debug, Clone, PartialEq)]
pub struct NewStream {
    /// Whose it is.
    pub tenant: Tenant,
    /// The stream's identity.
    pub stream_id: Uuid,
    /// The process that records into it.
    pub process_id: Uuid,
    /// Its layout in canonical form.
    pub layout: Arc<StreamLayout>,
    /// The hash of the layout, under which it is stored once.
    pub layout_hash: LayoutHash,
    /// Its tags, in the client's order.
    pub tags: Vec<String>,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// How its payloads are encoded, such as [`TRANSIT_FORMAT`].
    pub format: String,
}

impl NewStream {
    /// A stream of a native client.
    pub fn new(tenant: Tenant, info: StreamInfo) -> Self {
        let layout = info.layout.canonical();
        Self {
            tenant,
            stream_id: info.stream_id,
            process_id: info.process_id,
            layout_hash: layout.hash(),
            layout: Arc::new(layout),
            tags: info.tags,
            properties: info.properties,
            format: TRANSIT_FORMAT.to_owned(),
        }
    }
}

/// A block to insert; its payload is stored already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBlock {
    /// Whose it is.
    pub tenant: Tenant,
    /// The block's identity.
    pub block_id: Uuid,
    /// The stream it is a run of.
    pub stream_id: Uuid,
    /// The process that recorded it.
    pub process_id: Uuid,
    /// When the first event was recorded, as the client declares it.
    pub begin_time: DateTime<Utc>,
    /// The same in ticks since the start of the process.
    pub begin_ticks: i64,
    /// When the last event was recorded, as the client declares it.
    pub end_time: DateTime<Utc>,
    /// The same in ticks since the start of the process.
    pub end_ticks: i64,
    /// The index in the stream of the block's first event.
    pub object_offset: i64,
    /// The number of events, as the client declares it.
    pub event_count: i32,
    /// Where the payload lies.
    pub payload: PayloadLocation,
    /// Exact bounds of the event times, if the client knows them.
    pub event_ticks: Option<TickRange>,
    /// Events dropped or sampled out since the previous kept block of the stream.
    pub skipped_events: u64,
}

impl NewBlock {
    /// The row of a block whose payload is at `payload`.
    pub fn new(tenant: Tenant, block: &Block, payload: PayloadLocation) -> Self {
        Self {
            tenant,
            block_id: block.block_id,
            stream_id: block.stream_id,
            process_id: block.process_id,
            begin_time: block.begin_time,
            begin_ticks: block.begin_ticks,
            end_time: block.end_time,
            end_ticks: block.end_ticks,
            object_offset: block.object_offset,
            event_count: block.event_count,
            payload,
            event_ticks: block.event_ticks,
            skipped_events: block.skipped_events,
        }
    }
}

/// What became of one row of a group commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InsertOutcome {
    /// A process or stream was stored.
    Stored,
    /// A block was stored, is complete and has this number.
    Numbered(CommitSequence),
    /// A block was stored and waits for its stream or process.
    Waiting,
    /// The identity was taken: what was stored first stays as it is.
    Duplicate,
    /// Its process was [forgotten](crate::RemovalStore::forget_process): nothing was stored.
    Forgotten,
    /// The object that the payload would lie in is about to be deleted: nothing was stored, and
    /// the same may be sent again later.
    Later,
}

impl InsertOutcome {
    /// Whether a row was made.
    pub(crate) fn is_stored(&self) -> bool {
        matches!(self, Self::Stored | Self::Numbered(_) | Self::Waiting)
    }
}
