//! Fresh blocks become a partition.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt};
use micromegas_lakehouse::{
    BlockRecord, Checksum, CommitSequence, Coverage, Lakehouse, Lease, LeaseKey, NewPartition,
    PartitionCommit, PartitionFile, PartitionId, Scope, Tenant, TimeRange, partition_key,
};
use micromegas_tracing::prelude::*;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use uuid::Uuid;

use super::options::DaemonOptions;
use super::parquet_file::{EncodedFile, encode};
use super::sorted::{memory_plan, sort_context, sorted_rows};
use super::target::Target;
use crate::engine::Engine;
use crate::error::Error;
use crate::options::Options;
use crate::scan::{
    BlockSelection, DecodeOutcome, DecodedBlock, SequenceRange, decode_block, fresh_blocks,
    quarantined_blocks,
};
use crate::sql_view::built_in_names;
use crate::view::{View, find_view, materialized_views};

/// Blocks that are considered for one partition at most.
const BLOCK_COUNT_MAX: usize = 10_000;

/// What a call has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Partitions that were committed.
    pub partition_count: usize,
    /// Blocks whose rows are in them.
    pub block_count: usize,
    /// Rows in them.
    pub row_count: u64,
    /// Blocks that could not be fetched: they stay fresh and are tried again.
    pub failed_block_count: usize,
}

impl std::ops::AddAssign for Progress {
    fn add_assign(&mut self, more: Self) {
        self.partition_count += more.partition_count;
        self.block_count += more.block_count;
        self.row_count += more.row_count;
        self.failed_block_count += more.failed_block_count;
    }
}

/// Writes views down as partitions, for a daemon or for one call at a time.
#[derive(Debug, Clone)]
pub struct Materializer {
    pub(super) engine: Arc<Engine>,
    pub(super) options: Arc<DaemonOptions>,
}

impl Materializer {
    /// A materializer of a lakehouse.
    ///
    /// # Errors
    ///
    /// None that depends on the arguments.
    pub fn try_new(lakehouse: Lakehouse, options: DaemonOptions) -> Result<Self, Error> {
        let engine_options = Options {
            cache: options.cache.clone(),
            decode_limits: options.decode_limits.clone(),
            redaction: options.redaction.clone(),
            views: options.views.clone(),
            ..Options::default()
        };
        Ok(Self::of(Engine::new(lakehouse, engine_options)?, options))
    }

    /// One that shares what an engine holds.
    pub(crate) fn of(engine: Arc<Engine>, options: DaemonOptions) -> Self {
        Self { engine, options: Arc::new(options) }
    }

