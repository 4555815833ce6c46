//! One snapshot a query: every scan of it sees the same commit sequence and ledger version.

mod pin;
mod table;
#[cfg(feature = "flight")]
mod time_range;

pub use pin::PinSnapshot;
pub(crate) use table::{LakeTable, ScanRequest, SnapshotScan};
#[cfg(feature = "flight")]
pub(crate) use time_range::{LimitTime, TimeRange};
