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
mod sql_forget;
mod sql_merge;
mod sql_view;
mod sweep;
mod target;

pub use daemon::Daemon;
pub use materializer::{Materializer, Progress};
pub use options::DaemonOptions;
pub use retire::InsertRange;
