//! Which records a reader wants, and where the next page starts.

use uuid::Uuid;

use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// The identity of a process, stream or waiting block: lists of these are ordered by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey {
    /// Whose it is.
    pub tenant: Tenant,
    /// Its id.
    pub id: Uuid,
}

impl RecordKey {
    /// Makes a key.
    pub fn new(tenant: Tenant, id: Uuid) -> Self {
        Self { tenant, id }
    }
}

/// Which processes; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct ProcessFilter {
    /// Only these processes.
    pub process_ids: Option<Vec<Uuid>>,
    /// Only those after this key: the last key of the previous page.
    pub after: Option<RecordKey>,
}

impl ProcessFilter {
    /// Only one process.
    pub fn process(process_id: Uuid) -> Self {
        Self { process_ids: Some(vec![process_id]), ..Self::default() }
    }
}

/// Which streams; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct StreamFilter {
    /// Only these streams.
    pub stream_ids: Option<Vec<Uuid>>,
    /// Only streams of these processes.
    pub process_ids: Option<Vec<Uuid>>,
    /// Only streams with this tag.
    pub tag: Option<String>,
    /// Only those after this key: the last key of the previous page.
    pub after: Option<RecordKey>,
}

impl StreamFilter {
    /// Only one stream.
    pub fn stream(stream_id: Uuid) -> Self {
        Self { stream_ids: Some(vec![stream_id]), ..Self::default() }
    }
}

/// Which complete blocks; the default is all of them.
///
/// The next page of blocks starts `after` the number of the last block of the previous one.
#[derive(Debug, Clone)]
pub struct BlockFilter {
    /// Only these blocks.
    pub block_ids: Option<Vec<Uuid>>,
    /// Only blocks of these streams.
    pub stream_ids: Option<Vec<Uuid>>,
    /// Only blocks of these processes.
    pub process_ids: Option<Vec<Uuid>>,
    /// Only blocks of streams with this tag.
    pub tag: Option<String>,
    /// Only blocks with greater numbers.
    pub after: CommitSequence,
    /// Only blocks with numbers up to this one, which is included.
    pub up_to: CommitSequence,
}

impl Default for BlockFilter {
    fn default() -> Self {
        Self {
            block_ids: None,
            stream_ids: None,
            process_ids: None,
            tag: None,
            after: CommitSequence::ZERO,
            up_to: CommitSequence::MAX,
        }
    }
}

impl BlockFilter {
    /// Blocks with numbers in `(after, up_to]`.
    pub fn range(after: CommitSequence, up_to: CommitSequence) -> Self {
        Self { after, up_to, ..Self::default() }
    }
}
