//! The scan of a derived table.

use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemoryCatalogProvider, MemoryCatalogProviderList,
    MemorySchemaProvider, SchemaProvider, Session, TableProvider,
};
use datafusion::common::ScalarValue;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, lit};
use datafusion::physical_plan::ExecutionPlan;
use micromegas_lakehouse::{Snapshot, Tenant};

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

    /// A planner that knows the views that the query reads, at the snapshot.
    fn planner(
        &self,
        session: &dyn Session,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
    ) -> Result<SessionState> {
        let sources = self.table.sources.iter().map(|name| {
            let view = find_view(name)
                .ok_or_else(|| DataFusionError::Internal(format!("there is no view {name}")))?;
            let scan = ViewScan::new(Arc::clone(view), Arc::clone(&self.tenants), self.scope);
            let table = LakeTable::fixed_at(Arc::clone(engine), Arc::new(scan), snapshot);
            let table: Arc<dyn TableProvider> = Arc::new(table);
            Ok((*name, table))
        });
        planner_of(session_state(session)?, sources.collect::<Result<Vec<_>>>()?)
    }
}

/// A planner that knows these tables by their names, and no others.
pub(crate) fn planner_of<'a>(
    state: &SessionState,
    tables: impl IntoIterator<Item = (&'a str, Arc<dyn TableProvider>)>,
) -> Result<SessionState> {
    let schema = MemorySchemaProvider::new();
    for (name, table) in tables {
        schema.register_table(name.to_owned(), table)?;
    }
    let catalog = MemoryCatalogProvider::new();
    catalog.register_schema(SCHEMA, Arc::new(schema))?;
    let catalogs = MemoryCatalogProviderList::new();
    catalogs.register_catalog(CATALOG.to_owned(), Arc::new(catalog));
    // A default catalog would take the place of the one with the tables.
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

#[async_trait]
impl SnapshotScan for DerivedScan {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.table.schema)
    }

    fn time_columns(&self) -> Option<(&str, &str)> {
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
        let planner = self.planner(request.session, engine, snapshot)?;
        let mut plan = LogicalPlanBuilder::from(planner.create_logical_plan(self.table.sql).await?)
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

/// A time as a literal.
pub(crate) fn time_literal_ns(ns: i64) -> Expr {
    lit(ScalarValue::TimestampNanosecond(Some(ns), Some("+00:00".into())))
}
