//! Views in SQL are written down: states of the rows of new blocks become a partition.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::SessionContext;
use futures::stream::{self, StreamExt};
use micromegas_lakehouse::{
    BlockFilter, BlockRecord, CommitSequence, Coverage, Error as LakehouseError, Lease,
    NewPartition, PartitionId, PartitionRecord, Scope, Snapshot, Tenant, TimeRange,
};
use micromegas_tracing::prelude::*;
use uuid::Uuid;

use super::materializer::{Effort, Materializer, Progress};
use super::parquet_file::{EncodedFile, FileLayout, encode_as};
use super::sorted::{sort_context, sorted_by};
use crate::derived::ConformExec;
use crate::error::Error;
use crate::functions::scalar_functions;
use crate::histogram::histogram_aggregates;
use crate::scan::{
    BlockSelection, DecodeOutcome, SequenceRange, decode_block, fresh_blocks, quarantined_blocks,
};
use crate::sql_view::{CompiledView, Gap, PlannedView, Wanted, WrittenView, planned_extract, span};

/// Blocks that are considered for one partition at most.
const BLOCK_COUNT_MAX: usize = 10_000;
/// How many times the bytes of blocks that go into a partition of rows go into one of states, of
/// which there are few.
const BYTES_FACTOR: u64 = 16;
/// An instant: times of commits are whole microseconds.
const TICK: TimeDelta = TimeDelta::nanoseconds(1);

/// A part of a gap that is written down at once.
struct Chunk {
    gap: Gap,
    /// The first and the last time of the commit of its blocks.
    insert_time: TimeRange,
    /// Blocks within, whose rows stay out.
    holes: Coverage,
    without: Vec<Uuid>,
    block_count: usize,
}

/// Blocks that cannot be read now: their numbers, and when they were committed.
#[derive(Debug, Default)]
struct Unreadable {
    blocks: HashMap<Uuid, (CommitSequence, DateTime<Utc>)>,
}

impl Materializer {
    /// A context for plans over states, which may use what queries of views may use.
    pub(super) fn states_context(&self) -> Result<SessionContext, Error> {
        let context = sort_context(&self.engine, self.options.sort_memory_bytes)?;
        scalar_functions().into_iter().for_each(|function| context.register_udf(function));
        histogram_aggregates().into_iter().for_each(|function| context.register_udaf(function));
        Ok(context)
    }

    /// Writes down what is fresh of a view, of a range if there is one, and fills holes whose
    /// blocks can be read by now. Does nothing while somebody else holds the lease of the view.
    pub(super) async fn keep_up_sql(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        effort: Effort,
    ) -> Result<Progress, Error> {
        let Some(lease) = self.acquire_named(tenant, view.name()).await? else {
            return Ok(Progress::default());
        };
        self.pass_sql(tenant, view, lease, effort, None).await
    }

