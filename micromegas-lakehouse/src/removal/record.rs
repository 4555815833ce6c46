//! What stores tell about removals.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::lake::PayloadLocation;
use crate::tenant::Tenant;

/// What a removal of idle processes has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct RemovedProcesses {
    /// How many processes.
    pub processes: u64,
    /// How many streams of theirs.
    pub streams: u64,
}

/// What one step of forgetting a process has removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Forgetting {
    /// Rows of processes, at most one.
    pub processes: u64,
    /// Rows of streams.
    pub streams: u64,
    /// Rows of complete blocks.
    pub blocks: u64,
    /// Rows of blocks that waited.
    pub waiting_blocks: u64,
    /// Whether nothing of the process is left.
    pub is_complete: bool,
}

/// An object with bytes that no row refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReclaimableObject {
    /// Its key.
    pub key: String,
    /// When the last row stopped to refer to some of its bytes, by the store's clock.
    pub since: DateTime<Utc>,
    /// When it was deleted, if it was.
    pub deleted_time: Option<DateTime<Utc>>,
}

/// A block, complete or waiting, whose payload lies in some object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadReference {
    /// Whose it is.
    pub tenant: Tenant,
    /// The block's identity.
    pub block_id: Uuid,
    /// Where the payload lies.
    pub location: PayloadLocation,
}

/// A payload that was copied to another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayloadMove {
    /// The block, and where its payload was.
    pub from: PayloadReference,
    /// Where its payload is now.
    pub to: PayloadLocation,
}
