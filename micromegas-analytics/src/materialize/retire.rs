//! Partitions end, and their blocks are fresh again.

use chrono::{DateTime, Utc};
use micromegas_lakehouse::{
    Error as LakehouseError, PartitionCommit, PartitionRecord, Tenant, TimeRange,
};

use super::materializer::Materializer;
use crate::error::Error;

/// How often a commit is tried again when the partitions change meanwhile.
const ATTEMPT_COUNT_MAX: usize = 100;

/// A range of `insert_time`: from the first time on, and before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InsertRange {
    /// The first moment in it.
    pub begin: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
}

impl InsertRange {
    /// Makes a range.
    ///
    /// # Errors
    ///
    /// If the end is before the begin.
    pub fn try_new(begin: DateTime<Utc>, end: DateTime<Utc>) -> Result<Self, Error> {
        if end < begin {
            return Err(Error::invalid(format!(
                "the range ends at {end}, before it begins, at {begin}"
            )));
        }
        Ok(Self { begin, end })
    }

    /// Whether all of a closed range of times is in it.
    pub(crate) fn contains(&self, times: &TimeRange) -> bool {
        self.begin <= times.min && times.max < self.end
    }
}

impl Materializer {
    /// Ends the partitions of a view whose blocks all have an `insert_time` in the range, and tells
    /// which. Their blocks are fresh again: queries decode them until they are written down anew.
    ///
    /// # Errors
    ///
    /// If the view does not exist, the lakehouse is not available, or its partitions change faster
    /// than they can be looked at.
    pub async fn retire(
        &self,
        tenant: &Tenant,
        view: &str,
        range: InsertRange,
    ) -> Result<Vec<PartitionRecord>, Error> {
        let target = self.target(tenant, view).await?;
        let name = target.name();
        let store = self.engine.lakehouse().store();
        for _ in 0..ATTEMPT_COUNT_MAX {
            let version = store.snapshot().await?.ledger_version;
            let written =
                self.engine.ledger().fetch(&self.engine, tenant, name, None, version).await?;
            let within = written.partitions.iter().filter(|p| range.contains(&p.insert_time));
            let retired: Vec<PartitionRecord> = within.cloned().collect();
            if retired.is_empty() {
                return Ok(retired);
            }
            let commit = PartitionCommit {
                tenant: tenant.clone(),
                view: name.to_owned(),
                lease: None,
                add: Vec::new(),
                retire: retired.iter().map(|partition| partition.id).collect(),
            };
            match store.commit_partitions(commit).await {
                Ok(_) => return Ok(retired),
                Err(LakehouseError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::invalid(format!("the partitions of {name} change too fast: try again")))
    }
}
