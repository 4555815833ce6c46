//! The store as a whole: one lock around the state.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use uuid::Uuid;

use super::{access, lake, leases, ledger, removal, sql_views};
use crate::error::Result;
use crate::lake::{
    BlockFilter, BlockRecord, InsertOutcome, LakeInsert, ProcessFilter, ProcessRecord, RecordKey,
    StreamFilter, StreamRecord, WaitingBlock,
};
use crate::ledger::{
    Lease, LeaseKey, LeaseToken, PartitionCommit, PartitionFilter, PartitionId, PartitionRecord,
    QuarantineFilter, QuarantineKey, QuarantinedBlock, RetiredPartition,
};
use crate::sequence::{CommitSequence, LedgerVersion, Snapshot};
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// A [`MetadataStore`] that forgets everything when it is dropped.
///
/// One lock is held for the whole of every method, so each of them is a transaction.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

/// Everything stored.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) lake: lake::LakeState,
    pub(super) ledger: ledger::LedgerState,
    pub(super) leases: HashMap<LeaseKey, leases::LeaseState>,
    pub(super) quarantine: BTreeMap<QuarantineKey, QuarantinedBlock>,
    pub(super) access: access::AccessState,
    pub(super) removal: removal::RemovalState,
    pub(super) sql_views: sql_views::SqlViewState,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// The state. A panic inside a method leaves no half of a change that later calls could not
    /// live with, so a poisoned lock is taken over.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl MetadataStore for MemoryStore {
    async fn insert(&self, group: Vec<LakeInsert>) -> Result<Vec<InsertOutcome>> {
        let state = &mut *self.state();
        state.lake.insert(group, &mut state.removal)
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        let state = self.state();
        Ok(Snapshot {
            commit_sequence: state.lake.last_sequence(),
            ledger_version: state.ledger.version(),
            insert_time: state.lake.last_insert_time(),
        })
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        Ok(Utc::now().max(self.state().lake.last_insert_time()))
    }

    async fn sequence_at(&self, time: DateTime<Utc>) -> Result<CommitSequence> {
        Ok(self.state().lake.sequence_at(time))
    }

    async fn fetch_process(&self, tenant: &Tenant, id: Uuid) -> Result<Option<ProcessRecord>> {
        Ok(self.state().lake.fetch_process(tenant, id))
    }

    async fn fetch_stream(&self, tenant: &Tenant, id: Uuid) -> Result<Option<StreamRecord>> {
        Ok(self.state().lake.fetch_stream(tenant, id))
    }

    async fn fetch_layout(&self, hash: LayoutHash) -> Result<Arc<StreamLayout>> {
        self.state().lake.fetch_layout(hash)
    }

    async fn list_processes(
        &self,
        tenants: &[Tenant],
        filter: &ProcessFilter,
        limit: usize,
    ) -> Result<Vec<ProcessRecord>> {
        Ok(self.state().lake.list_processes(tenants, filter, limit))
    }

    async fn list_streams(
        &self,
        tenants: &[Tenant],
        filter: &StreamFilter,
        limit: usize,
    ) -> Result<Vec<StreamRecord>> {
        Ok(self.state().lake.list_streams(tenants, filter, limit))
    }

    async fn list_blocks(
        &self,
        tenants: &[Tenant],
        filter: &BlockFilter,
        limit: usize,
    ) -> Result<Vec<BlockRecord>> {
        Ok(self.state().lake.list_blocks(tenants, filter, limit))
    }

    async fn list_waiting_blocks(
        &self,
        tenants: &[Tenant],
        after: Option<&RecordKey>,
        limit: usize,
    ) -> Result<Vec<WaitingBlock>> {
        Ok(self.state().lake.list_waiting_blocks(tenants, after, limit))
    }

    async fn list_unreferenced_objects(&self, keys: &[String]) -> Result<Vec<String>> {
        Ok(self.state().lake.list_unreferenced_objects(keys))
    }

    async fn list_partitions(
        &self,
        tenants: &[Tenant],
        version: LedgerVersion,
        filter: &PartitionFilter,
    ) -> Result<Vec<PartitionRecord>> {
        Ok(self.state().ledger.list(tenants, version, filter))
    }

    async fn commit_partitions(&self, commit: PartitionCommit) -> Result<LedgerVersion> {
        commit.validate()?;
        let mut state = self.state();
        state.ledger.require_new(&commit)?;
        if let Some(token) = &commit.lease {
            leases::require_held(&state.leases, token)?;
        }
        let last = state.lake.last_sequence();
        for partition in &commit.add {
            partition.require_given(last)?;
        }
        state.ledger.commit(commit)
    }

    async fn list_retired_partitions(
        &self,
        age: Duration,
        limit: usize,
    ) -> Result<Vec<RetiredPartition>> {
        Ok(self.state().ledger.list_retired(age, limit))
    }

    async fn delete_retired_partitions(&self, tenant: &Tenant, ids: &[PartitionId]) -> Result<()> {
        self.state().ledger.delete_retired(tenant, ids);
        Ok(())
    }

    async fn acquire_lease(
        &self,
        key: &LeaseKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        Ok(leases::acquire(&mut self.state().leases, key, holder, ttl))
    }

    async fn renew_lease(&self, token: &LeaseToken, ttl: Duration) -> Result<Lease> {
        leases::renew(&mut self.state().leases, token, ttl)
    }

    async fn release_lease(&self, token: &LeaseToken) -> Result<()> {
        leases::release(&mut self.state().leases, token);
        Ok(())
    }

    async fn quarantine_block(&self, key: &QuarantineKey, reason: &str) -> Result<()> {
        self.state().quarantine_block(key, reason)
    }

    async fn list_quarantined_blocks(
        &self,
        tenants: &[Tenant],
        filter: &QuarantineFilter,
        limit: usize,
    ) -> Result<Vec<QuarantinedBlock>> {
        Ok(self.state().list_quarantined_blocks(tenants, filter, limit))
    }

    async fn release_quarantined_block(&self, key: &QuarantineKey) -> Result<bool> {
        Ok(self.state().quarantine.remove(key).is_some())
    }
}
