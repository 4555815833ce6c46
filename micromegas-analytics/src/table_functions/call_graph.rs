//! `call_graph('process id', begin, end)`.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use micromegas_lakehouse::Tenant;

use super::arguments::{text_literal, time_literal, uuid};
use crate::computed::{CallGraph, ComputedScan};
use crate::engine::Engine;
use crate::snapshot::LakeTable;

const USAGE: &str = "call_graph('process id', begin, end)";

/// `call_graph('process id', begin, end)`: who calls whom, how often and for how long, in all
/// threads of a process, from one time to another. Times are timestamps, or texts in RFC 3339.
#[derive(Debug)]
pub(crate) struct CallGraphFunction {
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
}

impl CallGraphFunction {
    pub(crate) fn new(engine: Arc<Engine>, tenants: Arc<[Tenant]>) -> Self {
        Self { engine, tenants }
    }
}

impl TableFunctionImpl for CallGraphFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [id, begin, end] = args.exprs() else {
            return Err(DataFusionError::Plan(format!("{USAGE} takes three literals")));
        };
        let id = uuid(USAGE, "process", &text_literal(USAGE, id)?)?;
        let (begin, end) = (time_literal(USAGE, begin)?, time_literal(USAGE, end)?);
        if end < begin {
            let time = |ns| DateTime::<Utc>::from_timestamp_nanos(ns).to_rfc3339();
            let (begin, end) = (time(begin), time(end));
            return Err(DataFusionError::Plan(format!("{USAGE}: {end} is before {begin}")));
        }
        let graph = CallGraph::new(id, begin, end);
        let scan = ComputedScan::new(Arc::new(graph), Arc::clone(&self.tenants));
        Ok(Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan))))
    }
}
