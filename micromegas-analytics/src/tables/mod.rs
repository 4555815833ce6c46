//! Tables of what the lake knows about its data: processes, streams and blocks; and of what was done
//! to it.

mod arrays;
mod audit;
mod blocks;
mod metadata;
mod partitions;
mod processes;
mod quarantine;
mod streams;

pub(crate) use audit::AuditLog;
pub(crate) use blocks::Blocks;
pub(crate) use metadata::{MetadataScan, MetadataTable};
pub(crate) use partitions::Partitions;
pub(crate) use processes::Processes;
pub(crate) use quarantine::QuarantinedBlocks;
pub(crate) use streams::Streams;
