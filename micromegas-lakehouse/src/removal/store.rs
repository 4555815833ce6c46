//! What a metadata store does when something leaves the lake.

use std::fmt::Debug;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::error::Result;
use crate::lake::RecordKey;
use crate::removal::{
    Forgetting, PayloadMove, PayloadReference, ReclaimableObject, RemovedProcesses,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// A store from which rows can be removed.
///
/// # What an implementation guarantees
///
/// Every method that changes something is one transaction, as in
/// [`MetadataStore`](crate::MetadataStore). Numbers of removed blocks are not given again.
///
/// **Objects.** A row is removed before its bytes: in the transaction that removes it, its object
/// becomes *reclaimable*, so that nobody has to remember it. Readers that looked before may read
/// it for a while. A block whose payload would lie in a reclaimable object of its own is refused
/// with [`InsertOutcome::Later`](crate::InsertOutcome::Later), until an hour after the object's
/// deletion. A row that an insert does not store, in a segment with rows that it does store, makes
/// the segment reclaimable too.
///
/// **Forgotten processes.** From the first step on, nothing of a process that is being forgotten
/// is inserted: such rows are answered with
/// [`InsertOutcome::Forgotten`](crate::InsertOutcome::Forgotten).
#[async_trait]
pub trait RemovalStore: Debug + Send + Sync {
    /// The tenants that have a process or a waiting block, in their order.
    async fn list_tenants(&self) -> Result<Vec<Tenant>>;

    /// Removes complete blocks of a tenant by their numbers, and tells how many. Objects that no
    /// row refers to any more become reclaimable.
    async fn remove_blocks(&self, tenant: &Tenant, blocks: &[CommitSequence]) -> Result<u64>;

    /// Removes waiting blocks by their ids, and tells how many; those that are complete by now
    /// stay. Objects that no row refers to any more become reclaimable.
    async fn remove_waiting_blocks(&self, tenant: &Tenant, blocks: &[Uuid]) -> Result<u64>;

    /// Removes those of the processes, and their streams, that have no block, complete or waiting,
    /// and that came and were updated before `idle_since`.
    async fn remove_idle_processes(
        &self,
        tenant: &Tenant,
        processes: &[Uuid],
        idle_since: DateTime<Utc>,
    ) -> Result<RemovedProcesses>;

    /// Forgets a process, known or not: refuses what comes later, then removes at most
    /// `block_count_max` of its complete blocks, and with the last of them its waiting blocks, its
    /// streams and itself. All objects that had rows of it become reclaimable. The first step
    /// appends `process.forget` by `actor` to the audit log.
    async fn forget_process(
        &self,
        process: &RecordKey,
        actor: &str,
        block_count_max: usize,
    ) -> Result<Forgetting>;

    /// Lets a forgotten process in again, and tells whether it was forgotten; appends
    /// `process.allow` by `actor` to the audit log if so.
    async fn allow_process(&self, process: &RecordKey, actor: &str) -> Result<bool>;

    /// Reclaimable objects in the order of their keys, those after one.
    async fn list_reclaimable_objects(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<ReclaimableObject>>;

    /// The blocks of all tenants, complete or waiting, whose payloads lie in an object.
    async fn list_payloads(&self, key: &str) -> Result<Vec<PayloadReference>>;

    /// Says where payloads are that were copied, all or none; a block that is gone, or whose
    /// payload was elsewhere, stays as it is. The objects in which they were become reclaimable
    /// from now on, and what is not used of the new ones too.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`](crate::Error::Unavailable) if a new place is in a segment that is too
    /// old for new rows.
    async fn move_payloads(&self, moves: &[PayloadMove]) -> Result<()>;

    /// Remembers that a reclaimable object was deleted just now.
    async fn note_deleted_object(&self, key: &str) -> Result<()>;

    /// Forgets that an object is, or was, reclaimable.
    async fn finish_reclaimable_object(&self, key: &str) -> Result<()>;
}
