//! Views in SQL forget a process.

use std::sync::Arc;
use std::time::Duration;

use datafusion::logical_expr::{LogicalPlanBuilder, col, lit};
use micromegas_lakehouse::{
    Coverage, Error as LakehouseError, Lease, PartitionCommit, PartitionId, PartitionRecord, Tenant,
};
use uuid::Uuid;

use super::materializer::Materializer;
use super::sql_view::new_partition;
use crate::error::Error;
use crate::sql_view::{CompiledView, Wanted, WrittenView, planned_extract, stored_states};

/// How often a lease is asked for, and how long after each other.
const ATTEMPT_COUNT_MAX: usize = 600;
const ATTEMPT_PAUSE: Duration = Duration::from_millis(200);

impl Materializer {
    /// Takes a process out of what is written down of views in SQL, after its blocks have left the
    /// lake and its rows the views below. `numbers` are those that its blocks had.
    ///
    /// Of a view whose rows name their process, those of this one go. Partitions of another that
    /// cover any of the numbers end: it is made anew from what remains of its source. Tells how
    /// many partitions have changed.
    ///
    /// # Errors
    ///
    /// If the lakehouse is not available, or somebody holds a view for too long. What was done
    /// stays, and doing it again goes on.
    pub async fn forget_in_sql_views(
        &self,
        tenant: &Tenant,
        process_id: Uuid,
        numbers: &Coverage,
    ) -> Result<usize, Error> {
        let mut changed_count = 0;
        for view in self.engine.sql_views().of_tenant(&self.engine, tenant).await? {
            let lease = self.acquire_patiently(tenant, view.name()).await?;
            let result = self.forget_in(tenant, &view, &lease, process_id, numbers).await;
            self.engine.lakehouse().store().release_lease(&lease.token).await?;
            changed_count += result?;
        }
        Ok(changed_count)
    }

    async fn acquire_patiently(&self, tenant: &Tenant, name: &str) -> Result<Lease, Error> {
        for _ in 0..ATTEMPT_COUNT_MAX {
            if let Some(lease) = self.acquire_named(tenant, name).await? {
                return Ok(lease);
            }
            tokio::time::sleep(ATTEMPT_PAUSE).await;
        }
        Err(LakehouseError::Conflict { message: format!("somebody else works on {name}") }.into())
    }

    async fn forget_in(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        lease: &Lease,
        process_id: Uuid,
        numbers: &Coverage,
    ) -> Result<usize, Error> {
        let store = self.engine.lakehouse().store();
        let snapshot = store.snapshot().await?;
        let written = WrittenView::fetch(&self.engine, tenant, view, snapshot).await?;
        let has_some = |partition: &&PartitionRecord| {
            partition.file.is_some() && partition.coverage.overlaps(numbers)
        };
        let affected: Vec<&PartitionRecord> = written.partitions.iter().filter(has_some).collect();
        if view.has_process {
            for partition in &affected {
                self.write_without(tenant, view, lease, process_id, partition).await?;
            }
        }
        // What another definition of the name has written nobody reads, and it may have the process.
        let mut retire: Vec<PartitionId> = written.stale.clone();
        if !view.has_process {
            retire.extend(affected.iter().map(|partition| partition.id));
        }
        if !retire.is_empty() {
            let commit = PartitionCommit {
                tenant: tenant.clone(),
                view: view.name().to_owned(),
                lease: Some(lease.token.clone()),
                add: Vec::new(),
                retire,
            };
            store.commit_partitions(commit).await?;
        }
        Ok(affected.len())
    }

    async fn write_without(
        &self,
        tenant: &Tenant,
        view: &Arc<CompiledView>,
        lease: &Lease,
        process_id: Uuid,
        partition: &PartitionRecord,
    ) -> Result<(), Error> {
        let context = self.states_context()?;
        let snapshot = self.engine.lakehouse().store().snapshot().await?;
        let (state, nothing) = (context.state(), Wanted::default());
        let (_, planner) =
            planned_extract(&state, &self.engine, view, tenant, snapshot, &nothing).await?;
        let states = stored_states(&self.engine, view, vec![partition.clone()])?;
        let states = LogicalPlanBuilder::from(states)
            .filter(col("process_id").not_eq(lit(process_id.to_string())))?
            .build()?;
        let file = self.encode_states(&context, &planner, view, states).await?;
        let new = new_partition(view, partition.coverage.clone(), partition.insert_time);
        self.commit_states(tenant, view, lease, file, new, vec![partition.id]).await
    }
}
