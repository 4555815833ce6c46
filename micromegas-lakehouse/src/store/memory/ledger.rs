//! Partitions.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::error::{Error, Result};
use crate::ledger::{
    NewPartition, PartitionCommit, PartitionFilter, PartitionId, PartitionRecord, RetiredPartition,
};
use crate::sequence::LedgerVersion;
use crate::tenant::Tenant;

/// All partitions, in the order of their creation.
#[derive(Debug, Default)]
pub(super) struct LedgerState {
    version: LedgerVersion,
    partitions: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    record: PartitionRecord,
    retired_time: Option<DateTime<Utc>>,
}

impl LedgerState {
    pub(super) fn version(&self) -> LedgerVersion {
        self.version
    }

    pub(super) fn list(
        &self,
        tenants: &[Tenant],
        version: LedgerVersion,
        filter: &PartitionFilter,
    ) -> Vec<PartitionRecord> {
        self.partitions
            .iter()
            .map(|entry| &entry.record)
            .filter(|record| tenants.contains(&record.tenant) && record.is_visible_at(version))
            .filter(|record| filter.view.as_ref().is_none_or(|view| *view == record.view))
            .filter(|record| filter.scopes.as_ref().is_none_or(|s| s.contains(&record.scope)))
            .cloned()
            .collect()
    }

    pub(super) fn commit(&mut self, commit: PartitionCommit) -> Result<LedgerVersion> {
        self.check(&commit)?;
        let (version, now) = (self.version.next(), Utc::now());
        for entry in &mut self.partitions {
            if entry.record.tenant == commit.tenant && commit.retire.contains(&entry.record.id) {
                entry.record.retired = Some(version);
                entry.retired_time = Some(now);
            }
        }
        for partition in commit.add {
            self.partitions.push(Entry {
                record: record(partition, &commit.tenant, &commit.view, version, now),
                retired_time: None,
            });
        }
        self.version = version;
        Ok(version)
    }

    /// Refuses a commit that adds an identity which is in the ledger.
    pub(super) fn require_new(&self, commit: &PartitionCommit) -> Result<()> {
        let is_known = |id: PartitionId| {
            let mut records = self.partitions.iter().map(|entry| &entry.record);
            records.any(|record| record.tenant == commit.tenant && record.id == id)
        };
        match commit.add.iter().find(|partition| is_known(partition.id)) {
            Some(partition) => {
                Err(Error::AlreadyExists { what: format!("partition {}", partition.id) })
            }
            None => Ok(()),
        }
    }

    /// Refuses a commit that retires what is not visible or covers what is covered.
    fn check(&self, commit: &PartitionCommit) -> Result<()> {
        let live = || {
            self.partitions.iter().map(|entry| &entry.record).filter(|record| {
                record.tenant == commit.tenant
                    && record.view == commit.view
                    && record.retired.is_none()
            })
        };
        for id in &commit.retire {
            if !live().any(|record| record.id == *id) {
                return Err(Error::conflict(format!(
                    "partition {id} is not in the ledger any more"
                )));
            }
        }
        for partition in &commit.add {
            let rival = live()
                .filter(|record| !commit.retire.contains(&record.id))
                .find(|record| record.coverage.overlaps(&partition.coverage));
            if let Some(rival) = rival {
                return Err(Error::conflict(format!(
                    "blocks of partition {} are covered by partition {} already",
                    partition.id, rival.id
                )));
            }
        }
        Ok(())
    }

    pub(super) fn list_retired(&self, age: Duration, limit: usize) -> Vec<RetiredPartition> {
        let now = Utc::now();
        let is_old = |time: DateTime<Utc>| (now - time).to_std().is_ok_and(|past| past >= age);
        let mut retired: Vec<RetiredPartition> = self
            .partitions
            .iter()
            .filter_map(|entry| {
                let retired_time = entry.retired_time.filter(|time| is_old(*time))?;
                Some(RetiredPartition {
                    tenant: entry.record.tenant.clone(),
                    id: entry.record.id,
                    file: entry.record.file.clone(),
                    retired_time,
                })
            })
            .collect();
        retired.sort_by_key(|partition| partition.retired_time);
        retired.truncate(limit);
        retired
    }

    pub(super) fn delete_retired(&mut self, tenant: &Tenant, ids: &[PartitionId]) {
        self.partitions.retain(|entry| {
            entry.retired_time.is_none()
                || entry.record.tenant != *tenant
                || !ids.contains(&entry.record.id)
        });
    }
}

fn record(
    partition: NewPartition,
    tenant: &Tenant,
    view: &str,
    created: LedgerVersion,
    created_time: DateTime<Utc>,
) -> PartitionRecord {
    PartitionRecord {
        id: partition.id,
        tenant: tenant.clone(),
        view: view.to_owned(),
        scope: partition.scope,
        schema_version: partition.schema_version,
        coverage: partition.coverage,
        file: partition.file,
        event_time: partition.event_time,
        insert_time: partition.insert_time,
        created,
        created_time,
        retired: None,
    }
}