    /// The names of the views that can be written down, of every lakehouse: first those that hold
    /// the rows of blocks, then those that are queries over them.
    pub fn view_names() -> Vec<&'static str> {
        let names = materialized_views().map(|view| view.definition().name);
        names.chain(built_in_names()).collect()
    }

    /// Writes down all fresh blocks of a view, whatever their size and age. Does nothing while
    /// somebody else holds the lease of the view.
    ///
    /// # Errors
    ///
    /// If the view does not exist, the lakehouse is not available, or the lease was lost. What
    /// was committed before stays.
    pub async fn materialize(&self, tenant: &Tenant, view: &str) -> Result<Progress, Error> {
        match self.target(tenant, view).await? {
            Target::View(view) => self.with_lease(tenant, view, Effort::Everything, None).await,
            Target::Sql(view) => self.keep_up_sql(tenant, &view, Effort::Everything).await,
        }
    }

    /// Writes down the fresh blocks of any view, if they are many or old enough, and merges small
    /// partitions: for a query that would decode them anyway.
    pub(crate) async fn write_down(&self, tenant: &Tenant, view: &str) -> Result<(), Error> {
        let Some(view) = find_view(view) else {
            return Err(Error::invalid(format!("there is no view {view}")));
        };
        if self.keep_up(tenant, view).await?.partition_count > 0 {
            self.compact_view(tenant, view).await?;
        }
        Ok(())
    }

    /// Decodes fresh blocks into the cache, and writes them down if they are many or old enough.
    pub(super) async fn keep_up(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
    ) -> Result<Progress, Error> {
        self.with_lease(tenant, view, Effort::WhatIsDue, None).await
    }

    async fn with_lease(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        effort: Effort,
        range: Option<SequenceRange>,
    ) -> Result<Progress, Error> {
        let Some(lease) = self.acquire(tenant, view).await? else {
            return Ok(Progress::default());
        };
        self.pass(tenant, view, lease, effort, range).await
    }

    /// Writes down fresh blocks under a lease, which is given back.
    pub(super) async fn pass(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        lease: Lease,
        effort: Effort,
        range: Option<SequenceRange>,
    ) -> Result<Progress, Error> {
        let mut pass = Pass {
            materializer: self,
            tenant,
            view,
            lease,
            range,
            failed: HashMap::new(),
            progress: Progress::default(),
        };
        let result = pass.run(effort).await;
        self.engine.lakehouse().store().release_lease(&pass.lease.token).await?;
        result.map(|()| pass.progress)
    }

    /// How many of these blocks go into one partition.
    pub(super) fn take(&self, blocks: &[BlockRecord]) -> usize {
        let mut payload_bytes = 0;
        let fits = |block: &&BlockRecord| {
            let is_first = payload_bytes == 0;
            payload_bytes += block.payload.length.max(1);
            is_first || payload_bytes <= self.options.payload_bytes_max
        };
        blocks.iter().take_while(fits).count()
    }

    pub(super) async fn acquire(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
    ) -> Result<Option<Lease>, Error> {
        self.acquire_named(tenant, view.definition().name).await
    }

    /// The lease of the view with this name.
    pub(super) async fn acquire_named(
        &self,
        tenant: &Tenant,
        name: &str,
    ) -> Result<Option<Lease>, Error> {
        let key = LeaseKey::new(tenant.clone(), format!("view/{name}"));
        let store = self.engine.lakehouse().store();
        Ok(store.acquire_lease(&key, &self.options.holder, self.options.lease_ttl).await?)
    }

    /// Stores a file and commits it. If the commit is refused, the file goes away again.
    pub(super) async fn commit(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        lease: &Lease,
        file: EncodedFile,
        partition: NewPartition,
        retire: Vec<PartitionId>,
    ) -> Result<(), Error> {
        let name = view.definition().name;
        let partition = self.store_file_of(tenant, name, file, partition).await?;
        self.commit_stored_of(tenant, name, lease, vec![partition], retire).await
    }

    /// Stores the file of a partition that is to be committed.
    pub(super) async fn store_file(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        file: EncodedFile,
        partition: NewPartition,
    ) -> Result<NewPartition, Error> {
        self.store_file_of(tenant, view.definition().name, file, partition).await
    }

    /// The same for the view with this name.
    pub(super) async fn store_file_of(
        &self,
        tenant: &Tenant,
        name: &str,
        file: EncodedFile,
        mut partition: NewPartition,
    ) -> Result<NewPartition, Error> {
        if file.row_count == 0 {
            return Ok(partition);
        }
        let key = partition_key(tenant, name, partition.insert_time.max, partition.id);
        partition.file = Some(PartitionFile {
            key: key.clone(),
            size: file.bytes.len() as u64,
            row_count: file.row_count,
            checksum: Checksum::of(&file.bytes),
        });
        partition.event_time = file.event_time.map(|(least, greatest)| {
            let time = DateTime::from_timestamp_nanos;
            TimeRange::new(time(least), time(greatest))
        });
        let objects = self.engine.lakehouse().objects();
        objects.put(&Path::from(key), file.bytes.into()).await.map_err(object_error)?;
        Ok(partition)
    }

    /// Commits partitions whose files are stored. If the commit is refused, they go away again.
    pub(super) async fn commit_stored(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        lease: &Lease,
        add: Vec<NewPartition>,
        retire: Vec<PartitionId>,
    ) -> Result<(), Error> {
        self.commit_stored_of(tenant, view.definition().name, lease, add, retire).await
    }

    /// The same for the view with this name.
    pub(super) async fn commit_stored_of(
        &self,
        tenant: &Tenant,
        name: &str,
        lease: &Lease,
        add: Vec<NewPartition>,
        retire: Vec<PartitionId>,
    ) -> Result<(), Error> {
        let (store, objects) = (self.engine.lakehouse().store(), self.engine.lakehouse().objects());
        let files: Vec<Path> = add
            .iter()
            .filter_map(|partition| Some(Path::from(partition.file.as_ref()?.key.as_str())))
            .collect();
        let commit = PartitionCommit {
            tenant: tenant.clone(),
            view: name.to_owned(),
            lease: Some(lease.token.clone()),
            add,
            retire,
        };
        match store.commit_partitions(commit).await {
            Ok(_) => Ok(()),
            Err(error) => {
                // When nothing is known about the commit, the files must stay.
                if !error.is_retryable() {
                    for file in files {
                        objects.delete(&file).await.map_err(object_error)?;
                    }
                }
                Err(error.into())
            }
        }
    }
}

pub(super) fn object_error(error: object_store::Error) -> Error {
    datafusion::error::DataFusionError::ObjectStore(Box::new(error)).into()
}

/// How much a pass does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Writes down all fresh blocks.
    Everything,
    /// Decodes fresh blocks into the cache, and writes them down if they are many or old enough.
    WhatIsDue,
}

/// One pass over the fresh blocks of a view, under a lease.
struct Pass<'a> {
    materializer: &'a Materializer,
    tenant: &'a Tenant,
    view: &'a Arc<dyn View>,
    lease: Lease,
    /// Only blocks with these numbers.
    range: Option<SequenceRange>,
    /// Blocks that could not be fetched in this pass, with their numbers.
    failed: HashMap<Uuid, CommitSequence>,
    progress: Progress,
}

