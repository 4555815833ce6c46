//! `view_instance('set', 'id')`.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{LogicalPlanBuilder, col, lit};
use micromegas_lakehouse::Tenant;

use super::arguments::{text_literal, uuid};
use crate::derived::{DerivedScan, DerivedTable, derived_tables, find_derived};
use crate::engine::Engine;
use crate::nearest::suggestion;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::{LakeTable, SnapshotScan};
use crate::sql_view::{CompiledView, SqlViewScan};
use crate::view::{Instances, View, find_view, views};

const USAGE: &str = "view_instance('view set', 'process or stream id')";

/// `view_instance('set', 'id')`: the rows of a view that come from one process or stream.
///
/// For a view that has a global table, an instance is that table filtered by `process_id`: the
/// two are the same plan, and nothing is decoded or stored twice for the two names.
#[derive(Debug)]
pub(crate) struct ViewInstanceFunction {
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
}

impl ViewInstanceFunction {
    pub(crate) fn new(engine: Arc<Engine>, tenants: Arc<[Tenant]>) -> Self {
        Self { engine, tenants }
    }

    /// What there is an instance of, and which kind of instance.
    fn find(&self, set: &str) -> Result<Set> {
        if let Some(view) = find_view(set) {
            return Ok(Set::View(view));
        }
        if let Some(table) = find_derived(set) {
            return Ok(Set::Derived(table));
        }
        let declared = self.engine.sql_views();
        if let Some(view) = declared.find_declared(set).filter(|view| view.has_process) {
            return Ok(Set::Sql(Arc::clone(view)));
        }
        let views = views().iter().map(|view| view.definition().name);
        let names = views.chain(derived_tables().iter().map(|table| table.name));
        let names = names.chain(declared.declared().iter().map(|view| view.name()));
        Err(DataFusionError::Plan(suggestion("view set", set, names)))
    }

    fn table(&self, set: &Set, scope: ViewScope) -> Arc<dyn TableProvider> {
        let tenants = Arc::clone(&self.tenants);
        let scan: Arc<dyn SnapshotScan> = match set {
            Set::View(view) => Arc::new(ViewScan::new(Arc::clone(view), tenants, scope)),
            Set::Derived(table) => Arc::new(DerivedScan::new(table, tenants, scope)),
            Set::Sql(view) => return SqlViewScan::table(&self.engine, view, &tenants),
        };
        Arc::new(LakeTable::new(Arc::clone(&self.engine), scan))
    }
}

enum Set {
    View(&'static Arc<dyn View>),
    Derived(&'static DerivedTable),
    Sql(Arc<CompiledView>),
}

impl Set {
    fn instances(&self) -> Instances {
        match self {
            Self::View(view) => view.definition().instances,
            Self::Derived(table) => table.instances,
            Self::Sql(_) => Instances::GlobalByProcess,
        }
    }
}

impl TableFunctionImpl for ViewInstanceFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [name, id] = args.exprs() else {
            return Err(DataFusionError::Plan(format!("{USAGE} takes two text literals")));
        };
        let (name, id) = (text_literal(USAGE, name)?, text_literal(USAGE, id)?);
        let set = self.find(&name)?;
        let instances = set.instances();
        let what = if instances == Instances::Stream { "stream" } else { "process" };
        let id = uuid(USAGE, what, &id)?;
        match instances {
            Instances::Process => Ok(self.table(&set, ViewScope::Process(id))),
            Instances::Stream => Ok(self.table(&set, ViewScope::Stream(id))),
            Instances::GlobalByProcess => {
                let global = provider_as_source(self.table(&set, ViewScope::Global));
                let plan = LogicalPlanBuilder::scan(name, global, None)?
                    .filter(col("process_id").eq(lit(id.to_string())))?
                    .build()?;
                Ok(Arc::new(ViewTable::new(plan, None)))
            }
        }
    }
}
