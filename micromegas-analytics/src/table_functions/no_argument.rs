//! Table functions without arguments.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};

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
