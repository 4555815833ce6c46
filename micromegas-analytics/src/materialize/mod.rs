//! Writing scans down as partitions, merging partitions, and the daemon that does so.

mod compaction;
mod daemon;
mod job;
mod materializer;
mod options;
mod parquet_file;
mod regenerate;
mod retire;
mod sorted;
mod sweep;

pub use daemon::Daemon;
pub use materializer::{Materializer, Progress};
pub use options::DaemonOptions;
pub use retire::InsertRange;
