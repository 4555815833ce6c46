//! Tables of what the lake knows about its data: processes, streams and blocks.

mod arrays;
mod blocks;
mod metadata;
mod processes;
mod quarantine;
mod streams;

pub(crate) use blocks::Blocks;
pub(crate) use metadata::{MetadataScan, MetadataTable};
pub(crate) use processes::Processes;
pub(crate) use quarantine::QuarantinedBlocks;
pub(crate) use streams::Streams;
