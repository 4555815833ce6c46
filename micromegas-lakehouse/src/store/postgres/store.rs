//! The store as a whole: a database, its connections, and the calls handed on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, StreamLayout};
use uuid::Uuid;

use super::adopt::{self, Adopted};
use super::connect::{Connections, Target};
use super::options::PostgresOptions;
use super::{failure, insert, leases, ledger, list_blocks, lists, quarantine, reads};
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

/// A [`MetadataStore`] in a PostgreSQL database, which any number of servers share.
///
/// Its tables lie in a schema of their own, `micromegas`. Servers take turns at a group commit by
/// the lock on one row, held from before the group looks at anything until it is committed, so
/// numbers become visible in their order; one group of a server is in flight. Connections are
/// made when they are needed and given back to the database when nothing needs them; a database
/// that was away is used again as soon as it answers.
///
/// Connections keep prepared statements and settings, so between server and database there may be
/// a pooler of sessions but not one of transactions.
pub struct PostgresStore {
    name: String,
    pub(super) connections: Connections,
}

impl PostgresStore {
    /// Connects to the database at `url`, such as `postgres://user:password@host:5432/database`,
    /// and brings it to the newest schema.
    ///
    /// `?host=/var/run/postgresql` names the directory of a Unix socket; `?sslmode=` is one of
    /// `disable`, `prefer` (the default: TLS if the database speaks it, whoever it is),
    /// `require`, `verify-ca` and `verify-full`; `?sslrootcert=` names a file of root
    /// certificates. What the URL leaves out comes from the variables that all PostgreSQL clients
    /// read, such as `PGPASSWORD`, and from the password file.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`](crate::Error::InvalidInput) if the URL cannot be read, the database
    /// refuses the user or does not exist, or its schema `micromegas` is another program's;
    /// [`Error::Unsupported`](crate::Error::Unsupported) if a newer release wrote it;
    /// [`Error::Unavailable`](crate::Error::Unavailable) if it does not answer.
    pub async fn connect(url: &str, options: PostgresOptions) -> Result<Self> {
        let target: Target = url.parse()?;
        match Connections::open(&target, &options).await {
            Ok(connections) => Ok(Self { name: target.name, connections }),
            Err(failure) => Err(failure.on_open(&target.name)),
        }
    }

    /// Takes over what servers of the published schema have stored in this database: the
    /// processes, streams and blocks of the tables `public.processes`, `public.streams` and
    /// `public.blocks`, for the default tenant. Their objects stay where they are.
    ///
    /// Complete blocks are numbered once, in the order of (`insert_time`, `block_id`). In a lake
    /// that has no block yet, rows keep their `insert_time`; later they get the present one, so
    /// that a range of `insert_time` stays a range of the sequence. So call it before anything
    /// else writes, while the published server may still run, and again after that server was
    /// stopped: only what is new since is taken.
    ///
    /// Nothing of forgotten processes is taken. What retention has removed here is new again as long
    /// as it is in the published tables.
    ///
    /// All of it is one transaction, during which nothing else is inserted. Nothing is changed or
    /// deleted in the published tables.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound) if the database has no such tables,
    /// [`Error::Corrupt`](crate::Error::Corrupt) if a stream's layout cannot be read.
    pub async fn adopt_published(&self) -> Result<Adopted> {
        self.finish(adopt::adopt(&self.connections.committer).await)
    }

    /// Closes all connections, after the calls under way.
    pub async fn close(&self) {
        self.connections.pool.close().await;
        self.connections.committer.close().await;
    }

    pub(super) fn finish<T>(&self, result: failure::Result<T>) -> Result<T> {
        result.map_err(|failure| failure.of(&self.name))
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresStore").field("database", &self.name).finish_non_exhaustive()
    }
}

#[async_trait]
impl MetadataStore for PostgresStore {
    async fn insert(&self, group: Vec<LakeInsert>) -> Result<Vec<InsertOutcome>> {
        self.finish(insert::insert(&self.connections.committer, &group).await)
    }

    async fn snapshot(&self) -> Result<Snapshot> {
        self.finish(reads::snapshot(&self.connections.pool).await)
    }

