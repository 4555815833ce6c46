//! The lake: processes, streams and blocks, as they are inserted and as they are read.

mod committer;
mod filter;
mod insert;
mod location;
mod record;
mod write;

pub use filter::{BlockFilter, ProcessFilter, RecordKey, StreamFilter};
pub use insert::{InsertOutcome, LakeInsert, NewBlock, NewProcess, NewStream, TRANSIT_FORMAT};
pub use location::PayloadLocation;
pub(crate) use location::block_key;
pub use record::{BlockRecord, Missing, ProcessRecord, StreamRecord, WaitingBlock};
pub use write::{Lake, LakeOptions};
