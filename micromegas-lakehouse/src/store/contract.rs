//! The trait that every metadata store implements.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use uuid::Uuid;

use crate::audit::AuditLog;
use crate::error::Result;
use crate::keys::KeyStore;
use crate::lake::{
    BlockFilter, BlockRecord, InsertOutcome, LakeInsert, ProcessFilter, ProcessRecord, RecordKey,
    StreamFilter, StreamRecord, WaitingBlock,
};
use crate::ledger::{
    Lease, LeaseKey, LeaseToken, PartitionCommit, PartitionFilter, PartitionId, PartitionRecord,
    QuarantineFilter, QuarantineKey, QuarantinedBlock, RetiredPartition,
};
use crate::removal::RemovalStore;
use crate::sequence::{CommitSequence, LedgerVersion, Snapshot};
use crate::sql_views::SqlViewStore;
use crate::tenant::Tenant;

#[doc = include_str!("contract.md")]
#[async_trait]
pub trait MetadataStore:
    KeyStore + AuditLog + RemovalStore + SqlViewStore + Debug + Send + Sync
{
    /// Inserts a group of rows in one transaction and numbers the blocks that become complete.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if a row does not
    /// [validate](LakeInsert::validate): nothing of the group is stored then.
    async fn insert(&self, group: Vec<LakeInsert>) -> Result<Vec<InsertOutcome>>;

    /// The present moment: what a query pins.
    async fn snapshot(&self) -> Result<Snapshot>;

    /// The store's clock, which is never before the `insert_time` of the newest group commit.
    async fn now(&self) -> Result<DateTime<Utc>>;

    /// The number of the last block whose `insert_time` is not after `time`.
    ///
    /// This turns a range of `insert_time` into a range of the sequence.
    async fn sequence_at(&self, time: DateTime<Utc>) -> Result<CommitSequence>;

    /// A process, if it is stored.
    async fn fetch_process(&self, tenant: &Tenant, id: Uuid) -> Result<Option<ProcessRecord>>;

    /// A stream, if it is stored.
    async fn fetch_stream(&self, tenant: &Tenant, id: Uuid) -> Result<Option<StreamRecord>>;

    /// A stream layout, by the hash in a [`StreamRecord`].
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if no stream with this layout was ever stored.
    async fn fetch_layout(&self, hash: LayoutHash) -> Result<Arc<StreamLayout>>;

    /// Processes in the order of their keys.
    async fn list_processes(
        &self,
        tenants: &[Tenant],
        filter: &ProcessFilter,
        limit: usize,
    ) -> Result<Vec<ProcessRecord>>;

    /// Streams in the order of their keys.
    async fn list_streams(
        &self,
        tenants: &[Tenant],
        filter: &StreamFilter,
        limit: usize,
    ) -> Result<Vec<StreamRecord>>;

    /// Complete blocks in the order of their numbers.
    async fn list_blocks(
        &self,
        tenants: &[Tenant],
        filter: &BlockFilter,
        limit: usize,
    ) -> Result<Vec<BlockRecord>>;

    /// Blocks that are not complete, in the order of their keys.
    async fn list_waiting_blocks(
        &self,
        tenants: &[Tenant],
        after: Option<&RecordKey>,
        limit: usize,
    ) -> Result<Vec<WaitingBlock>>;

    /// Of these keys of objects, those that no row of a block refers to, complete or waiting, of
    /// whatever tenant.
    async fn list_unreferenced_objects(&self, keys: &[String]) -> Result<Vec<String>>;

    /// The partitions visible at a version, in the order of their creation.
    async fn list_partitions(
        &self,
        tenants: &[Tenant],
        version: LedgerVersion,
        filter: &PartitionFilter,
    ) -> Result<Vec<PartitionRecord>>;

    /// Adds and retires partitions of one view in one transaction, and tells the version that
    /// makes the change visible.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the commit does not
    /// [validate](PartitionCommit::validate) or covers numbers to come, [`Error::Conflict`](crate::Error::Conflict) and
    /// [`Error::AlreadyExists`](crate::Error::AlreadyExists) as the contract says.
    async fn commit_partitions(&self, commit: PartitionCommit) -> Result<LedgerVersion>;

    /// Partitions of all tenants that were retired at least `age` ago, the oldest first.
    async fn list_retired_partitions(
        &self,
        age: Duration,
        limit: usize,
    ) -> Result<Vec<RetiredPartition>>;

    /// Forgets retired partitions, after their files are deleted; others are left as they are.
    async fn delete_retired_partitions(&self, tenant: &Tenant, ids: &[PartitionId]) -> Result<()>;

    /// Acquires a lease for `ttl`, or tells with `None` that another token of it is held.
    async fn acquire_lease(
        &self,
        key: &LeaseKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>>;

    /// Extends a lease that is still held to `ttl` from now.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`](crate::Error::Conflict) if it is lost.
    async fn renew_lease(&self, token: &LeaseToken, ttl: Duration) -> Result<Lease>;

    /// Gives a lease back; nothing happens if it is lost.
    async fn release_lease(&self, token: &LeaseToken) -> Result<()>;

    /// Puts a complete block into quarantine for a view; the first reason stays.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the tenant has no such complete block.
    async fn quarantine_block(&self, key: &QuarantineKey, reason: &str) -> Result<()>;

    /// Blocks in quarantine, in the order of their keys.
    async fn list_quarantined_blocks(
        &self,
        tenants: &[Tenant],
        filter: &QuarantineFilter,
        limit: usize,
    ) -> Result<Vec<QuarantinedBlock>>;

    /// Ends a quarantine, so that the block is fresh again; `false` if it was not in quarantine.
    async fn release_quarantined_block(&self, key: &QuarantineKey) -> Result<bool>;
}