    async fn now(&self) -> Result<DateTime<Utc>> {
        self.finish(reads::now(&self.connections.pool).await)
    }

    async fn sequence_at(&self, time: DateTime<Utc>) -> Result<CommitSequence> {
        self.finish(reads::sequence_at(&self.connections.pool, time).await)
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
        self.finish(reads::fetch_layout(&self.connections.pool, hash).await)
    }

    async fn list_processes(
        &self,
        tenants: &[Tenant],
        filter: &ProcessFilter,
        limit: usize,
    ) -> Result<Vec<ProcessRecord>> {
        let pool = &self.connections.pool;
        self.finish(lists::list_processes(pool, tenants, filter, limit).await)
    }

    async fn list_streams(
        &self,
        tenants: &[Tenant],
        filter: &StreamFilter,
        limit: usize,
    ) -> Result<Vec<StreamRecord>> {
        let pool = &self.connections.pool;
        self.finish(lists::list_streams(pool, tenants, filter, limit).await)
    }

    async fn list_blocks(
        &self,
        tenants: &[Tenant],
        filter: &BlockFilter,
        limit: usize,
    ) -> Result<Vec<BlockRecord>> {
        let pool = &self.connections.pool;
        self.finish(list_blocks::list_blocks(pool, tenants, filter, limit).await)
    }

    async fn list_waiting_blocks(
        &self,
        tenants: &[Tenant],
        after: Option<&RecordKey>,
        limit: usize,
    ) -> Result<Vec<WaitingBlock>> {
        let pool = &self.connections.pool;
        self.finish(lists::list_waiting_blocks(pool, tenants, after, limit).await)
    }

    async fn list_unreferenced_objects(&self, keys: &[String]) -> Result<Vec<String>> {
        let pool = &self.connections.pool;
        self.finish(reads::list_unreferenced_objects(pool, keys).await)
    }

    async fn list_partitions(
        &self,
        tenants: &[Tenant],
        version: LedgerVersion,
        filter: &PartitionFilter,
    ) -> Result<Vec<PartitionRecord>> {
        let pool = &self.connections.pool;
        self.finish(ledger::list(pool, tenants, version, filter).await)
    }

    async fn commit_partitions(&self, commit: PartitionCommit) -> Result<LedgerVersion> {
        self.finish(ledger::commit(&self.connections.pool, &commit).await)
    }

    async fn list_retired_partitions(
        &self,
        age: Duration,
        limit: usize,
    ) -> Result<Vec<RetiredPartition>> {
        self.finish(ledger::list_retired(&self.connections.pool, age, limit).await)
    }

    async fn delete_retired_partitions(&self, tenant: &Tenant, ids: &[PartitionId]) -> Result<()> {
        self.finish(ledger::delete_retired(&self.connections.pool, tenant, ids).await)
    }

    async fn acquire_lease(
        &self,
        key: &LeaseKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>> {
        self.finish(leases::acquire(&self.connections.pool, key, holder, ttl).await)
    }

    async fn renew_lease(&self, token: &LeaseToken, ttl: Duration) -> Result<Lease> {
        self.finish(leases::renew(&self.connections.pool, token, ttl).await)
    }

    async fn release_lease(&self, token: &LeaseToken) -> Result<()> {
        self.finish(leases::release(&self.connections.pool, token).await)
    }

    async fn quarantine_block(&self, key: &QuarantineKey, reason: &str) -> Result<()> {
        self.finish(quarantine::quarantine(&self.connections.pool, key, reason).await)
    }

    async fn list_quarantined_blocks(
        &self,
        tenants: &[Tenant],
        filter: &QuarantineFilter,
        limit: usize,
    ) -> Result<Vec<QuarantinedBlock>> {
        let pool = &self.connections.pool;
        self.finish(quarantine::list(pool, tenants, filter, limit).await)
    }

    async fn release_quarantined_block(&self, key: &QuarantineKey) -> Result<bool> {
        self.finish(quarantine::release(&self.connections.pool, key).await)
    }
}
