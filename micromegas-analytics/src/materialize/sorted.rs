//! Rows sorted by time within a fixed memory budget.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::catalog::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{LexOrdering, PhysicalSortExpr};
use datafusion::physical_plan::coalesce_partitions::CoalescePartitionsExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties, execute_stream};
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::engine::Engine;
use crate::error::Error;
use crate::view::ViewDefinition;

/// A context for the daemon's own plans: sorting beyond the budget spills to disk.
pub(super) fn sort_context(engine: &Engine, memory_bytes: usize) -> Result<SessionContext, Error> {
    let runtime = RuntimeEnvBuilder::new().with_memory_limit(memory_bytes, 1.0).build_arc()?;
    let config = SessionConfig::new().with_target_partitions(1);
    let context = SessionContext::new_with_config_rt(config, runtime);
    let objects = Arc::clone(engine.lakehouse().objects());
    context.register_object_store(engine.object_store_url().as_ref(), objects);
    Ok(context)
}

/// These batches as a plan.
pub(super) fn memory_plan(
    definition: &ViewDefinition,
    batches: Vec<RecordBatch>,
) -> Result<Arc<dyn ExecutionPlan>, Error> {
    let schema = Arc::clone(&definition.schema);
    let plan: Arc<dyn ExecutionPlan> = MemorySourceConfig::try_new_exec(&[batches], schema, None)?;
    Ok(plan)
}

/// The rows of a plan, sorted by the view's time column.
pub(super) fn sorted_rows(
    context: &SessionContext,
    definition: &ViewDefinition,
    plan: Arc<dyn ExecutionPlan>,
) -> Result<SendableRecordBatchStream, Error> {
    sorted_by(context, &[definition.time.0], plan)
}

/// The rows of a plan, sorted by these columns; as they come if there are none.
pub(super) fn sorted_by(
    context: &SessionContext,
    columns: &[&str],
    plan: Arc<dyn ExecutionPlan>,
) -> Result<SendableRecordBatchStream, Error> {
    let plan: Arc<dyn ExecutionPlan> = match plan.output_partitioning().partition_count() {
        1 => plan,
        _ => Arc::new(CoalescePartitionsExec::new(plan)),
    };
    let schema = plan.schema();
    let columns = columns.iter().map(|name| Ok(PhysicalSortExpr::new_default(col(name, &schema)?)));
    let plan = match LexOrdering::new(columns.collect::<Result<Vec<_>, DataFusionError>>()?) {
        Some(ordering) => Arc::new(SortExec::new(ordering, plan)),
        None => plan,
    };
    Ok(execute_stream(plan, context.task_ctx())?)
}
