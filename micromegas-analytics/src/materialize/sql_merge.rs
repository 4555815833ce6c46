//! Partitions of views in SQL become fewer and larger: their states are merged.

use std::sync::Arc;

use micromegas_lakehouse::{
    Coverage, Lease, NewPartition, PartitionRecord, Snapshot, Tenant, TimeRange,
};

use super::materializer::Materializer;
use super::sql_view::{merged, new_partition};
use crate::error::Error;
use crate::sql_view::{CompiledView, Wanted, WrittenView, planned_extract, span, stored_states};

impl Materializer {
    /// Merges neighbours until there are fewer than `merge_width` of one size. Returns how many
    /// were merged. Does nothing while somebody else holds the lease of the view.
    pub(super) async fn compact_sql(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
    ) -> Result<usize, Error> {
        let Some(mut lease) = self.acquire_named(tenant, view.name()).await? else {
            return Ok(0);
        };
        let store = self.engine.lakehouse().store();
        let mut merged_count = 0;
        let result = loop {
            let step = async {
                let snapshot = store.snapshot().await?;
                let written = WrittenView::fetch(&self.engine, tenant, view, snapshot).await?;
                let (width, bytes_max) = (self.options.merge_width, self.options.merge_bytes_max);
                let chosen = choose(&written.partitions, width, bytes_max);
                let (Some(first), Some(last)) = (chosen.first(), chosen.last()) else {
                    return Ok::<_, Error>(0);
                };
                let mut coverage = Coverage::new();
                chosen.iter().for_each(|partition| coverage.union_with(&partition.coverage));
                let insert_time = TimeRange::new(first.insert_time.min, last.insert_time.max);
                let new = new_partition(view, coverage, insert_time);
                self.merge_states(tenant, view, &lease, snapshot, chosen, None, new).await?;
                lease = store.renew_lease(&lease.token, self.options.lease_ttl).await?;
                Ok(chosen.len())
            };
            match step.await {
                Ok(0) => break Ok(merged_count),
                Ok(count) => merged_count += count,
                Err(error) => break Err(error),
            }
        };
        store.release_lease(&lease.token).await?;
        result
    }

    /// Puts a partition in the place of others: their states merged, and those of more rows of the
    /// source if some are wanted.
    #[expect(clippy::too_many_arguments, reason = "each says another part of one commit")]
    pub(super) async fn merge_states(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        lease: &Lease,
        snapshot: Snapshot,
        old: &[PartitionRecord],
        more: Option<&Wanted>,
        new: NewPartition,
    ) -> Result<(), Error> {
        let context = self.states_context()?;
        let (state, nothing) = (context.state(), Wanted::default());
        let wanted = more.unwrap_or(&nothing);
        let (planned, planner) =
            planned_extract(&state, &self.engine, view, tenant, snapshot, wanted).await?;
        let stored = stored_states(&self.engine, view, old.to_vec())?;
        let extracted = more.map(|_| planned.extract()).transpose()?;
        let states = merged(&planned, &planner, stored, extracted)?;
        let file = self.encode_states(&context, &planner, view, states).await?;
        let retire = old.iter().map(|partition| partition.id).collect();
        self.commit_states(tenant, view, lease, file, new, retire).await
    }
}

/// `width` neighbours without a gap between them, of the smallest sizes that has as many; nothing if
/// there are none. A class of sizes spans a factor of `width`.
fn choose(partitions: &[PartitionRecord], width: usize, bytes_max: u64) -> &[PartitionRecord] {
    let width = width.max(2);
    let size = |partition: &PartitionRecord| partition.file.as_ref().map_or(0, |file| file.size);
    let class = |partition: &PartitionRecord| {
        (size(partition) >> 14).checked_ilog(width as u64).map_or(0, |log| log + 1)
    };
    let is_run = |window: &&[PartitionRecord]| {
        let touches = window.windows(2).all(|pair| {
            let (left, right) = (span(&pair[0]), span(&pair[1]));
            left.zip(right).is_some_and(|((_, last), (after, _))| last == after)
        });
        touches && window.iter().map(size).sum::<u64>() <= bytes_max
    };
    partitions
        .windows(width)
        .filter(is_run)
        .min_by_key(|window| window.iter().map(class).max())
        .filter(|window| {
            // Small ones are not merged into a large one again and again.
            let classes = window.iter().map(class);
            classes.clone().max().is_some_and(|most| classes.filter(|c| *c == most).count() > 1)
                || window.iter().map(class).max() == Some(0)
        })
        .unwrap_or_default()
}
