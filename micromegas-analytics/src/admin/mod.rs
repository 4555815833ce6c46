//! What administrators see of materialisation, and what they can do about it, in SQL.

mod function;
mod lag;
mod partition_job;
mod view_sets;

pub(crate) use function::PartitionFunction;
pub(crate) use lag::LakehouseLag;
pub(crate) use partition_job::PartitionJob;
pub(crate) use view_sets::ListViewSets;
