//! The store as a whole: one file, its connections, and the calls handed on.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use uuid::Uuid;

use super::connect::Connections;
use super::{failure, insert, leases, ledger, list_blocks, lists, quarantine, reads};
use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::lake::{
    BlockFilter, BlockRecord, InsertOutcome, LakeInsert, ProcessFilter, ProcessRecord, RecordKey,
    StreamFilter, StreamRecord, WaitingBlock,
};
use crate::ledger::{
    Lease, LeaseKey, LeaseToken, PartitionCommit, PartitionFilter, PartitionId, PartitionRecord,
    QuarantineFilter, QuarantineKey, QuarantinedBlock, RetiredPartition,
};
use crate::local::DATABASE_NAME;
use crate::sequence::{CommitSequence, LedgerVersion, Snapshot};
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// A [`MetadataStore`] in one SQLite file, with a write-ahead log beside it.
///
/// One connection writes, in transactions that take the write lock before they look; several
/// read, each of them undisturbed by writes. What was committed survives the death of the
/// process; the last commits before a loss of power may be lost, unless the store was opened with
/// [`Durability::Fsync`], but the file stays whole.
pub struct SqliteStore {
    path: PathBuf,
    pub(super) connections: Connections,
}

impl SqliteStore {
    /// Opens or makes the database at `path` and brings it to the newest schema.
    ///
    /// # Errors
    ///
    /// [`Error::Unwritable`](crate::Error::Unwritable) if the file cannot be made or written,
    /// [`Error::Corrupt`](crate::Error::Corrupt) if it is no database or damaged,
    /// [`Error::Unsupported`](crate::Error::Unsupported) if a newer release wrote it,
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if it belongs to another program,
    /// [`Error::Unavailable`](crate::Error::Unavailable) if another program has locked it.
    pub async fn open(path: impl Into<PathBuf>) -> Result<Self> {
        Self::open_with(path, Durability::default()).await
    }

    /// The same, with a choice of what a commit survives.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_with(path: impl Into<PathBuf>, durability: Durability) -> Result<Self> {
        let path = path.into();
        let connections =
            Connections::open(&path, durability).await.map_err(|failure| failure.at(&path))?;
        Ok(Self { path, connections })
    }

    /// Opens or makes the database of a directory that is, or will be, that of a
    /// [`Lakehouse::open_local`](crate::Lakehouse::open_local): for what is done beside a server
    /// that has the directory, such as making keys.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub async fn open_local(directory: impl AsRef<Path>) -> Result<Self> {
        let directory = directory.as_ref();
        std::fs::create_dir_all(directory).map_err(|error| Error::Unwritable {
            path: directory.to_owned(),
            source: Arc::new(error),
        })?;
        Self::open(directory.join(DATABASE_NAME)).await
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Closes all connections, after the calls under way, and merges the log into the file.
    pub async fn close(&self) {
        self.connections.readers.close().await;
        self.connections.writer.close().await;
    }

    pub(super) fn finish<T>(&self, result: failure::Result<T>) -> Result<T> {
        result.map_err(|failure| failure.at(&self.path))
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}

#[async_trait]
impl MetadataStore for SqliteStore {
    async fn insert(&self, group: Vec<LakeInsert>) -> Result<Vec<InsertOutcome>> {
        self.finish(insert::insert(&self.connections.writer, &group).await)
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        self.finish(reads::snapshot(&self.connections.readers).await)
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        Ok(Utc::now().max(self.snapshot().await?.insert_time))
    }

    async fn sequence_at(&self, time: DateTime<Utc>) -> Result<CommitSequence> {
        self.finish(reads::sequence_at(&self.connections.readers, time).await)
    }

    async fn fetch_process(&self, tenant: &Tenant, id: Uuid) -> Result<Option<ProcessRecord>> {
        let filter = ProcessFilter::process(id);
        let found = self.list_processes(std::slice::from_ref(tenant), &filter, 1).await?;
        Ok(found.into_iter().next())
    }

