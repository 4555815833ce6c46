//! The ledger: which partitions exist, what they cover, who may write, what cannot be read.

mod checksum;
mod lease;
mod partition;
mod quarantine;

pub use checksum::Checksum;
#[cfg(feature = "postgres")]
pub(crate) use lease::LEASE_LONGEST;
pub(crate) use lease::expiry;
pub use lease::{Lease, LeaseKey, LeaseToken};
pub use partition::{
    NewPartition, PartitionCommit, PartitionFile, PartitionFilter, PartitionId, PartitionRecord,
    RetiredPartition, Scope, TimeRange, partition_key,
};
pub use quarantine::{QuarantineFilter, QuarantineKey, QuarantinedBlock};
