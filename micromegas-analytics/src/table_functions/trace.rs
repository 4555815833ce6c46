//! `trace('trace id')`.

use std::sync::Arc;

use datafusion::catalog::{TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::error::{DataFusionError, Result};
use micromegas_lakehouse::Tenant;

use super::arguments::text_literal;
use crate::computed::{ComputedScan, Trace};
use crate::engine::Engine;
use crate::snapshot::LakeTable;

const USAGE: &str = "trace('trace id')";

/// `trace('trace id')`: one trace across processes, native ones and those of OpenTelemetry alike.
/// The id has 32 hexadecimal digits, as in W3C trace context.
#[derive(Debug)]
pub(crate) struct TraceFunction {
    engine: Arc<Engine>,
    tenants: Arc<[Tenant]>,
}

impl TraceFunction {
    pub(crate) fn new(engine: Arc<Engine>, tenants: Arc<[Tenant]>) -> Self {
        Self { engine, tenants }
    }
}

impl TableFunctionImpl for TraceFunction {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let [id] = args.exprs() else {
            return Err(DataFusionError::Plan(format!("{USAGE} takes one text literal")));
        };
        let text = text_literal(USAGE, id)?;
        let is_hexadecimal = text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
        let id = u128::from_str_radix(&text, 16).ok().filter(|_| is_hexadecimal);
        let id = id.ok_or_else(|| {
            let message =
                format!("{text:?} is not a trace id: {USAGE} takes 32 hexadecimal digits");
            DataFusionError::Plan(message)
        })?;
        let scan = ComputedScan::new(Arc::new(Trace::new(id)), Arc::clone(&self.tenants));
        Ok(Arc::new(LakeTable::new(Arc::clone(&self.engine), Arc::new(scan))))
    }
}
