//! Jobs on partitions that run as queries, and tell row by row what they do.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::runtime::SpawnedTask;
use datafusion::error::Result;
use futures::{StreamExt, stream};
use micromegas_lakehouse::{MetadataStore, NewAuditRecord, Tenant};
use tokio::sync::mpsc;

use crate::clock::to_nanoseconds;
use crate::columns::{Column, ColumnKind, schema_of, timestamps};
use crate::computed::{Batches, Computation, Inputs};
use crate::error::Error;
use crate::materialize::{DaemonOptions, InsertRange, Materializer};

const COLUMNS: &[Column] = &[
    Column::new("time", ColumnKind::Time, "When it was done, by the server's clock."),
    Column::new("msg", ColumnKind::Text, "What was done."),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// What is done with partitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobKind {
    /// They end, and their blocks are fresh again.
    Retire,
    /// Fresh blocks are written down, in steps of this length.
    Materialize(TimeDelta),
    /// They are made anew, each within a step of this length.
    Regenerate(TimeDelta),
}

/// A job. It runs when its rows are read, up to where they are read: whoever stops reading ends it
/// after what it has committed.
#[derive(Debug, Clone)]
pub(crate) struct PartitionJob {
    pub(crate) kind: JobKind,
    pub(crate) view: String,
    pub(crate) range: InsertRange,
    /// Who asked for it.
    pub(crate) actor: Arc<str>,
}

impl PartitionJob {
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;

    /// Says in the audit log what is going to be done. What cannot be said there is not done.
    async fn announce(&self, store: &dyn MetadataStore, tenant: &Tenant) -> Result<(), Error> {
        let action = match self.kind {
            JobKind::Retire => "partitions.retire",
            JobKind::Materialize(_) => "partitions.materialize",
            JobKind::Regenerate(_) => "partitions.regenerate",
        };
        let record = NewAuditRecord::new(tenant.clone(), &*self.actor, action, &self.view)
            .with("begin", self.range.begin.to_rfc3339())
            .with("end", self.range.end.to_rfc3339());
        Ok(store.append_audit(vec![record]).await?)
    }

    /// The schema of what jobs tell.
    #[cfg(feature = "flight")]
    pub(crate) fn schema() -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    /// A row of what jobs tell.
    pub(crate) fn row(message: &str) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            timestamps(vec![to_nanoseconds(Utc::now())]),
            Arc::new(StringArray::from_iter_values([message])),
        ];
        Ok(RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?)
    }

    /// For one tenant.
    async fn work(
        &self,
        materializer: &Materializer,
        tenant: &Tenant,
        report: &(dyn Fn(String) + Send + Sync),
    ) -> Result<(), Error> {
        let (view, range) = (self.view.as_str(), self.range);
        match self.kind {
            JobKind::Retire => {
                let retired = materializer.retire(tenant, view, range).await?;
                for partition in &retired {
                    let rows = partition.file.as_ref().map_or(0, |file| file.row_count);
                    report(format!("{view}: partition {} of {rows} rows retired", partition.id));
                }
                report(format!("{view}: {} partitions retired in all", retired.len()));
            }
            JobKind::Materialize(step) => {
                materializer.materialize_range(tenant, view, range, Some(step), report).await?;
            }
            JobKind::Regenerate(step) => {
                materializer.regenerate_range(tenant, view, range, Some(step), report).await?;
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Computation for PartitionJob {
    fn name(&self) -> &'static str {
        match self.kind {
            JobKind::Retire => "retire_partitions",
            JobKind::Materialize(_) => "materialize_partitions",
            JobKind::Regenerate(_) => "regenerate_partitions",
        }
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    async fn run(&self, inputs: Inputs) -> Result<Batches> {
        let options = DaemonOptions {
            holder: format!("query, process {}", std::process::id()),
            cache: inputs.engine.options().cache.clone(),
            views: inputs.engine.options().views.clone(),
            ..DaemonOptions::default()
        };
        let materializer = Materializer::of(Arc::clone(&inputs.engine), options);
        let (job, tenants) = (self.clone(), Arc::clone(&inputs.tenants));
        let lakehouse = inputs.engine.lakehouse().clone();
        let (sender, receiver) = mpsc::unbounded_channel();
        let task = SpawnedTask::spawn(async move {
            // A reader who has gone ends the task anyway.
            let report = |message: String| drop(sender.send(Ok(message)));
            for tenant in tenants.iter() {
                let work = async {
                    job.announce(&**lakehouse.store(), tenant).await?;
                    job.work(&materializer, tenant, &report).await
                };
                if let Err(error) = work.await {
                    drop(sender.send(Err(error)));
                    return;
                }
            }
        });
        // The task lives as long as the stream does.
        let messages = stream::unfold((receiver, task), |(mut receiver, task)| async move {
            let message: Result<String, Error> = receiver.recv().await?;
            Some((message, (receiver, task)))
        });
        Ok(messages.map(|message| Self::row(&message?)).boxed())
    }
}
