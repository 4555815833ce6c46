//! The execution plan that applies rules to rows.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BinaryArray, DictionaryArray, RecordBatch, RecordBatchOptions,
};
use datafusion::arrow::datatypes::Int32Type;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::filter_pushdown::{
    ChildFilterDescription, FilterDescription, FilterPushdownPhase,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties,
};
use futures::TryStreamExt;
use micromegas_lakehouse::Redaction;

use super::value::{Content, redacted};

/// Drops and hashes properties in the columns of its input.
#[derive(Debug)]
pub(super) struct RedactExec {
    input: Arc<dyn ExecutionPlan>,
    rules: Redaction,
    /// For each column, what of it is properties.
    contents: Arc<[Option<Content>]>,
    properties: Arc<PlanProperties>,
}

impl RedactExec {
    pub(super) fn new(
        input: Arc<dyn ExecutionPlan>,
        rules: Redaction,
        contents: Arc<[Option<Content>]>,
    ) -> Self {
        let properties = PlanProperties::new(
            EquivalenceProperties::new(input.schema()),
            Partitioning::UnknownPartitioning(input.output_partitioning().partition_count()),
            input.pipeline_behavior(),
            input.boundedness(),
        );
        Self { input, rules, contents, properties: Arc::new(properties) }
    }
}

impl DisplayAs for RedactExec {
    /// Without the rules: what is hidden is nobody's business.
    fn fmt_as(&self, _t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RedactExec")
    }
}

impl ExecutionPlan for RedactExec {
    fn name(&self) -> &'static str {
        "RedactExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.input]
    }

    fn apply_expressions(
        &self,
        _f: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        mut children: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let input = children.pop().unwrap_or_else(|| Arc::clone(&self.input));
        Ok(Arc::new(Self::new(input, self.rules.clone(), Arc::clone(&self.contents))))
    }

    /// Conditions on columns that stay as they are may go further down, such as the bound that the
    /// newest rows so far set for those to come.
    fn gather_filters_for_pushdown(
        &self,
        _phase: FilterPushdownPhase,
        parent_filters: Vec<Arc<dyn PhysicalExpr>>,
        _config: &ConfigOptions,
    ) -> Result<FilterDescription> {
        let columns = self.contents.iter().enumerate();
        let unchanged: HashSet<usize> =
            columns.filter(|(_, content)| content.is_none()).map(|(index, _)| index).collect();
        let input = ChildFilterDescription::from_child_with_allowed_indices(
            &parent_filters,
            unchanged,
            &self.input,
        )?;
        Ok(FilterDescription::new().with_child(input))
    }

    fn execute(
        &self,
        partition: usize,
        context: Arc<TaskContext>,
    ) -> Result<SendableRecordBatchStream> {
        let (rules, contents) = (self.rules.clone(), Arc::clone(&self.contents));
        let batches = self.input.execute(partition, context)?;
        let redacted = batches
            .and_then(move |batch| std::future::ready(redact_batch(&rules, &contents, &batch)));
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.input.schema(), redacted)))
    }
}

fn redact_batch(
    rules: &Redaction,
    contents: &[Option<Content>],
    batch: &RecordBatch,
) -> Result<RecordBatch> {
    let columns = batch.columns().iter().zip(contents);
    let columns = columns
        .map(|(column, content)| match content {
            Some(content) => redact_column(rules, *content, column),
            None => Ok(Arc::clone(column)),
        })
        .collect::<Result<Vec<_>>>()?;
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(batch.schema(), columns, &options)?)
}

/// Of a dictionary, each value once: rows share them.
fn redact_column(rules: &Redaction, content: Content, column: &ArrayRef) -> Result<ArrayRef> {
    if let Some(dictionary) = column.as_dictionary_opt::<Int32Type>() {
        let values = redact_column(rules, content, dictionary.values())?;
        let keys = dictionary.keys().clone();
        return Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?));
    }
    let values = column.as_binary_opt::<i32>().ok_or_else(|| {
        DataFusionError::Internal(format!("properties of the type {}", column.data_type()))
    })?;
    let changed: Vec<_> = values.iter().map(|value| redacted(rules, content, value?)).collect();
    if changed.iter().all(Option::is_none) {
        return Ok(Arc::clone(column));
    }
    let values = values.iter().zip(&changed);
    let values = values.map(|(value, changed)| changed.as_deref().or(value));
    Ok(Arc::new(values.collect::<BinaryArray>()))
}
