//! Partitions are made anew of the blocks that they cover.

use std::collections::HashSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::physical_plan::{ExecutionPlanProperties, execute_stream_partitioned};
use futures::TryStreamExt;
use micromegas_lakehouse::{
    BlockFilter, BlockRecord, CommitSequence, Coverage, Lease, NewPartition, PartitionId,
    PartitionRecord, Scope, Tenant, TimeRange,
};

use super::materializer::Materializer;
use super::parquet_file::encode;
use super::sorted::{memory_plan, sort_context, sorted_rows};
use crate::error::Error;
use crate::scan::{DecodeOutcome, decode_block, quarantined_blocks, scan_partitions};
use crate::view::View;

/// Blocks are listed in pages of this many.
const PAGE_LENGTH: usize = 10_000;

impl Materializer {
    /// Makes a partition anew, as one or several that cover the same blocks, and tells how many
    /// rows they have. Nothing changes unless all of it succeeds.
    ///
    /// # Errors
    ///
    /// If the lake does not hold all blocks any more whose rows the partition has, or one of them
    /// cannot be fetched, or the lease was lost.
    pub(super) async fn regenerate_partition(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        lease: &Lease,
        old: &PartitionRecord,
    ) -> Result<u64, Error> {
        let blocks = self.covered_blocks(tenant, view, &old.coverage).await?;
        self.require_all(tenant, view, old, &blocks).await?;
        let definition = view.definition();
        let (mut added, mut rest, mut row_count) = (Vec::new(), old.coverage.clone(), 0);
        let mut remaining = blocks.as_slice();
        // Once even without blocks: numbers that make no rows are covered too.
        let mut is_first = true;
        while std::mem::take(&mut is_first) || !remaining.is_empty() {
            let taken = self.take(remaining);
            let (now, later) = remaining.split_at(taken);
            remaining = later;
            let mut batches = Vec::new();
            for block in now {
                match decode_block(&self.engine, view, block).await? {
                    DecodeOutcome::Decoded(rows) => batches.extend(rows.batches.iter().cloned()),
                    DecodeOutcome::Quarantined => {
                        rest.remove(block.sequence);
                    }
                }
            }
            let mut coverage = rest.clone();
            if let (Some(last), false) = (now.last(), later.is_empty()) {
                let above = CommitSequence::new(u64::MAX);
                coverage.subtract(&Coverage::from_range(last.sequence, above));
            }
            rest.subtract(&coverage);
            if coverage.is_empty() {
                continue;
            }
            let times = now.iter().map(|block| block.insert_time);
            let insert_time = match times.clone().min().zip(times.max()) {
                Some((min, max)) => TimeRange::new(min, max),
                None => old.insert_time,
            };
            let context = sort_context(&self.engine, self.options.sort_memory_bytes)?;
            let rows = sorted_rows(&context, definition, memory_plan(definition, batches)?)?;
            let file = encode(definition, rows, now.len() as u64).await?;
            row_count += file.row_count;
            let partition = NewPartition {
                id: PartitionId::random(),
                scope: Scope::All,
                schema_version: definition.schema_version,
                coverage,
                file: None,
                event_time: None,
                insert_time,
            };
            added.push(self.store_file(tenant, view, file, partition).await?);
        }
        self.commit_stored(tenant, view, lease, added, vec![old.id]).await?;
        Ok(row_count)
    }

    /// The blocks of the view with these numbers that the lake holds and that are not in
    /// quarantine.
    async fn covered_blocks(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        coverage: &Coverage,
    ) -> Result<Vec<BlockRecord>, Error> {
        let (Some(first), Some(last)) = (coverage.first(), coverage.last()) else {
            return Ok(Vec::new());
        };
        let quarantined = quarantined_blocks(&self.engine, view, tenant).await?;
        let mut filter = BlockFilter {
            tag: view.definition().tag.map(str::to_owned),
            ..BlockFilter::range(CommitSequence::new(first.as_u64().saturating_sub(1)), last)
        };
        let mut blocks = Vec::new();
        loop {
            let store = self.engine.lakehouse().store();
            let tenants = std::slice::from_ref(tenant);
            let page = store.list_blocks(tenants, &filter, PAGE_LENGTH).await?;
            let (is_last, last) = (page.len() < PAGE_LENGTH, page.last().map(|b| b.sequence));
            blocks.extend(page.into_iter().filter(|block| {
                coverage.contains(block.sequence) && !quarantined.contains_key(&block.block_id)
            }));
            match last {
                Some(last) if !is_last => filter.after = last,
                _ => return Ok(blocks),
            }
        }
    }

    /// Refuses to make a partition anew that has rows of blocks which are gone.
    async fn require_all(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        old: &PartitionRecord,
        blocks: &[BlockRecord],
    ) -> Result<(), Error> {
        let definition = view.definition();
        if old.file.is_none() {
            return Ok(());
        }
        let mut held: HashSet<String> =
            blocks.iter().map(|block| block.block_id.to_string()).collect();
        let quarantined = quarantined_blocks(&self.engine, view, tenant).await?;
        held.extend(quarantined.into_keys().map(|id| id.to_string()));
        let context = sort_context(&self.engine, self.options.sort_memory_bytes)?;
        let (state, column) = (context.state(), definition.schema.index_of("block_id")?);
        let partitions = std::slice::from_ref(old);
        let columns = vec![column];
        let plan = scan_partitions(
            &self.engine,
            &state,
            definition,
            partitions,
            Some(&columns),
            None,
            None,
        )?;
        debug_assert_eq!(plan.output_partitioning().partition_count(), 1, "there is one file");
        for mut batches in execute_stream_partitioned(plan, context.task_ctx())? {
            while let Some(batch) = batches.try_next().await? {
                // Repeated values are looked at once: only those of the dictionary.
                let ids = match batch.column(0).data_type() {
                    DataType::Dictionary(..) => {
                        Arc::clone(batch.column(0).as_any_dictionary().values())
                    }
                    _ => Arc::clone(batch.column(0)),
                };
                let ids = cast(&ids, &DataType::Utf8)?;
                let gone = ids.as_string::<i32>().iter().flatten().find(|id| !held.contains(*id));
                if let Some(gone) = gone {
                    return Err(Error::invalid(format!(
                        "partition {} of {} has rows of block {gone}, which the lake does not hold \
                         any more: it stays as it is",
                        old.id, definition.name
                    )));
                }
            }
        }
        Ok(())
    }
}
