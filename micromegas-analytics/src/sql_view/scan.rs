//! The scan of a view: what is written down of it, merged with what is not.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::DFSchema;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{
    Expr, LogicalPlan, LogicalPlanBuilder, TableProviderFilterPushDown, TableType, col,
};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use micromegas_lakehouse::{PartitionRecord, Snapshot, Tenant};

use super::definition::{CompiledView, PlannedView};
use super::recipe::unqualified;
use super::written::{Wanted, WrittenView};
use crate::derived::{ConformExec, TimeBounds, planner_of, session_state, time_literal_ns};
use crate::engine::Engine;
use crate::scan::{ViewScan, ViewScope, matching_files, scan_files};
use crate::snapshot::{LakeTable, ScanRequest, SnapshotScan};

/// What partitions with states are called in plans.
const STATES: &str = "states";

/// A view, as each of some tenants has it: by the same query.
#[derive(Debug)]
pub(crate) struct SqlViewScan {
    views: Vec<(Tenant, Arc<CompiledView>)>,
}

/// What is left to read of the source of a view.
struct Unwritten<'a> {
    tenant: &'a Tenant,
    view: &'a CompiledView,
    wanted: Wanted,
}

impl SqlViewScan {
    /// There is at least one tenant.
    pub(crate) fn new(views: Vec<(Tenant, Arc<CompiledView>)>) -> Self {
        Self { views }
    }

    /// A table of a view that all tenants have.
    pub(crate) fn table(
        engine: &Arc<Engine>,
        view: &Arc<CompiledView>,
        tenants: &[Tenant],
    ) -> Arc<dyn TableProvider> {
        let views = tenants.iter().map(|tenant| (tenant.clone(), Arc::clone(view))).collect();
        let scan: Arc<dyn SnapshotScan> = match tenants {
            [] => Arc::new(NoRows(Arc::clone(view))),
            _ => Arc::new(Self::new(views)),
        };
        Arc::new(LakeTable::new(Arc::clone(engine), scan))
    }

    fn view(&self) -> &Arc<CompiledView> {
        &self.views[0].1
    }

    /// The view's rows as a plan, and the planner that it is for.
    async fn rows(
        &self,
        session: &SessionState,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        bounds: TimeBounds,
    ) -> Result<(LogicalPlan, SessionState)> {
        let mut states: Option<LogicalPlan> = None;
        let mut unwritten = Vec::new();
        for (tenant, view) in &self.views {
            let written = WrittenView::fetch(engine, tenant, view, snapshot).await?;
            let missed = written.missed(engine, tenant, view).await?;
            let wanted = Wanted::unwritten(&written, missed);
            if !written.partitions.is_empty() {
                let stored = stored_states(engine, view, written.partitions)?;
                states = Some(joined(states, stored)?);
            }
            unwritten.push(Unwritten { tenant, view, wanted });
        }
        let mut last = None;
        for Unwritten { tenant, view, wanted } in unwritten {
            // Where nothing is left to read, the plan of the query is needed all the same: it says
            // how states become rows.
            let source = source(engine, view, tenant, snapshot, &wanted, bounds)?;
            let planner = planner_of(session, [(view.source.definition().name, source)])?;
            let (begin, end) = wanted.insert_times(snapshot);
            let planned = view.plan(&planner, &begin, &end).await?;
            if !wanted.is_nothing() {
                states = Some(joined(states, planned.extract()?)?);
            }
            last = Some((planned, planner));
        }
        let (planned, planner) =
            last.ok_or_else(|| DataFusionError::Internal("there is no tenant".to_owned()))?;
        // In a lake where no block has a number yet there is nothing to want either.
        let states = states.map_or_else(|| planned.extract(), Ok)?;
        let merged = planned.merge(states, &planner)?;
        Ok((planned.finish(merged)?, planner))
    }
}

/// States of both.
fn joined(states: Option<LogicalPlan>, more: LogicalPlan) -> Result<LogicalPlan> {
    match states {
        Some(states) => LogicalPlanBuilder::from(states).union(more)?.build(),
        None => Ok(more),
    }
}

/// The states in partitions as a plan.
pub(crate) fn stored_states(
    engine: &Arc<Engine>,
    view: &Arc<CompiledView>,
    partitions: Vec<PartitionRecord>,
) -> Result<LogicalPlan> {
    let table = StatesTable { engine: Arc::clone(engine), view: Arc::clone(view), partitions };
    let source = provider_as_source(Arc::new(table));
    unqualified(LogicalPlanBuilder::scan(STATES, source, None)?.build()?)
}

