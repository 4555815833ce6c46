//! The one mechanism behind every view:
//! `scan(view, filters) = partitions that may match ∪ decode(fresh blocks that may match)`.

mod cache;
mod decode;
mod fresh_exec;
mod fresh_stream;
mod joined;
mod ledger;
mod partitions;
mod prune;
mod selection;
mod view_scan;

pub use cache::BlockCache;
pub(crate) use cache::DecodedBlock;
pub(crate) use decode::{DecodeOutcome, decode_block};
pub(crate) use ledger::{LedgerCache, SequenceRange, fresh_blocks, quarantined_blocks};
pub(crate) use partitions::{matching_files, scan_files, scan_partitions};
pub(crate) use selection::BlockSelection;
pub(crate) use view_scan::{ViewScan, ViewScope};
