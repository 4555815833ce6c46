//! A metadata store in memory that can be switched to fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use micromegas_lakehouse::{
    ApiKeyRecord, AuditFilter, AuditLog, AuditRecord, BlockFilter, BlockRecord, CommitSequence,
    Error, Forgetting, InsertOutcome, KeyFilter, KeyHash, KeyStore, LakeInsert, Lease, LeaseKey,
    LeaseToken, LedgerVersion, MemoryStore, MetadataStore, NewApiKey, NewAuditRecord, NewSqlView,
    PartitionCommit, PartitionFilter, PartitionId, PartitionRecord, PayloadMove, PayloadReference,
    ProcessFilter, ProcessRecord, QuarantineFilter, QuarantineKey, QuarantinedBlock,
    ReclaimableObject, RecordKey, RemovalStore, RemovedProcesses, Result, RetiredPartition,
    Snapshot, SqlViewRecord, SqlViewStore, StreamFilter, StreamRecord, Tenant, WaitingBlock,
};
use micromegas_transit::{LayoutHash, StreamLayout};
use uuid::Uuid;

/// A metadata store in memory that can be switched to fail.
#[derive(Debug)]
pub(crate) struct FailingStore {
    store: MemoryStore,
    failing: AtomicBool,
}

impl FailingStore {
    pub(crate) fn new() -> Self {
        Self { store: MemoryStore::new(), failing: AtomicBool::new(false) }
    }

    pub(crate) fn set_failing(&self, failing: bool) {
        self.failing.store(failing, Ordering::SeqCst);
    }

    fn check(&self) -> Result<()> {
        if self.failing.load(Ordering::SeqCst) {
            let message = "the metadata store does not answer".to_owned();
            return Err(Error::Unavailable { message, source: None });
        }
        Ok(())
    }
}

macro_rules! fail_or_delegate {
    ($trait:ident: $(fn $name:ident($($argument:ident: $type:ty),*) -> $output:ty;)*) => {
        #[async_trait]
        impl $trait for FailingStore {
            $(async fn $name(&self, $($argument: $type),*) -> Result<$output> {
                self.check()?;
                self.store.$name($($argument),*).await
            })*
        }
    };
}

fail_or_delegate! {
    KeyStore:
    fn insert_key(key: NewApiKey) -> ApiKeyRecord;
    fn fetch_key(hash: &KeyHash) -> Option<ApiKeyRecord>;
    fn list_keys(filter: &KeyFilter, limit: usize) -> Vec<ApiKeyRecord>;
    fn revoke_key(tenant: &Tenant, id: Uuid, by: &str) -> ApiKeyRecord;
}

fail_or_delegate! {
    AuditLog:
    fn append_audit(records: Vec<NewAuditRecord>) -> ();
    fn list_audit(tenants: &[Tenant], filter: &AuditFilter, limit: usize) -> Vec<AuditRecord>;
}

fail_or_delegate! {
    RemovalStore:
    fn list_tenants() -> Vec<Tenant>;
    fn remove_blocks(tenant: &Tenant, blocks: &[CommitSequence]) -> u64;
    fn remove_waiting_blocks(tenant: &Tenant, blocks: &[Uuid]) -> u64;
    fn remove_idle_processes(tenant: &Tenant, processes: &[Uuid], idle_since: DateTime<Utc>) -> RemovedProcesses;
    fn forget_process(process: &RecordKey, actor: &str, block_count_max: usize) -> Forgetting;
    fn allow_process(process: &RecordKey, actor: &str) -> bool;
    fn list_reclaimable_objects(after: Option<&str>, limit: usize) -> Vec<ReclaimableObject>;
    fn list_payloads(key: &str) -> Vec<PayloadReference>;
    fn move_payloads(moves: &[PayloadMove]) -> ();
    fn note_deleted_object(key: &str) -> ();
    fn finish_reclaimable_object(key: &str) -> ();
}

fail_or_delegate! {
    SqlViewStore:
    fn define_view(view: NewSqlView, replaces: bool) -> SqlViewRecord;
    fn drop_view(tenant: &Tenant, name: &str, by: &str) -> ();
    fn list_views(tenants: &[Tenant]) -> Vec<SqlViewRecord>;
}

fail_or_delegate! {
    MetadataStore:
    fn insert(group: Vec<LakeInsert>) -> Vec<InsertOutcome>;
    fn snapshot() -> Snapshot;
    fn now() -> DateTime<Utc>;
    fn sequence_at(time: DateTime<Utc>) -> CommitSequence;
    fn fetch_process(tenant: &Tenant, id: Uuid) -> Option<ProcessRecord>;
    fn fetch_stream(tenant: &Tenant, id: Uuid) -> Option<StreamRecord>;
    fn fetch_layout(hash: LayoutHash) -> Arc<StreamLayout>;
    fn list_processes(tenants: &[Tenant], filter: &ProcessFilter, limit: usize) -> Vec<ProcessRecord>;
    fn list_streams(tenants: &[Tenant], filter: &StreamFilter, limit: usize) -> Vec<StreamRecord>;
    fn list_blocks(tenants: &[Tenant], filter: &BlockFilter, limit: usize) -> Vec<BlockRecord>;
    fn list_waiting_blocks(tenants: &[Tenant], after: Option<&RecordKey>, limit: usize) -> Vec<WaitingBlock>;
    fn list_unreferenced_objects(keys: &[String]) -> Vec<String>;
    fn list_partitions(tenants: &[Tenant], version: LedgerVersion, filter: &PartitionFilter) -> Vec<PartitionRecord>;
    fn commit_partitions(commit: PartitionCommit) -> LedgerVersion;
    fn list_retired_partitions(age: Duration, limit: usize) -> Vec<RetiredPartition>;
    fn delete_retired_partitions(tenant: &Tenant, ids: &[PartitionId]) -> ();
    fn acquire_lease(key: &LeaseKey, holder: &str, ttl: Duration) -> Option<Lease>;
    fn renew_lease(token: &LeaseToken, ttl: Duration) -> Lease;
    fn release_lease(token: &LeaseToken) -> ();
    fn quarantine_block(key: &QuarantineKey, reason: &str) -> ();
    fn list_quarantined_blocks(tenants: &[Tenant], filter: &QuarantineFilter, limit: usize) -> Vec<QuarantinedBlock>;
    fn release_quarantined_block(key: &QuarantineKey) -> bool;
}