/// The source of a view, limited to the rows that are wanted.
pub(crate) fn source(
    engine: &Arc<Engine>,
    view: &CompiledView,
    tenant: &Tenant,
    snapshot: Snapshot,
    wanted: &Wanted,
    bounds: TimeBounds,
) -> Result<Arc<dyn TableProvider>> {
    let scan = ViewScan::new(Arc::clone(view.source), [tenant.clone()].into(), ViewScope::Global);
    let table = LakeTable::fixed_at(Arc::clone(engine), Arc::new(scan), snapshot);
    let name = view.source.definition().name;
    let mut filters: Vec<Expr> = wanted.condition().into_iter().collect();
    if let Some(time) = &view.time {
        let source = col(time.source.as_str());
        let least = bounds.least.map(|ns| source.clone().gt_eq(time_literal_ns(ns)));
        let greatest =
            bounds.greatest.map(|ns| source.lt(time_literal_ns(ns.saturating_add(time.bin_ns))));
        filters.extend(least.into_iter().chain(greatest));
    }
    let mut plan = LogicalPlanBuilder::scan(name, provider_as_source(Arc::new(table)), None)?;
    if let Some(filter) = conjunction(filters) {
        plan = plan.filter(filter)?;
    }
    Ok(Arc::new(ViewTable::new(plan.build()?, None)))
}

#[async_trait]
impl SnapshotScan for SqlViewScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.view().schema)
    }

    fn time_columns(&self) -> Option<(&str, &str)> {
        self.view().time.as_ref().map(|time| (time.name.as_str(), time.name.as_str()))
    }

    /// The rules are applied to the rows of the source.
    fn has_sent_properties(&self) -> bool {
        false
    }

    async fn scan(
        &self,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        request: ScanRequest<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut schema = Arc::clone(&self.view().schema);
        let bounds = match &self.view().time {
            Some(time) => TimeBounds::of(request.filters, &time.name),
            None => TimeBounds::default(),
        };
        let session = session_state(request.session)?;
        let (rows, planner) = self.rows(session, engine, snapshot, bounds).await?;
        let mut plan = LogicalPlanBuilder::from(rows).alias(self.view().name())?;
        if let Some(filter) = conjunction(request.filters.iter().cloned()) {
            plan = plan.filter(filter)?;
        }
        if let Some(projection) = request.projection {
            let columns = projection.iter().map(|index| {
                let name = schema.field(*index).name();
                Expr::Column(datafusion::common::Column::from_name(name))
            });
            plan = plan.project(columns.collect::<Vec<_>>())?;
            schema = Arc::new(schema.project(projection)?);
        }
        plan = plan.limit(0, request.limit)?;
        let rows = planner.create_physical_plan(&plan.build()?).await?;
        Ok(Arc::new(ConformExec::new(self.view().name(), rows, schema)))
    }
}

/// A view as somebody sees it who may read nothing.
#[derive(Debug)]
struct NoRows(Arc<CompiledView>);

#[async_trait]
impl SnapshotScan for NoRows {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    fn time_columns(&self) -> Option<(&str, &str)> {
        None
    }

    fn has_sent_properties(&self) -> bool {
        false
    }

    async fn scan(
        &self,
        _engine: &Arc<Engine>,
        _snapshot: Snapshot,
        request: ScanRequest<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        empty(&self.0.schema, request.projection)
    }
}

fn empty(schema: &SchemaRef, projection: Option<&Vec<usize>>) -> Result<Arc<dyn ExecutionPlan>> {
    let schema = match projection {
        Some(projection) => Arc::new(schema.project(projection)?),
        None => Arc::clone(schema),
    };
    Ok(Arc::new(EmptyExec::new(schema)))
}

/// The partitions of a view: states.
#[derive(Debug)]
struct StatesTable {
    engine: Arc<Engine>,
    view: Arc<CompiledView>,
    partitions: Vec<PartitionRecord>,
}

#[async_trait]
impl TableProvider for StatesTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.view.states)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let schema = &self.view.states;
        let predicate = match conjunction(filters.iter().cloned()) {
            Some(filter) => {
                let columns = DFSchema::try_from(Arc::clone(schema))?;
                Some(session.create_physical_expr(filter, &columns)?)
            }
            None => None,
        };
        let times = self.view.time.iter().map(|time| time.name.as_str()).collect::<Vec<_>>();
        let partitions = matching_files(schema, &times, &self.partitions, predicate.as_ref());
        if partitions.is_empty() {
            return empty(schema, projection);
        }
        let predicate = predicate.as_ref();
        scan_files(&self.engine, session, schema, &partitions, projection, predicate, limit)
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}

/// States of the rows of a source that are wanted, by a planner that knows no other table.
pub(crate) async fn planned_extract<'a>(
    session: &SessionState,
    engine: &Arc<Engine>,
    view: &'a CompiledView,
    tenant: &Tenant,
    snapshot: Snapshot,
    wanted: &Wanted,
) -> Result<(PlannedView<'a>, SessionState)> {
    let source = source(engine, view, tenant, snapshot, wanted, TimeBounds::default())?;
    let planner = planner_of(session, [(view.source.definition().name, source)])?;
    let (begin, end) = wanted.insert_times(snapshot);
    Ok((view.plan(&planner, &begin, &end).await?, planner))
}