    async fn fetch_stream(&self, tenant: &Tenant, id: Uuid) -> Result<Option<StreamRecord>> {
        let filter = StreamFilter::stream(id);
        let found = self.list_streams(std::slice::from_ref(tenant), &filter, 1).await?;
        Ok(found.into_iter().next())
    }

    async fn fetch_layout(&self, hash: LayoutHash) -> Result<Arc<StreamLayout>> {
        self.finish(reads::fetch_layout(&self.connections.readers, hash).await)
    }

    async fn list_processes(
        &self,
        tenants: &[Tenant],
        filter: &ProcessFilter,
        limit: usize,
    ) -> Result<Vec<ProcessRecord>> {
        let readers = &self.connections.readers;
        self.finish(lists::list_processes(readers, tenants, filter, limit).await)
    }

    async fn list_streams(
        &self,
        tenants: &[Tenant],
        filter: &StreamFilter,
        limit: usize,
    ) -> Result<Vec<StreamRecord>> {
        let readers = &self.connections.readers;
        self.finish(lists::list_streams(readers, tenants, filter, limit).await)
    }

    async fn list_blocks(
        &self,
        tenants: &[Tenant],
        filter: &BlockFilter,
        limit: usize,
    ) -> Result<Vec<BlockRecord>> {
        let readers = &self.connections.readers;
        self.finish(list_blocks::list_blocks(readers, tenants, filter, limit).await)
    }

    async fn list_waiting_blocks(
        &self,
        tenants: &[Tenant],
        after: Option<&RecordKey>,
        limit: usize,
    ) -> Result<Vec<WaitingBlock>> {
        let readers = &self.connections.readers;
        self.finish(lists::list_waiting_blocks(readers, tenants, after, limit).await)
    }

    async fn list_unreferenced_objects(&self, keys: &[String]) -> Result<Vec<String>> {
        let readers = &self.connections.readers;
        self.finish(reads::list_unreferenced_objects(readers, keys).await)
    }

    async fn list_partitions(
        &self,
        tenants: &[Tenant],
        version: LedgerVersion,
        filter: &PartitionFilter,
    ) -> Result<Vec<PartitionRecord>> {
        let readers = &self.connections.readers;
        self.finish(ledger::list(readers, tenants, version, filter).await)
    }

    async fn commit_partitions(&self, commit: PartitionCommit) -> Result<LedgerVersion> {
        self.finish(ledger::commit(&self.connections.writer, &commit).await)
    }

    async fn list_retired_partitions(
        &self,
        age: Duration,
        limit: usize,
    ) -> Result<Vec<RetiredPartition>> {
        self.finish(ledger::list_retired(&self.connections.readers, age, limit).await)
    }

    async fn delete_retired_partitions(&self, tenant: &Tenant, ids: &[PartitionId]) -> Result<()> {
        self.finish(ledger::delete_retired(&self.connections.writer, tenant, ids).await)
    }

    async fn acquire_lease(
        &self,
        key: &LeaseKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        self.finish(leases::acquire(&self.connections.writer, key, holder, ttl).await)
    }

    async fn renew_lease(&self, token: &LeaseToken, ttl: Duration) -> Result<Lease> {
        self.finish(leases::renew(&self.connections.writer, token, ttl).await)
    }

    async fn release_lease(&self, token: &LeaseToken) -> Result<()> {
        self.finish(leases::release(&self.connections.writer, token).await)
    }

    async fn quarantine_block(&self, key: &QuarantineKey, reason: &str) -> Result<()> {
        self.finish(quarantine::quarantine(&self.connections.writer, key, reason).await)
    }

    async fn list_quarantined_blocks(
        &self,
        tenants: &[Tenant],
        filter: &QuarantineFilter,
        limit: usize,
    ) -> Result<Vec<QuarantinedBlock>> {
        let readers = &self.connections.readers;
        self.finish(quarantine::list(readers, tenants, filter, limit).await)
    }

    async fn release_quarantined_block(&self, key: &QuarantineKey) -> Result<bool> {
        self.finish(quarantine::release(&self.connections.writer, key).await)
    }
}
