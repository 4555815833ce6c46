//! What a computed table is, and its scan.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SessionState;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::stream::BoxStream;
use micromegas_lakehouse::{Snapshot, Tenant};

use super::exec::ComputedExec;
use crate::derived::{DerivedScan, find_derived, session_state};
use crate::engine::Engine;
use crate::scan::{ViewScan, ViewScope};
use crate::snapshot::{LakeTable, ScanRequest, SnapshotScan};
use crate::view::find_view;

/// Batches of a computed table.
pub(crate) type Batches = BoxStream<'static, Result<RecordBatch>>;

/// A table that is computed.
#[async_trait]
pub(crate) trait Computation: Debug + Send + Sync + 'static {
    /// The name in SQL.
    fn name(&self) -> &'static str;

    /// The schema of its columns.
    fn schema(&self) -> SchemaRef;

    /// The columns between which a row's time lies, if a range of time may limit the rows.
    fn time_columns(&self) -> Option<(&'static str, &'static str)>;

    /// All rows.
    async fn run(&self, inputs: Inputs) -> Result<Batches>;
}

/// What a computation reads: tables of one snapshot, for the tenants of who asks.
#[derive(Debug, Clone)]
pub(crate) struct Inputs {
    pub(crate) engine: Arc<Engine>,
    pub(crate) tenants: Arc<[Tenant]>,
    pub(crate) snapshot: Snapshot,
    pub(super) state: SessionState,
}

impl Inputs {
    /// A view or a derived table.
    pub(crate) fn table(&self, name: &'static str, scope: ViewScope) -> Result<DataFrame> {
        let tenants = Arc::clone(&self.tenants);
        let scan: Arc<dyn SnapshotScan> = match (find_view(name), find_derived(name)) {
            (Some(view), _) => Arc::new(ViewScan::new(Arc::clone(view), tenants, scope)),
            (None, Some(table)) => Arc::new(DerivedScan::new(table, tenants, scope)),
            (None, None) => {
                return Err(DataFusionError::Internal(format!("there is no table {name}")));
            }
        };
        let table = LakeTable::fixed_at(Arc::clone(&self.engine), scan, self.snapshot);
        SessionContext::new_with_state(self.state.clone()).read_table(Arc::new(table))
    }
}

/// The scan of a computed table.
#[derive(Debug)]
pub(crate) struct ComputedScan {
    computation: Arc<dyn Computation>,
    tenants: Arc<[Tenant]>,
}

impl ComputedScan {
    pub(crate) fn new(computation: Arc<dyn Computation>, tenants: Arc<[Tenant]>) -> Self {
        Self { computation, tenants }
    }
}

#[async_trait]
impl SnapshotScan for ComputedScan {
    fn schema(&self) -> SchemaRef {
        self.computation.schema()
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        self.computation.time_columns()
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
        let inputs = Inputs {
            engine: Arc::clone(engine),
            tenants: Arc::clone(&self.tenants),
            snapshot,
            state: session_state(request.session)?.clone(),
        };
        let computation = Arc::clone(&self.computation);
        Ok(Arc::new(ComputedExec::try_new(computation, inputs, request.projection)?))
    }
}
