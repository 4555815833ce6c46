//! The scan of a derived table.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, SecondsFormat, TimeDelta};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, Session, TableProvider,
};
use datafusion::common::ScalarValue;
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};
use datafusion::physical_plan::ExecutionPlan;
use micromegas_lakehouse::{Snapshot, Tenant};

use super::time_bounds::TimeBounds;
use super::{ConformExec, DerivedTable};
use crate::engine::Engine;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::{LakeTable, ScanRequest, SnapshotScan};
use crate::view::find_view;

/// Where the queries of derived tables find their sources.
const CATALOG: &str = "sources";
const SCHEMA: &str = "views";

/// A derived table over some tenants' blocks.
#[derive(Debug)]
pub(crate) struct DerivedScan {
    table: &'static DerivedTable,
    tenants: Arc<[Tenant]>,
    scope: ViewScope,
}

impl DerivedScan {
    pub(crate) fn new(
        table: &'static DerivedTable,
        tenants: Arc<[Tenant]>,
        scope: ViewScope,
    ) -> Self {
        Self { table, tenants, scope }
    }

    /// A view that the query reads, at the snapshot, limited to the times that can matter.
    fn source(
        &self,
        name: &'static str,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        bounds: TimeBounds,
    ) -> Result<Arc<dyn TableProvider>> {
        let view = find_view(name)
            .ok_or_else(|| DataFusionError::Internal(format!("there is no view {name}")))?;
        let time = view.definition().time.0;
        let scan = ViewScan::new(Arc::clone(view), Arc::clone(&self.tenants), self.scope);
        let table = LakeTable::fixed_at(Arc::clone(engine), Arc::new(scan), snapshot);
        let source: Arc<dyn TableProvider> = Arc::new(table);
        let (Some(bin_ns), false) = (self.table.bin_ns, bounds == TimeBounds::default()) else {
            return Ok(source);
        };
        let least = bounds.least.map(|least| col(time).gt_eq(time_literal(least)));
        let greatest = bounds
            .greatest
            .map(|greatest| col(time).lt(time_literal(greatest.saturating_add(bin_ns))));
        let mut plan = LogicalPlanBuilder::scan(name, provider_as_source(source), None)?;
        for filter in least.into_iter().chain(greatest) {
            plan = plan.filter(filter)?;
        }
        Ok(Arc::new(ViewTable::new(plan.build()?, None)))
    }

    /// A planner that knows the sources by their names, and nothing else.
    fn planner(
        &self,
        session: &dyn Session,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        filters: &[Expr],
    ) -> Result<SessionState> {
        let bounds = TimeBounds::of(filters, self.table.time.0);
        let schema = MemorySchemaProvider::new();
        for name in self.table.sources {
            let source = self.source(name, engine, snapshot, bounds)?;
            schema.register_table((*name).to_owned(), source)?;
        }
        let catalog = MemoryCatalogProvider::new();
        catalog.register_schema(SCHEMA, Arc::new(schema))?;
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
        let state = session_state(session)?;
        // A default catalog would take the place of the one with the sources.
        let config = state
            .config()
            .clone()
            .with_default_catalog_and_schema(CATALOG, SCHEMA)
            .with_create_default_catalog_and_schema(false);
        Ok(SessionStateBuilder::new_from_existing(state.clone())
            .with_config(config)
            .with_catalog_list(Arc::new(catalogs))
            .build())
    }
}

#[async_trait]
impl SnapshotScan for DerivedScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.table.schema)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        Some(self.table.time)
    }

    fn has_sent_properties(&self) -> bool {
        false
    }

    async fn scan(
        &self,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        request: ScanRequest<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let planner = self.planner(request.session, engine, snapshot, request.filters)?;
        let sql = with_insert_times(self.table.sql, snapshot);
        let mut plan = LogicalPlanBuilder::from(planner.create_logical_plan(&sql).await?)
            .alias(self.table.name)?;
        if let Some(filter) = conjunction(request.filters.iter().cloned()) {
            plan = plan.filter(filter)?;
        }
        let mut schema = Arc::clone(&self.table.schema);
        if let Some(projection) = request.projection {
            let columns = projection.iter().map(|index| col_of(&schema, *index));
            plan = plan.project(columns.collect::<Vec<_>>())?;
            schema = Arc::new(schema.project(projection)?);
        }
        plan = plan.limit(0, request.limit)?;
        let rows = planner.create_physical_plan(&plan.build()?).await?;
        Ok(Arc::new(ConformExec::new(self.table.name, rows, schema)))
    }
}

/// The state behind a session, for planning queries of our own.
pub(crate) fn session_state(session: &dyn Session) -> Result<&SessionState> {
    session.as_any().downcast_ref::<SessionState>().ok_or_else(|| {
        DataFusionError::Plan(
            "derived tables are planned with DataFusion's own SessionState only".to_owned(),
        )
    })
}

fn col_of(schema: &SchemaRef, index: usize) -> Expr {
    Expr::Column(datafusion::common::Column::from_name(schema.field(index).name()))
}

fn time_literal(ns: i64) -> Expr {
    lit(ScalarValue::TimestampNanosecond(Some(ns), Some("+00:00".into())))
}

/// The query with the range of insert times that a snapshot holds.
fn with_insert_times(sql: &str, snapshot: Snapshot) -> String {
    let text = |time: DateTime<chrono::Utc>| time.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let end = snapshot.insert_time.checked_add_signed(TimeDelta::microseconds(1));
    sql.replace("{begin}", &text(DateTime::UNIX_EPOCH))
        .replace("{end}", &text(end.unwrap_or(snapshot.insert_time)))
}