    /// The same under a lease, which is given back.
    pub(super) async fn pass_sql(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        mut lease: Lease,
        effort: Effort,
        range: Option<Gap>,
    ) -> Result<Progress, Error> {
        let mut progress = Progress::default();
        let store = self.engine.lakehouse().store();
        let result = loop {
            let step = async {
                let done = self.step_sql(tenant, view, &lease, effort, range).await?;
                if done.partition_count > 0 {
                    lease = store.renew_lease(&lease.token, self.options.lease_ttl).await?;
                }
                Ok::<_, Error>(done)
            };
            match step.await {
                Ok(done) => {
                    progress += done;
                    if done.partition_count == 0 {
                        break Ok(progress);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        store.release_lease(&lease.token).await?;
        result
    }

    /// One partition more, if there is something to write.
    async fn step_sql(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        lease: &Lease,
        effort: Effort,
        range: Option<Gap>,
    ) -> Result<Progress, Error> {
        let snapshot = self.engine.lakehouse().store().snapshot().await?;
        let written = WrittenView::fetch(&self.engine, tenant, view, snapshot).await?;
        if range.is_none() && self.fill_holes(tenant, view, lease, snapshot, &written).await? {
            return Ok(Progress { partition_count: 1, ..Progress::default() });
        }
        for gap in &written.gaps {
            let Some(gap) = range.map_or(Some(*gap), |range| within(*gap, range)) else { continue };
            let mut progress = Progress::default();
            let chunk = self.chunk(tenant, view, snapshot, gap, effort, &mut progress).await?;
            let Some(chunk) = chunk else { continue };
            let wanted = Wanted {
                ranges: vec![(chunk.gap.from, chunk.gap.until)],
                blocks: Vec::new(),
                without: chunk.without.clone(),
            };
            let context = self.states_context()?;
            let state = context.state();
            let (planned, planner) =
                planned_extract(&state, &self.engine, view, tenant, snapshot, &wanted).await?;
            let states = planned.extract()?;
            let file = self.encode_states(&context, &planner, view, states).await?;
            self.require_unchanged(tenant, view, &chunk).await?;
            let mut coverage = Coverage::from_range(chunk.gap.after, chunk.gap.up_to);
            coverage.subtract(&chunk.holes);
            progress.partition_count = 1;
            progress.block_count = chunk.block_count;
            progress.row_count = file.row_count;
            let partition = new_partition(view, coverage, chunk.insert_time);
            let retire = written.stale.clone();
            self.commit_states(tenant, view, lease, file, partition, retire).await?;
            return Ok(progress);
        }
        Ok(Progress::default())
    }

    pub(super) async fn commit_states(
        &self,
        tenant: &Tenant,
        view: &CompiledView,
        lease: &Lease,
        file: EncodedFile,
        partition: NewPartition,
        retire: Vec<PartitionId>,
    ) -> Result<(), Error> {
        let partition = self.store_file_of(tenant, view.name(), file, partition).await?;
        self.commit_stored_of(tenant, view.name(), lease, vec![partition], retire).await
    }

    /// The file of states.
    pub(super) async fn encode_states(
        &self,
        context: &SessionContext,
        planner: &SessionState,
        view: &CompiledView,
        states: LogicalPlan,
    ) -> Result<EncodedFile, Error> {
        let plan = planner.create_physical_plan(&states).await?;
        let plan = ConformExec::new(view.name(), plan, Arc::clone(&view.states));
        let sorting: Vec<&str> = view.sorted_by.iter().map(String::as_str).collect();
        let ids: Vec<&str> = view.ids.iter().map(String::as_str).collect();
        let times: Vec<&str> = view.time.iter().map(|time| time.name.as_str()).collect();
        let rows = sorted_by(context, &sorting, Arc::new(plan))?;
        let layout =
            FileLayout { schema: &view.states, sorted_by: &sorting, times: &times, ids: &ids };
        encode_as(layout, rows, 1_024).await
    }

    /// What is written down next of a gap: from its begin on, up to the end of a group commit. A
    /// group of which some block cannot be read is within it or stays out, so that the border is one
    /// of times too.
    async fn chunk(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        snapshot: Snapshot,
        gap: Gap,
        effort: Effort,
        progress: &mut Progress,
    ) -> Result<Option<Chunk>, Error> {
        let (engine, source) = (&self.engine, view.source);
        let range = SequenceRange { after: gap.after, up_to: gap.up_to };
        let (none, all) = (Coverage::new(), BlockSelection::default());
        let mut unreadable = self.quarantined_in(tenant, view, gap).await?;
        let mut blocks =
            fresh_blocks(engine, source, tenant, range, &none, &all, BLOCK_COUNT_MAX).await?;
        let mut is_last = blocks.len() < BLOCK_COUNT_MAX;
        if effort == Effort::WhatIsDue && is_last && !self.is_due(&blocks) {
            // They are in the cache by then for who asks.
            return Ok(None);
        }
        let taken = self.take_for_states(&blocks);
        is_last &= taken == blocks.len();
        blocks.truncate(taken);
        self.decode_ahead(tenant, view, snapshot, &blocks, &mut unreadable, progress).await?;
        let times: HashSet<DateTime<Utc>> =
            unreadable.blocks.values().map(|(_, time)| *time).collect();
        let is_whole = |block: &&BlockRecord| !times.contains(&block.insert_time);
        let (Some(first), Some(last)) =
            (blocks.iter().find(is_whole), blocks.iter().rev().find(is_whole))
        else {
            return Ok(None);
        };
        let store = engine.lakehouse().store();
        let mut chunk = Chunk {
            gap,
            insert_time: TimeRange::new(first.insert_time, last.insert_time),
            holes: Coverage::new(),
            without: Vec::new(),
            block_count: 0,
        };
        if times.iter().any(|time| *time < first.insert_time) {
            let before = first.insert_time - TICK;
            chunk.gap.after = store.sequence_at(before).await?;
            chunk.gap.from = Some(before);
        } else if let Some(from) = gap.from {
            chunk.insert_time.min = from + TICK;
        }
        if !is_last || times.iter().any(|time| *time > last.insert_time) {
            chunk.gap.up_to = store.sequence_at(last.insert_time).await?;
            chunk.gap.until = Some(last.insert_time + TICK);
        } else {
            // Up to the border, even if blocks there have left the lake.
            let until = gap.until.map_or(snapshot.insert_time, |until| until - TICK);
            chunk.insert_time.max = until.max(last.insert_time);
        }
        let (after, up_to) = (chunk.gap.after, chunk.gap.up_to);
        for (id, (number, _)) in unreadable.blocks {
            if number > after && number <= up_to {
                chunk.holes.insert(number);
                chunk.without.push(id);
            }
        }
        let is_in = |block: &&BlockRecord| {
            block.sequence > after
                && block.sequence <= up_to
                && !chunk.holes.contains(block.sequence)
        };
        chunk.block_count = blocks.iter().filter(is_in).count();
        Ok(Some(chunk))
    }

    fn is_due(&self, blocks: &[BlockRecord]) -> bool {
        let payload_bytes: u64 = blocks.iter().map(|block| block.payload.length).sum();
        let age = |time: DateTime<Utc>| (Utc::now() - time).to_std().unwrap_or_default();
        payload_bytes >= self.options.payload_bytes_min.saturating_mul(BYTES_FACTOR)
            || blocks.first().is_some_and(|b| age(b.insert_time) >= self.options.fresh_age_max)
    }

    fn take_for_states(&self, blocks: &[BlockRecord]) -> usize {
        let bytes_max = self.options.payload_bytes_max.saturating_mul(BYTES_FACTOR);
        let mut payload_bytes = 0;
        let fits = |block: &&BlockRecord| {
            let is_first = payload_bytes == 0;
            payload_bytes += block.payload.length.max(1);
            is_first || payload_bytes <= bytes_max
        };
        blocks.iter().take_while(fits).count()
    }

    /// Blocks of a gap that are in quarantine for the source.
    async fn quarantined_in(
        &self,
        tenant: &Tenant,
        view: &CompiledView,
        gap: Gap,
    ) -> Result<Unreadable, Error> {
        let mut unreadable = Unreadable::default();
        for (id, number) in quarantined_blocks(&self.engine, view.source, tenant).await? {
            if number <= gap.after || number > gap.up_to {
                continue;
            }
            let before = CommitSequence::new(number.as_u64().saturating_sub(1));
            let store = self.engine.lakehouse().store();
            let (tenants, filter) =
                (std::slice::from_ref(tenant), BlockFilter::range(before, number));
            if let Some(block) = store.list_blocks(tenants, &filter, 1).await?.first() {
                unreadable.blocks.insert(id, (number, block.insert_time));
            }
        }
        Ok(unreadable)
    }

    /// Decodes blocks that the source has not written down, so that those which cannot be read are
    /// known before a plan reads them.
    async fn decode_ahead(
        &self,
        tenant: &Tenant,
        view: &CompiledView,
        snapshot: Snapshot,
        blocks: &[BlockRecord],
        unreadable: &mut Unreadable,
        progress: &mut Progress,
    ) -> Result<(), Error> {
        let (engine, source) = (&self.engine, view.source);
        let (name, version) = (source.definition().name, snapshot.ledger_version);
        let written = engine.ledger().fetch(engine, tenant, name, None, version).await?;
        let fresh: Vec<BlockRecord> = blocks
            .iter()
            .filter(|block| !written.covered.contains(block.sequence))
            .cloned()
            .collect();
        let ahead = engine.options().fetch_ahead.max(1);
        let decode = |block: BlockRecord| {
            let (engine, source) = (Arc::clone(engine), Arc::clone(source));
            async move { decode_block(&engine, &source, &block).await }
        };
        let outcomes: Vec<Result<DecodeOutcome, Error>> =
            stream::iter(fresh.clone()).map(decode).buffered(ahead).collect().await;
        for (block, outcome) in fresh.into_iter().zip(outcomes) {
            match outcome {
                Ok(DecodeOutcome::Decoded(_)) => continue,
                Ok(DecodeOutcome::Quarantined) => {}
                Err(error) => {
                    let (id, name) = (block.block_id, view.name());
                    warn!("block {id} stays out of {name}, it cannot be read now: {error}");
                    progress.failed_block_count += 1;
                }
            }
            unreadable.blocks.insert(block.block_id, (block.sequence, block.insert_time));
        }
        Ok(())
    }

    /// Refuses to go on if a block has come into quarantine while the chunk was read: its rows may
    /// be in there, or not.
    async fn require_unchanged(
        &self,
        tenant: &Tenant,
        view: &CompiledView,
        chunk: &Chunk,
    ) -> Result<(), Error> {
        let quarantined = quarantined_blocks(&self.engine, view.source, tenant).await?;
        let is_new = |number: &CommitSequence| {
            *number > chunk.gap.after
                && *number <= chunk.gap.up_to
                && !chunk.holes.contains(*number)
        };
        match quarantined.values().find(|number| is_new(number)) {
            None => Ok(()),
            Some(number) => Err(LakehouseError::Conflict {
                message: format!("block {number} has come into quarantine meanwhile"),
            }
            .into()),
        }
    }

    /// Makes a partition with holes anew, with the rows of those blocks that can be read by now.
    /// Tells whether there was one.
    async fn fill_holes(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        lease: &Lease,
        snapshot: Snapshot,
        written: &WrittenView,
    ) -> Result<bool, Error> {
        let missed = written.missed(&self.engine, tenant, view).await?;
        let within = |partition: &&PartitionRecord| {
            span(partition).is_some_and(|(after, last)| {
                missed.numbers.overlaps(&Coverage::from_range(after, last))
            })
        };
        let Some(partition) = written.partitions.iter().find(within) else {
            return Ok(false);
        };
        let Some((after, last)) = span(partition) else { return Ok(false) };
        let filled: Vec<(Uuid, CommitSequence)> = missed
            .ids
            .iter()
            .copied()
            .zip(missed.numbers.iter())
            .filter(|(_, number)| *number > after && *number <= last)
            .collect();
        let wanted =
            Wanted { blocks: filled.iter().map(|(id, _)| *id).collect(), ..Wanted::default() };
        let mut readable = Unreadable::default();
        let numbers = filled.iter().map(|(_, number)| *number);
        let blocks = self.blocks_at(tenant, numbers).await?;
        let mut progress = Progress::default();
        self.decode_ahead(tenant, view, snapshot, &blocks, &mut readable, &mut progress).await?;
        if !readable.blocks.is_empty() {
            return Ok(false);
        }
        let mut coverage = partition.coverage.clone();
        for (_, number) in &filled {
            coverage.insert(*number);
        }
        let new = new_partition(view, coverage, partition.insert_time);
        let old = std::slice::from_ref(partition);
        self.merge_states(tenant, view, lease, snapshot, old, Some(&wanted), new).await?;
        Ok(true)
    }

    async fn blocks_at(
        &self,
        tenant: &Tenant,
        numbers: impl Iterator<Item = CommitSequence>,
    ) -> Result<Vec<BlockRecord>, Error> {
        let mut blocks = Vec::new();
        for number in numbers {
            let before = CommitSequence::new(number.as_u64().saturating_sub(1));
            let filter = BlockFilter::range(before, number);
            let store = self.engine.lakehouse().store();
            blocks.extend(store.list_blocks(std::slice::from_ref(tenant), &filter, 1).await?);
        }
        Ok(blocks)
    }
}

/// A partition of states without its file.
pub(super) fn new_partition(
    view: &CompiledView,
    coverage: Coverage,
    insert_time: TimeRange,
) -> NewPartition {
    NewPartition {
        id: PartitionId::random(),
        scope: Scope::All,
        schema_version: view.definition.version,
        coverage,
        file: None,
        event_time: None,
        insert_time,
    }
}

/// Merged states of two plans, or of one.
pub(super) fn merged(
    planned: &PlannedView<'_>,
    planner: &SessionState,
    stored: LogicalPlan,
    extracted: Option<LogicalPlan>,
) -> Result<LogicalPlan, Error> {
    let states = match extracted {
        Some(extracted) => LogicalPlanBuilder::from(stored).union(extracted)?.build()?,
        None => stored,
    };
    Ok(planned.merge(states, planner)?)
}

/// What two gaps have in common.
fn within(gap: Gap, range: Gap) -> Option<Gap> {
    let (after, from) = match gap.after >= range.after {
        true => (gap.after, gap.from),
        false => (range.after, range.from),
    };
    let (up_to, until) = match gap.up_to <= range.up_to {
        true => (gap.up_to, gap.until),
        false => (range.up_to, range.until),
    };
    (after < up_to).then_some(Gap { after, up_to, from, until })
}
