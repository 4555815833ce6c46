//! `lakehouse_lag()`.

use std::sync::{Arc, LazyLock};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use datafusion::arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::Result;
use futures::{StreamExt, stream};
use micromegas_lakehouse::{Coverage, Snapshot, Tenant};

use crate::clock::to_nanoseconds;
use crate::columns::{Column, ColumnKind, schema_of};
use crate::computed::{Batches, Computation, Inputs};
use crate::error::Error;
use crate::scan::{BlockSelection, SequenceRange, fresh_blocks, quarantined_blocks};
use crate::sql_view::{CompiledView, WrittenView};
use crate::view::{View, materialized_views};

const COLUMNS: &[Column] = &[
    Column::new("tenant", ColumnKind::Text, "Whose blocks."),
    Column::new("view_set_name", ColumnKind::Text, "A view that is written down."),
    Column::new("partition_count", ColumnKind::Int64, "The number of its partitions."),
    Column::new("partition_bytes", ColumnKind::Int64, "The size of their files."),
    Column::new(
        "fresh_block_count",
        ColumnKind::Int64,
        "The number of blocks that are in no partition yet: queries decode them.",
    ),
    Column::new("fresh_bytes", ColumnKind::Int64, "The size of their payloads."),
    Column::new(
        "oldest_fresh_insert_time",
        ColumnKind::Time,
        "When the oldest of them was committed.",
    )
    .nullable(),
    Column::new(
        "lag",
        ColumnKind::Int64,
        "Nanoseconds from then until now, by the lake's clock; 0 if nothing is fresh.",
    ),
    Column::new(
        "quarantined_block_count",
        ColumnKind::Int64,
        "The number of blocks that cannot be decoded.",
    ),
    Column::new(
        "written_share",
        ColumnKind::Float64,
        "How much of the lake, by numbers of blocks, partitions cover: 1 is all of it.",
    ),
];

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| schema_of(COLUMNS));

/// How far the views that are written down are behind.
#[derive(Debug)]
pub(crate) struct LakehouseLag;

/// A row.
struct Lag {
    tenant: Tenant,
    view: String,
    partition_count: i64,
    partition_bytes: i64,
    fresh_block_count: i64,
    fresh_bytes: i64,
    oldest: Option<DateTime<Utc>>,
    quarantined_block_count: i64,
    written_share: f64,
}

impl LakehouseLag {
    pub(crate) const NAME: &'static str = "lakehouse_lag";
    pub(crate) const COLUMNS: &'static [Column] = COLUMNS;
}

async fn lag(inputs: &Inputs, tenant: &Tenant, view: &Arc<dyn View>) -> Result<Lag, Error> {
    let (engine, name) = (&inputs.engine, view.definition().name);
    let version = inputs.snapshot.ledger_version;
    let written = engine.ledger().fetch(engine, tenant, name, None, version).await?;
    let (all, range) = (BlockSelection::default(), SequenceRange::of(inputs.snapshot));
    let fresh =
        fresh_blocks(engine, view, tenant, range, &written.covered, &all, usize::MAX).await?;
    let files = written.partitions.iter().filter_map(|partition| partition.file.as_ref());
    Ok(Lag {
        tenant: tenant.clone(),
        view: name.to_owned(),
        partition_count: written.partitions.len() as i64,
        partition_bytes: files.map(|file| file.size as i64).sum(),
        fresh_block_count: fresh.len() as i64,
        fresh_bytes: fresh.iter().map(|block| block.payload.length as i64).sum(),
        oldest: fresh.iter().map(|block| block.insert_time).min(),
        quarantined_block_count: quarantined_blocks(engine, view, tenant).await?.len() as i64,
        written_share: share(written.covered.len(), inputs.snapshot),
    })
}

/// Of a view in SQL: how far it is behind the lake, not behind its source.
async fn lag_of_sql(
    inputs: &Inputs,
    tenant: &Tenant,
    view: &Arc<CompiledView>,
) -> Result<Lag, Error> {
    let engine = &inputs.engine;
    let written = WrittenView::fetch(engine, tenant, view, inputs.snapshot).await?;
    let mut covered = Coverage::new();
    written.partitions.iter().for_each(|partition| covered.union_with(&partition.coverage));
    let (all, range) = (BlockSelection::default(), SequenceRange::of(inputs.snapshot));
    let fresh =
        fresh_blocks(engine, view.source, tenant, range, &covered, &all, usize::MAX).await?;
    let files = written.partitions.iter().filter_map(|partition| partition.file.as_ref());
    Ok(Lag {
        tenant: tenant.clone(),
        view: view.name().to_owned(),
        partition_count: written.partitions.len() as i64,
        partition_bytes: files.map(|file| file.size as i64).sum(),
        fresh_block_count: fresh.len() as i64,
        fresh_bytes: fresh.iter().map(|block| block.payload.length as i64).sum(),
        oldest: fresh.iter().map(|block| block.insert_time).min(),
        quarantined_block_count: 0,
        written_share: share(covered.len(), inputs.snapshot),
    })
}

fn share(covered_count: u64, snapshot: Snapshot) -> f64 {
    match snapshot.commit_sequence.as_u64() {
        0 => 1.0,
        all => covered_count as f64 / all as f64,
    }
}

#[async_trait]
impl Computation for LakehouseLag {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&SCHEMA)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        None
    }

    async fn run(&self, inputs: Inputs) -> Result<Batches> {
        let mut rows = Vec::new();
        for tenant in inputs.tenants.iter() {
            for view in materialized_views() {
                rows.push(lag(&inputs, tenant, view).await?);
            }
            for view in inputs.engine.sql_views().of_tenant(&inputs.engine, tenant).await? {
                rows.push(lag_of_sql(&inputs, tenant, &view).await?);
            }
        }
        let now = inputs.engine.lakehouse().store().now().await.map_err(Error::from)?;
        let numbers = |of: fn(&Lag) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(rows.iter().map(of)))
        };
        let oldest = rows.iter().map(|row| row.oldest.map(to_nanoseconds));
        let oldest = oldest.collect::<TimestampNanosecondArray>().with_timezone("+00:00");
        let lags = rows.iter().map(|row| {
            let lag = row.oldest.map(|oldest| (now - oldest).num_nanoseconds().unwrap_or(i64::MAX));
            lag.unwrap_or_default().max(0)
        });
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| row.tenant.as_str()))),
            Arc::new(StringArray::from_iter_values(rows.iter().map(|row| &row.view))),
            numbers(|row| row.partition_count),
            numbers(|row| row.partition_bytes),
            numbers(|row| row.fresh_block_count),
            numbers(|row| row.fresh_bytes),
            Arc::new(oldest),
            Arc::new(Int64Array::from_iter_values(lags)),
            numbers(|row| row.quarantined_block_count),
            Arc::new(Float64Array::from_iter_values(rows.iter().map(|row| row.written_share))),
        ];
        let batch = RecordBatch::try_new(Arc::clone(&SCHEMA), columns)?;
        Ok(stream::iter([Ok(batch)]).boxed())
    }
}
