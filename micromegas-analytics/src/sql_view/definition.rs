//! What a view in SQL is.

use std::sync::Arc;

use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use futures::FutureExt;
use micromegas_lakehouse::Tenant;

use super::recipe::{Recipe, TimeColumn, unqualified};
use super::split::refused;
use crate::derived::planner_of;
use crate::view::{Instances, View, views};

/// A view that a host declares, see [`Options::views`](crate::Options::views).
///
/// ```
/// use micromegas_analytics::SqlView;
///
/// let errors = SqlView::new(
///     "errors_by_minute",
///     "SELECT date_bin('1 minute', time) AS time_bin, process_id, count(*) AS errors
///      FROM log_entries
///      WHERE level <= 2 AND insert_time >= '{begin}' AND insert_time < '{end}'
///      GROUP BY time_bin, process_id",
/// );
/// # let _ = errors;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqlView {
    /// Its name in SQL: lower-case letters, digits and underscores.
    pub name: String,
    /// Grows whenever the query or its meaning changes: what was written down before is made anew.
    pub version: u32,
    /// A query over one table of events. `{begin}` and `{end}` stand for texts of times: the query
    /// is asked for the rows of blocks whose `insert_time` is at or after the first and before the
    /// second.
    pub sql: String,
    /// A query that merges rows of the first one, as `{source}`, into rows with the same columns;
    /// if it is none, it is derived from the query.
    pub merge: Option<String>,
}

impl SqlView {
    /// A view whose merging is derived from its query.
    pub fn new(name: impl Into<String>, sql: impl Into<String>) -> Self {
        Self { name: name.into(), version: 1, sql: sql.into(), merge: None }
    }
}

/// A view that was understood.
#[derive(Debug)]
pub(crate) struct CompiledView {
    pub(crate) definition: SqlView,
    /// The tenant whose view it is; everybody's if it is none.
    pub(crate) tenant: Option<Tenant>,
    /// The view that the query reads.
    pub(crate) source: &'static Arc<dyn View>,
    /// The columns of its rows.
    pub(crate) schema: SchemaRef,
    /// The columns of its partitions.
    pub(crate) states: SchemaRef,
    /// By what rows of partitions are sorted.
    pub(crate) sorted_by: Vec<String>,
    /// By what partitions are looked up.
    pub(crate) ids: Vec<String>,
    pub(crate) time: Option<TimeColumn>,
    /// Whether each row is of one process, which it names.
    pub(crate) has_process: bool,
}

/// What a given merge query reads.
const MERGED_TABLE: &str = "source";

impl CompiledView {
    /// Understands a definition. `schema` is what its rows are promised to look like, if anything
    /// is promised.
    ///
    /// # Errors
    ///
    /// If the query does not make sense, or cannot be kept up part by part.
    pub(crate) fn try_new(
        state: &SessionState,
        definition: SqlView,
        tenant: Option<Tenant>,
        schema: Option<SchemaRef>,
    ) -> Result<Self> {
        let sources: Vec<_> = sources().collect();
        let tables = sources.iter().map(|view| {
            let definition = view.definition();
            let table: Arc<dyn TableProvider> =
                Arc::new(EmptyTable::new(Arc::clone(&definition.schema)));
            (definition.name, table)
        });
        let planner = planner_of(state, tables)?;
        let sql =
            with_insert_times(&definition.sql, "1970-01-01T00:00:00Z", "2262-01-01T00:00:00Z");
        let plan = plan_now(&planner, &sql).map_err(|error| explained(error, &sources))?;
        let recipe = Recipe::of(&plan)?;
        let source = sources
            .into_iter()
            .find(|view| view.definition().name == recipe.source())
            .ok_or_else(|| refused(recipe.source(), "select from a table of events"))?;
        let extract = match definition.merge {
            None => recipe.extract()?,
            Some(_) => unqualified(plan.clone())?,
        };
        let states = Arc::new(extract.schema().as_arrow().clone());
        let time = recipe.time_column();
        let mut sorted_by: Vec<String> = time.iter().map(|time| time.name.clone()).collect();
        for key in recipe.keys() {
            let field = states.field_with_name(key);
            let is_sortable = field.is_ok_and(|field| !field.data_type().is_nested());
            if is_sortable && !sorted_by.contains(key) {
                sorted_by.push(key.clone());
            }
        }
        let ids = ["process_id", "stream_id", "block_id"].map(str::to_owned);
        let ids = ids.into_iter().filter(|id| recipe.has_key(id)).collect();
        let schema = schema.unwrap_or_else(|| Arc::new(plan.schema().as_arrow().clone()));
        if schema.fields().len() != plan.schema().fields().len() {
            return Err(DataFusionError::Plan("the view has other columns".to_owned()));
        }
        let has_process = recipe.has_key("process_id");
        let view =
            Self { definition, tenant, source, schema, states, sorted_by, ids, time, has_process };
        // Everything that is planned later is planned once now.
        let parts = view.planned(&plan)?;
        let states = parts.extract()?;
        let merged = parts.merge(states, &planner)?;
        parts.finish(merged)?;
        Ok(view)
    }

