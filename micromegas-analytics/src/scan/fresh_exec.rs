//! The execution plan that decodes fresh blocks.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{BaselineMetrics, ExecutionPlanMetricsSet, MetricsSet};
use datafusion::physical_plan::metrics::{MetricBuilder, SplitMetrics};
use datafusion::physical_plan::stream::{BatchSplitStream, RecordBatchStreamAdapter};
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use futures::TryStreamExt;
use micromegas_lakehouse::BlockRecord;

use super::fresh_stream::decode_runs;
use super::joined::joined;
use crate::engine::Engine;
use crate::view::View;

/// Blocks that are decoded together, in order.
pub(crate) type Run = Vec<BlockRecord>;

/// Decodes runs of fresh blocks; each partition does its share of them, one block in memory per
/// block fetched ahead.
#[derive(Debug)]
pub(crate) struct FreshBlocksExec {
    engine: Arc<Engine>,
    view: Arc<dyn View>,
    shares: Vec<Arc<[Run]>>,
    projection: Option<Arc<[usize]>>,
    properties: Arc<PlanProperties>,
    metrics: ExecutionPlanMetricsSet,
}

impl FreshBlocksExec {
    /// A plan of at most `partition_count` partitions.
    pub(crate) fn try_new(
        engine: Arc<Engine>,
        view: Arc<dyn View>,
        runs: Vec<Run>,
        projection: Option<&Vec<usize>>,
        partition_count: usize,
    ) -> Result<Self> {
        let schema: SchemaRef = match projection {
            Some(projection) => Arc::new(view.definition().schema.project(projection)?),
            None => Arc::clone(&view.definition().schema),
        };
        let shares = share(runs, partition_count);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(shares.len()),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            engine,
            view,
            shares,
            projection: projection.map(|projection| projection.as_slice().into()),
            properties: Arc::new(properties),
            metrics: ExecutionPlanMetricsSet::new(),
        })
    }
}

/// Deals runs out so that every share has about the same number of payload bytes.
fn share(mut runs: Vec<Run>, share_count_max: usize) -> Vec<Arc<[Run]>> {
    let weight = |run: &Run| run.iter().map(|block| block.payload.length).sum::<u64>();
    let share_count = runs.len().clamp(1, share_count_max.max(1));
    let mut shares: Vec<(u64, Vec<Run>)> = vec![(0, Vec::new()); share_count];
    runs.sort_by_key(|run| std::cmp::Reverse(weight(run)));
    for run in runs {
        if let Some(lightest) = shares.iter_mut().min_by_key(|share| share.0) {
            lightest.0 += weight(&run);
            lightest.1.push(run);
        }
    }
    shares.into_iter().map(|(_, runs)| runs.into()).collect()
}

impl DisplayAs for FreshBlocksExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let block_count: usize =
            self.shares.iter().flat_map(|runs| runs.iter()).map(Vec::len).sum();
        let name = self.view.definition().name;
        write!(
            f,
            "FreshBlocksExec: view={name}, blocks={block_count}, partitions={}",
            self.shares.len()
        )
    }
}

impl ExecutionPlan for FreshBlocksExec {
    fn name(&self) -> &'static str {
        "FreshBlocksExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let runs = Arc::clone(&self.shares[partition]);
        let projection = self.projection.clone();
        let rows = BaselineMetrics::new(&self.metrics, partition);
        let blocks = MetricBuilder::new(&self.metrics).counter("blocks", partition);
        blocks.add(runs.iter().map(Vec::len).sum());
        let batches = decode_runs(Arc::clone(&self.engine), Arc::clone(&self.view), runs)
            .map_err(Into::into)
            .and_then(move |batch| {
                let projected = match &projection {
                    Some(projection) => batch.project(projection).map_err(Into::into),
                    None => Ok(batch),
                };
                if let Ok(batch) = &projected {
                    rows.record_output(batch.num_rows());
                }
                std::future::ready(projected)
            });
        let schema = Arc::clone(self.properties.eq_properties.schema());
        let row_count_max = context.session_config().batch_size();
        let batches = joined(batches, Arc::clone(&schema), row_count_max);
        let stream = Box::pin(RecordBatchStreamAdapter::new(schema, batches));
        let split = SplitMetrics::new(&self.metrics, partition);
        Ok(Box::pin(BatchSplitStream::new(stream, row_count_max, split)))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }
}
