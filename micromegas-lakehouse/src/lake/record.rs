//! What the lake holds, as readers see it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, ProcessInfo, TickRange};
use uuid::Uuid;

use crate::lake::PayloadLocation;
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// A stored process.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessRecord {
    /// Whose it is.
    pub tenant: Tenant,
    /// What the process said about itself.
    pub info: ProcessInfo,
    /// When it was inserted, by the store's clock.
    pub insert_time: DateTime<Utc>,
    /// The greatest `insert_time` of its blocks; `None` before the first.
    pub last_update_time: Option<DateTime<Utc>>,
    /// The greatest end of its blocks, in ticks since its start.
    pub last_block_end_ticks: Option<i64>,
    /// The greatest end of its blocks, as clients declare it.
    pub last_block_end_time: Option<DateTime<Utc>>,
}

/// A stored stream.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRecord {
    /// Whose it is.
    pub tenant: Tenant,
    /// The stream's identity.
    pub stream_id: Uuid,
    /// The process that records into it.
    pub process_id: Uuid,
    /// The hash of its layout.
    pub layout: LayoutHash,
    /// Its tags, in the client's order.
    pub tags: Vec<String>,
    /// Its properties.
    pub properties: BTreeMap<String, String>,
    /// How its payloads are encoded.
    pub format: String,
    /// When it was inserted, by the store's clock.
    pub insert_time: DateTime<Utc>,
    /// The `insert_time` of its newest block; `None` before the first.
    pub last_update_time: Option<DateTime<Utc>>,
}

/// A complete block: its stream and process are stored and it has its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockRecord {
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
    /// Exact bounds of the event times, in absolute ticks, if the client knows them.
    pub event_ticks: Option<TickRange>,
    /// Events dropped or sampled out since the previous kept block of the stream.
    pub skipped_events: u64,
    /// Its number.
    pub sequence: CommitSequence,
    /// The time of the group commit that numbered it.
    pub insert_time: DateTime<Utc>,
}

/// A stored block that is not complete: it has no number and is in no view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingBlock {
    /// Whose it is.
    pub tenant: Tenant,
    /// The block's identity.
    pub block_id: Uuid,
    /// The stream it names.
    pub stream_id: Uuid,
    /// The process it names.
    pub process_id: Uuid,
    /// The number of events, as the client declares it.
    pub event_count: i32,
    /// Where the payload lies.
    pub payload: PayloadLocation,
    /// When the block was stored, by the store's clock.
    pub arrival_time: DateTime<Utc>,
    /// What it waits for.
    pub missing: Missing,
}

/// What a block waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// Its stream and its process.
    StreamAndProcess,
    /// Its stream.
    Stream,
    /// Its process.
    Process,
    /// Its stream is stored, but belongs to another process than the block says: the block can
    /// never be complete.
    MatchingProcess,
}