    pub(crate) fn name(&self) -> &str {
        &self.definition.name
    }

    /// The recipe over a plan of the view's query.
    pub(crate) fn planned(&self, plan: &LogicalPlan) -> Result<PlannedView<'_>> {
        Ok(PlannedView { view: self, plan: plan.clone(), recipe: Recipe::of(plan)? })
    }

    /// The view's query for a range of insert times, by a planner that knows its source.
    pub(crate) async fn plan(
        &self,
        planner: &SessionState,
        begin: &str,
        end: &str,
    ) -> Result<PlannedView<'_>> {
        let sql = with_insert_times(&self.definition.sql, begin, end);
        self.planned(&planner.create_logical_plan(&sql).await?)
    }
}

/// A view with a plan of its query.
#[derive(Debug)]
pub(crate) struct PlannedView<'a> {
    view: &'a CompiledView,
    plan: LogicalPlan,
    recipe: Recipe,
}

impl PlannedView<'_> {
    /// States of the rows of the source.
    pub(crate) fn extract(&self) -> Result<LogicalPlan> {
        match self.view.definition.merge {
            None => self.recipe.extract(),
            Some(_) => unqualified(self.plan.clone()),
        }
    }

    /// One state for all those of the same keys.
    pub(crate) fn merge(&self, states: LogicalPlan, planner: &SessionState) -> Result<LogicalPlan> {
        let Some(merge) = &self.view.definition.merge else {
            return self.recipe.merge(states);
        };
        let states = LogicalPlanBuilder::from(states).alias(MERGED_TABLE)?.build()?;
        let table: Arc<dyn TableProvider> =
            Arc::new(datafusion::datasource::ViewTable::new(states, None));
        let planner = planner_of(planner, [(MERGED_TABLE, table)])?;
        let merged = unqualified(plan_now(&planner, &merge.replace("{source}", MERGED_TABLE))?)?;
        let (columns, expected) = (merged.schema().as_arrow(), &self.view.states);
        let names = |schema: &datafusion::arrow::datatypes::Schema| -> Vec<String> {
            schema.fields().iter().map(|field| field.name().clone()).collect()
        };
        if names(columns) != names(expected) {
            return Err(DataFusionError::Plan(format!(
                "the merge query of {} gives other columns than its query: {:?} and not {:?}",
                self.view.name(),
                names(columns),
                names(expected)
            )));
        }
        Ok(merged)
    }

    /// The rows of the view, made of merged states.
    pub(crate) fn finish(&self, merged: LogicalPlan) -> Result<LogicalPlan> {
        match self.view.definition.merge {
            None => self.recipe.finish(merged),
            Some(_) => Ok(merged),
        }
    }
}

/// Views that queries may read: those with a global table whose rows say which block they are of.
fn sources() -> impl Iterator<Item = &'static Arc<dyn View>> {
    views().iter().filter(|view| {
        let definition = view.definition();
        definition.instances == Instances::GlobalByProcess
            && definition.schema.field_with_name("insert_time").is_ok()
            && definition.schema.field_with_name("block_id").is_ok()
    })
}

/// Plans a query whose tables are there already.
fn plan_now(planner: &SessionState, sql: &str) -> Result<LogicalPlan> {
    planner.create_logical_plan(sql).now_or_never().unwrap_or_else(|| {
        Err(DataFusionError::Internal("planning has waited for something".to_owned()))
    })
}

/// The query with texts of times in the place of its placeholders.
pub(crate) fn with_insert_times(sql: &str, begin: &str, end: &str) -> String {
    sql.replace("{begin}", begin).replace("{end}", end)
}

/// The error of a query that reads what a view cannot read.
fn explained(error: DataFusionError, sources: &[&'static Arc<dyn View>]) -> DataFusionError {
    let message = error.strip_backtrace();
    match message.contains("not found") && message.contains("table") {
        true => {
            let names: Vec<_> = sources.iter().map(|view| view.definition().name).collect();
            DataFusionError::Plan(format!(
                "{message}; a materialized view reads one of {}",
                names.join(", ")
            ))
        }
        false => error,
    }
}
