//! Partitions: one file of a view each, and what it covers.

use std::fmt;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::coverage::Coverage;
use crate::error::{Error, Result};
use crate::ledger::{Checksum, LeaseToken};
use crate::sequence::{CommitSequence, LedgerVersion};
use crate::tenant::Tenant;
use crate::time::to_nanos;

/// The identity of a partition, chosen by its writer; the file's key carries it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionId(pub Uuid);

impl PartitionId {
    /// A new identity.
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }
}

impl fmt::Display for PartitionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Which blocks a partition is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Blocks of all processes.
    All,
    /// Blocks of one process.
    Process(Uuid),
    /// Blocks of one stream.
    Stream(Uuid),
}

/// A closed range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimeRange {
    /// The least time.
    pub min: DateTime<Utc>,
    /// The greatest time.
    pub max: DateTime<Utc>,
}

impl TimeRange {
    /// Makes a range; the bounds are included.
    pub fn new(min: DateTime<Utc>, max: DateTime<Utc>) -> Self {
        Self { min, max }
    }

    /// Whether some time is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min <= other.max && other.min <= self.max
    }
}

/// The file of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionFile {
    /// The key of the object, made by [`partition_key`].
    pub key: String,
    /// Its size in bytes.
    pub size: u64,
    /// The rows in it.
    pub row_count: u64,
    /// Its checksum.
    pub checksum: Checksum,
}

/// A partition to commit.
#[derive(Debug, Clone, PartialEq)]
pub struct NewPartition {
    /// Its identity.
    pub id: PartitionId,
    /// Which blocks it is made from.
    pub scope: Scope,
    /// The version of the view's schema in which the file is written.
    pub schema_version: u32,
    /// The blocks it answers for.
    pub coverage: Coverage,
    /// The file; `None` if the blocks make no rows.
    pub file: Option<PartitionFile>,
    /// The least and greatest event time of its rows; `None` if it has none.
    pub event_time: Option<TimeRange>,
    /// The least and greatest `insert_time` of its blocks.
    pub insert_time: TimeRange,
}

/// A partition in the ledger, visible from `created` until before `retired`.
#[derive(Debug, Clone, PartialEq)]
pub struct PartitionRecord {
    /// Its identity.
    pub id: PartitionId,
    /// Whose it is.
    pub tenant: Tenant,
    /// The view it belongs to.
    pub view: String,
    /// Which blocks it is made from.
    pub scope: Scope,
    /// The version of the view's schema in which the file is written.
    pub schema_version: u32,
    /// The blocks it answers for.
    pub coverage: Coverage,
    /// The file; `None` if the blocks make no rows.
    pub file: Option<PartitionFile>,
    /// The least and greatest event time of its rows; `None` if it has none.
    pub event_time: Option<TimeRange>,
    /// The least and greatest `insert_time` of its blocks.
    pub insert_time: TimeRange,
    /// The ledger version that made it visible.
    pub created: LedgerVersion,
    /// When that was, by the store's clock.
    pub created_time: DateTime<Utc>,
    /// The ledger version that ended it.
    pub retired: Option<LedgerVersion>,
}

impl PartitionRecord {
    /// Whether the partition is visible at a version.
    pub fn is_visible_at(&self, version: LedgerVersion) -> bool {
        self.created <= version && self.retired.is_none_or(|retired| version < retired)
    }
}

/// One change of a view's partitions, all of it or nothing.
#[derive(Debug, Clone)]
pub struct PartitionCommit {
    /// Whose partitions.
    pub tenant: Tenant,
    /// The view.
    pub view: String,
    /// The lease under which the work was done; the commit is refused if it is lost. `None` for
    /// work that needs no lease, such as what a query wrote down: coverage alone decides then.
    pub lease: Option<LeaseToken>,
    /// Partitions that become visible.
    pub add: Vec<NewPartition>,
    /// Partitions that end. Their coverage is free for `add`, and fresh again otherwise.
    pub retire: Vec<PartitionId>,
}

impl PartitionCommit {
    /// Checks what every store refuses.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] if the commit changes nothing, adds the same identity twice or a
    /// partition that covers nothing, adds coverages that overlap each other, or has a time
    /// outside the years 1678 to 2261 or a size that does not fit into 63 bits.
    pub fn validate(&self) -> Result<()> {
        if self.add.is_empty() && self.retire.is_empty() {
            return Err(Error::invalid("a commit adds or retires at least one partition"));
        }
        let mut covered = Coverage::new();
        for (index, partition) in self.add.iter().enumerate() {
            if self.add[..index].iter().any(|other| other.id == partition.id) {
                return Err(Error::invalid("a commit adds a partition twice"));
            }
            if partition.coverage.is_empty() {
                return Err(Error::invalid("a partition covers at least one block"));
            }
            if partition.coverage.overlaps(&covered) {
                return Err(Error::invalid("partitions of one commit cover the same block"));
            }
            covered.union_with(&partition.coverage);
            partition.validate()?;
        }
        Ok(())
    }
}

impl NewPartition {
    /// Refuses coverage of numbers after `last`, the last one given.
    pub(crate) fn require_given(&self, last: CommitSequence) -> Result<()> {
        match self.coverage.last() {
            Some(covered) if covered > last => Err(Error::invalid(format!(
                "partition {} covers number {covered}, but {last} is the last one given",
                self.id
            ))),
            _ => Ok(()),
        }
    }

    fn validate(&self) -> Result<()> {
        let times = [Some(self.insert_time), self.event_time];
        for range in times.into_iter().flatten() {
            to_nanos(range.min, "the partition's least time")?;
            to_nanos(range.max, "the partition's greatest time")?;
        }
        let numbers = self.file.iter().flat_map(|file| [file.size, file.row_count]);
        if numbers.into_iter().any(|number| i64::try_from(number).is_err()) {
            return Err(Error::invalid("the partition's size or row count is too large"));
        }
        Ok(())
    }
}

/// Which partitions of a view; the default is all of them.
#[derive(Debug, Clone, Default)]
pub struct PartitionFilter {
    /// Only partitions of this view.
    pub view: Option<String>,
    /// Only partitions of one of these scopes.
    pub scopes: Option<Vec<Scope>>,
}

impl PartitionFilter {
    /// All partitions of a view.
    pub fn view(view: impl Into<String>) -> Self {
        Self { view: Some(view.into()), scopes: None }
    }
}

/// A retired partition whose row, and file if it has one, can be deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetiredPartition {
    /// Whose it was.
    pub tenant: Tenant,
    /// Its identity.
    pub id: PartitionId,
    /// Its file, to be deleted before the row is.
    pub file: Option<PartitionFile>,
    /// When it was retired, by the store's clock.
    pub retired_time: DateTime<Utc>,
}

/// The key of a partition's file: `views/{tenant}/{view}/{date}/{id}.parquet`.
pub fn partition_key(tenant: &Tenant, view: &str, time: DateTime<Utc>, id: PartitionId) -> String {
    format!("views/{tenant}/{view}/{}/{id}.parquet", time.format("%Y-%m-%d"))
}
