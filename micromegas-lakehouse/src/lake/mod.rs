//! The lake: processes, streams and blocks, as they are inserted and as they are read.

mod classes;
mod clock;
mod committer;
mod filter;
mod forgotten;
mod insert;
mod location;
mod packer;
mod record;
mod segment;
mod sweep;
mod write;

pub use filter::{BlockFilter, ProcessFilter, RecordKey, StreamFilter};
pub use insert::{InsertOutcome, LakeInsert, NewBlock, NewProcess, NewStream, TRANSIT_FORMAT};
pub use location::PayloadLocation;
pub(crate) use location::{block_key, block_of_key};
pub use record::{BlockRecord, Missing, ProcessRecord, StreamRecord, WaitingBlock};
pub(crate) use segment::{mixed_segments, require_recent, require_recent_keys, segment_key};
pub use sweep::Swept;
pub use write::{Lake, LakeOptions};
