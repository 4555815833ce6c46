//! What an archive says about itself.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::NewAuditRecord;
use crate::lake::RecordKey;

pub(super) const MANIFEST_NAME: &str = "manifest.json";
pub(super) const PROCESS_NAME: &str = "process.cbor";
pub(super) const STREAMS_FOLDER: &str = "streams/";
pub(super) const BLOCKS_FOLDER: &str = "blocks/";
pub(super) const END_NAME: &str = "end.json";

/// The version of the format that is written, and the newest that is read.
pub(super) const VERSION: u32 = 1;

/// The first entry.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) micromegas_archive: u32,
    pub(super) process_id: Uuid,
    pub(super) exported: DateTime<Utc>,
    pub(super) streams: Vec<ArchivedStream>,
}

/// What a stream's document does not say.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ArchivedStream {
    pub(super) stream_id: Uuid,
    /// How its payloads are encoded.
    pub(super) format: String,
}

/// What an archive holds beside its process; also its last entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Archived {
    /// Streams.
    pub streams: u64,
    /// Blocks.
    pub blocks: u64,
    /// The bytes of their payloads.
    pub bytes: u64,
}

impl Archived {
    /// The audit record of an action that is done.
    pub(super) fn record(self, process: &RecordKey, actor: &str, action: &str) -> NewAuditRecord {
        started(process, actor, action)
            .with("streams", self.streams.to_string())
            .with("blocks", self.blocks.to_string())
            .with("bytes", self.bytes.to_string())
    }
}

/// The audit record of an action that begins.
pub(super) fn started(process: &RecordKey, actor: &str, action: &str) -> NewAuditRecord {
    NewAuditRecord::new(process.tenant.clone(), actor, action, process.id.to_string())
}
