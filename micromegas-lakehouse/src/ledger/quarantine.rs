//! Quarantine: blocks that a view cannot decode.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// A block and the view that cannot decode it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QuarantineKey {
    /// Whose block it is.
    pub tenant: Tenant,
    /// The view.
    pub view: String,
    /// The block.
    pub block_id: Uuid,
}

/// A block in quarantine: it is in no coverage of the view and is not read again until released.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedBlock {
    /// The block and the view.
    pub key: QuarantineKey,
    /// The block's stream.
    pub stream_id: Uuid,
    /// The block's process.
    pub process_id: Uuid,
    /// The block's number.
    pub sequence: CommitSequence,
    /// Why it cannot be decoded.
    pub reason: String,
    /// Since when, by the store's clock.
    pub time: DateTime<Utc>,
}

/// Which blocks in quarantine; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct QuarantineFilter {
    /// Only blocks that this view cannot decode.
    pub view: Option<String>,
    /// Only those after this key: the last key of the previous page.
    pub after: Option<QuarantineKey>,
}