impl Pass<'_> {
    async fn run(&mut self, effort: Effort) -> Result<(), Error> {
        let (engine, options) = (&self.materializer.engine, &self.materializer.options);
        loop {
            let store = engine.lakehouse().store();
            let snapshot = store.snapshot().await?;
            let name = self.view.definition().name;
            let version = snapshot.ledger_version;
            let written = engine.ledger().fetch(engine, self.tenant, name, None, version).await?;
            let range = self.range.unwrap_or(SequenceRange::of(snapshot));
            let limit = BLOCK_COUNT_MAX + self.failed.len();
            let all = BlockSelection::default();
            let covered = &written.covered;
            let mut blocks =
                fresh_blocks(engine, self.view, self.tenant, range, covered, &all, limit).await?;
            let listed_all = blocks.len() < limit;
            blocks.retain(|block| !self.failed.contains_key(&block.block_id));
            let taken = self.materializer.take(&blocks);
            if taken == 0 {
                return Ok(());
            }
            let is_last = listed_all && taken == blocks.len();
            let is_due = effort == Effort::Everything || self.is_due(&blocks);
            blocks.truncate(taken);
            let decoded = self.decode(&blocks).await?;
            if !is_due {
                return Ok(());
            }
            let up_to = match blocks.last() {
                Some(last) if !is_last => last.sequence,
                _ => range.up_to,
            };
            let range = SequenceRange { up_to, ..range };
            self.write(&blocks, decoded, covered, range).await?;
            self.lease = store.renew_lease(&self.lease.token, options.lease_ttl).await?;
            if is_last && effort == Effort::WhatIsDue {
                return Ok(());
            }
        }
    }

    /// Whether these blocks are worth a partition.
    fn is_due(&self, blocks: &[BlockRecord]) -> bool {
        let options = &self.materializer.options;
        let payload_bytes: u64 = blocks.iter().map(|block| block.payload.length).sum();
        let age = |time: DateTime<Utc>| (Utc::now() - time).to_std().unwrap_or_default();
        payload_bytes >= options.payload_bytes_min
            || blocks.first().is_some_and(|b| age(b.insert_time) >= options.fresh_age_max)
    }

    /// The rows of each block, or `None` for blocks that have to stay out of the partition.
    async fn decode(
        &mut self,
        blocks: &[BlockRecord],
    ) -> Result<Vec<Option<Arc<DecodedBlock>>>, Error> {
        let ahead = self.materializer.engine.options().fetch_ahead.max(1);
        let decode = |block: BlockRecord| {
            let engine = Arc::clone(&self.materializer.engine);
            let view = Arc::clone(self.view);
            async move { decode_block(&engine, &view, &block).await }
        };
        let outcomes: Vec<Result<DecodeOutcome, Error>> =
            stream::iter(blocks.to_vec()).map(decode).buffered(ahead).collect().await;
        let mut decoded = Vec::with_capacity(blocks.len());
        for (block, outcome) in blocks.iter().zip(outcomes) {
            decoded.push(match outcome {
                Ok(DecodeOutcome::Decoded(rows)) => Some(rows),
                Ok(DecodeOutcome::Quarantined) => None,
                Err(error) => {
                    warn!("block {} stays fresh, it cannot be read now: {error}", block.block_id);
                    self.failed.insert(block.block_id, block.sequence);
                    self.progress.failed_block_count += 1;
                    None
                }
            });
        }
        Ok(decoded)
    }

    async fn write(
        &mut self,
        blocks: &[BlockRecord],
        decoded: Vec<Option<Arc<DecodedBlock>>>,
        covered: &Coverage,
        range: SequenceRange,
    ) -> Result<(), Error> {
        let (engine, options) = (&self.materializer.engine, &self.materializer.options);
        let definition = self.view.definition();
        let mut coverage = Coverage::from_range(range.after, range.up_to);
        coverage.subtract(covered);
        for sequence in quarantined_blocks(engine, self.view, self.tenant).await?.into_values() {
            coverage.remove(sequence);
        }
        for sequence in self.failed.values() {
            coverage.remove(*sequence);
        }
        let (mut batches, mut block_count, mut insert_time) = (Vec::new(), 0, None);
        for (block, rows) in blocks.iter().zip(&decoded) {
            match rows {
                Some(rows) => {
                    batches.extend(rows.batches.iter().cloned());
                    block_count += 1;
                    let range: &mut TimeRange = insert_time
                        .get_or_insert(TimeRange::new(block.insert_time, block.insert_time));
                    range.min = range.min.min(block.insert_time);
                    range.max = range.max.max(block.insert_time);
                }
                None => {
                    coverage.remove(block.sequence);
                }
            }
        }
        let Some(insert_time) = insert_time else {
            return Ok(());
        };
        drop(decoded);
        let context = sort_context(engine, options.sort_memory_bytes)?;
        let plan = memory_plan(definition, batches)?;
        let rows = sorted_rows(&context, definition, plan)?;
        let file = encode(definition, rows, block_count as u64).await?;
        let row_count = file.row_count;
        let partition = NewPartition {
            id: PartitionId::random(),
            scope: Scope::All,
            schema_version: definition.schema_version,
            coverage,
            file: None,
            event_time: None,
            insert_time,
        };
        self.materializer
            .commit(self.tenant, self.view, &self.lease, file, partition, Vec::new())
            .await?;
        self.progress.partition_count += 1;
        self.progress.block_count += block_count;
        self.progress.row_count += row_count;
        Ok(())
    }
}
