//! Many small partitions become a larger one.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::physical_plan::ExecutionPlan;
use micromegas_lakehouse::{
    Coverage, NewPartition, PartitionId, PartitionRecord, Scope, Tenant, TimeRange,
};

use super::materializer::Materializer;
use super::parquet_file::encode;
use super::sorted::{memory_plan, sort_context, sorted_rows};
use super::target::Target;
use crate::error::Error;
use crate::scan::scan_partitions;
use crate::view::View;

impl Materializer {
    /// Merges partitions of similar size until there are fewer than `merge_width` of each size.
    /// Returns how many were merged. The rows stay the same. Does nothing while somebody else
    /// holds the lease of the view.
    ///
    /// # Errors
    ///
    /// If the view does not exist, the lakehouse is not available, or the lease was lost. What
    /// was committed before stays.
    pub async fn compact(&self, tenant: &Tenant, view: &str) -> Result<usize, Error> {
        match self.target(tenant, view).await? {
            Target::View(view) => self.compact_view(tenant, view).await,
            Target::Sql(view) => self.compact_sql(tenant, &view).await,
        }
    }

    pub(super) async fn compact_view(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
    ) -> Result<usize, Error> {
        let Some(mut lease) = self.acquire(tenant, view).await? else {
            return Ok(0);
        };
        let (engine, options) = (&self.engine, &self.options);
        let store = engine.lakehouse().store();
        let mut merged_count = 0;
        let result = loop {
            let step = async {
                let version = store.snapshot().await?.ledger_version;
                let name = view.definition().name;
                let written = engine.ledger().fetch(engine, tenant, name, None, version).await?;
                let sources =
                    choose(&written.partitions, options.merge_width, options.merge_bytes_max);
                if sources.is_empty() {
                    return Ok::<_, Error>(0);
                }
                self.merge(tenant, view, &lease, &sources).await?;
                lease = store.renew_lease(&lease.token, options.lease_ttl).await?;
                Ok(sources.len())
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

    async fn merge(
        &self,
        tenant: &Tenant,
        view: &Arc<dyn View>,
        lease: &micromegas_lakehouse::Lease,
        sources: &[PartitionRecord],
    ) -> Result<(), Error> {
        let (engine, definition) = (&self.engine, view.definition());
        let mut coverage = Coverage::new();
        let mut insert_time = sources[0].insert_time;
        for source in sources {
            coverage.union_with(&source.coverage);
            insert_time = TimeRange::new(
                insert_time.min.min(source.insert_time.min),
                insert_time.max.max(source.insert_time.max),
            );
        }
        let context = sort_context(engine, self.options.sort_memory_bytes)?;
        let with_file: Vec<PartitionRecord> =
            sources.iter().filter(|source| source.file.is_some()).cloned().collect();
        let plan: Arc<dyn ExecutionPlan> = if with_file.is_empty() {
            memory_plan(definition, Vec::new())?
        } else {
            let state = context.state();
            scan_partitions(engine, &state, definition, &with_file, None, None, None)?
        };
        let rows = sorted_rows(&context, definition, plan)?;
        let file = encode(definition, rows, coverage.len()).await?;
        let partition = NewPartition {
            id: PartitionId::random(),
            scope: Scope::All,
            schema_version: definition.schema_version,
            coverage,
            file: None,
            event_time: None,
            insert_time,
        };
        let retire = sources.iter().map(|source| source.id).collect();
        self.commit(tenant, view, lease, file, partition, retire).await
    }
}

/// Up to `width` partitions of one size class, the smallest class that has as many; none if there
/// is no such class. A class spans a factor of `width`, so each row is rewritten once a class.
fn choose(partitions: &[PartitionRecord], width: usize, bytes_max: u64) -> Vec<PartitionRecord> {
    let width = width.max(2);
    let mut classes: BTreeMap<u32, Vec<&PartitionRecord>> = BTreeMap::new();
    let size = |partition: &PartitionRecord| partition.file.as_ref().map_or(0, |file| file.size);
    for partition in partitions.iter().filter(|partition| partition.scope == Scope::All) {
        let class = (size(partition) >> 14).checked_ilog(width as u64).map_or(0, |log| log + 1);
        classes.entry(class).or_default().push(partition);
    }
    for class in classes.into_values().filter(|class| class.len() >= width) {
        let mut bytes = 0;
        let fits = |partition: &&&PartitionRecord| {
            bytes += size(partition);
            bytes <= bytes_max
        };
        let chosen: Vec<PartitionRecord> = class
            .iter()
            .take(width)
            .take_while(fits)
            .map(|partition| (*partition).clone())
            .collect();
        if chosen.len() == width {
            return chosen;
        }
    }
    Vec::new()
}
