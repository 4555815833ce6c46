//! `thread_spans('process id')`.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use micromegas_lakehouse::Tenant;

use super::arguments::{text_literal, uuid};
use crate::engine::Engine;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::LakeTable;
use crate::view::find_view;

const USAGE: &str = "thread_spans('process id')";

/// `thread_spans('process id')`: the spans of all threads of a process, each thread a call tree of
/// its own. Ids are those of `view_instance('thread_spans', 'stream id')`: together with
/// `stream_id` they tell spans apart.
#[derive(Debug)]
pub(crate) struct ThreadSpansFunction {
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
}

impl ThreadSpansFunction {
    pub(crate) const NAME: &'static str = "thread_spans";

    pub(crate) fn new(engine: Arc<Engine>, tenants: Arc<[Tenant]>) -> Self {
        Self { engine, tenants }
    }
}

impl TableFunctionImpl for ThreadSpansFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [id] = args.exprs() else {
            return Err(DataFusionError::Plan(format!("{USAGE} takes one text literal")));
        };
        let id = uuid(USAGE, "process", &text_literal(USAGE, id)?)?;
        let view = find_view(Self::NAME)
            .ok_or_else(|| DataFusionError::Internal("there are no thread spans".to_owned()))?;
        let scope = ViewScope::Process(id);
        let scan = ViewScan::new(Arc::clone(view), Arc::clone(&self.tenants), scope);
        Ok(Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan))))
    }
}
