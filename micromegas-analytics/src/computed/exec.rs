//! The execution plan of a computed table.

use std::fmt;
use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use futures::{TryStreamExt, stream};

use super::computation::{Computation, Inputs};

/// Runs a computation as one partition.
#[derive(Debug)]
pub(super) struct ComputedExec {
    computation: Arc<dyn Computation>,
    inputs: Inputs,
    projection: Option<Arc<[usize]>>,
    properties: Arc<PlanProperties>,
}

impl ComputedExec {
    pub(super) fn try_new(
        computation: Arc<dyn Computation>,
        inputs: Inputs,
        projection: Option<&Vec<usize>>,
    ) -> Result<Self> {
        let schema: SchemaRef = match projection {
            Some(projection) => Arc::new(computation.schema().project(projection)?),
            None => computation.schema(),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            computation,
            inputs,
            projection: projection.map(|projection| projection.as_slice().into()),
            properties: Arc::new(properties),
        })
    }
}

impl DisplayAs for ComputedExec {
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComputedExec: {}", self.computation.name())
    }
}

impl ExecutionPlan for ComputedExec {
    fn name(&self) -> &'static str {
        "ComputedExec"
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
        _partition: usize,
        _context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let (computation, inputs) = (Arc::clone(&self.computation), self.inputs.clone());
        let projection = self.projection.clone();
        let batches = stream::once(async move { computation.run(inputs).await })
            .try_flatten()
            .and_then(move |batch| {
                let projected = match &projection {
                    Some(projection) => batch.project(projection).map_err(Into::into),
                    None => Ok(batch),
                };
                std::future::ready(projected)
            });
        let schema = Arc::clone(self.properties.eq_properties.schema());
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}
