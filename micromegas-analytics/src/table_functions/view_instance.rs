//! Table functions: `view_instance('set', 'id')`, and those without arguments.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::datasource::{ViewTable, provider_as_source};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, col, lit};
use datafusion::scalar::ScalarValue;
use micromegas_lakehouse::Tenant;
use uuid::Uuid;

use crate::engine::Engine;
use crate::nearest::suggestion;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::LakeTable;
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

    fn table(&self, view: &Arc<dyn View>, scope: ViewScope) -> Arc<dyn TableProvider> {
        let scan = ViewScan::new(Arc::clone(view), Arc::clone(&self.tenants), scope);
        Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan)))
    }
}

impl TableFunctionImpl for ViewInstanceFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [set, id] = args.exprs() else {
            return Err(DataFusionError::Plan(format!("{USAGE} takes two text literals")));
        };
        let (set, id) = (text_literal(set)?, text_literal(id)?);
        let view = find_view(&set).ok_or_else(|| {
            let names = views().iter().map(|view| view.definition().name);
            DataFusionError::Plan(suggestion("view set", &set, names))
        })?;
        let instances = view.definition().instances;
        let id: Uuid = id.parse().map_err(|_| {
            let what = if instances == Instances::Stream { "stream" } else { "process" };
            DataFusionError::Plan(format!("{id:?} is not a {what} id: {USAGE} takes a UUID"))
        })?;
        match instances {
            Instances::Process => Ok(self.table(view, ViewScope::Process(id))),
            Instances::Stream => Ok(self.table(view, ViewScope::Stream(id))),
            Instances::GlobalByProcess => {
                let global = provider_as_source(self.table(view, ViewScope::Global));
                let plan = LogicalPlanBuilder::scan(set, global, None)?
                    .filter(col("process_id").eq(lit(id.to_string())))?
                    .build()?;
                Ok(Arc::new(ViewTable::new(plan, None)))
            }
        }
    }
}

fn text_literal(argument: &Expr) -> Result<String> {
    let text = match argument {
        Expr::Literal(
            ScalarValue::Utf8(text) | ScalarValue::LargeUtf8(text) | ScalarValue::Utf8View(text),
            _,
        ) => text.clone(),
        _ => None,
    };
    text.ok_or_else(|| {
        DataFusionError::Plan(format!("{argument} is not a text literal: {USAGE} takes two"))
    })
}

/// A table function without arguments.
#[derive(Debug)]
pub(crate) struct NoArgumentFunction {
    name: &'static str,
    table: Arc<dyn TableProvider>,
}

impl NoArgumentFunction {
    pub(crate) fn new(name: &'static str, table: Arc<dyn TableProvider>) -> Self {
        Self { name, table }
    }
}

impl TableFunctionImpl for NoArgumentFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        if args.exprs().is_empty() {
            return Ok(Arc::clone(&self.table));
        }
        Err(DataFusionError::Plan(format!("{}() takes no arguments", self.name)))
    }
}
