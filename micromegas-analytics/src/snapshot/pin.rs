//! The analyzer rule that makes all scans of one query share one snapshot.

use std::sync::Arc;

use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::error::Result;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::AnalyzerRule;
use micromegas_lakehouse::Snapshot;
use tokio::sync::OnceCell;

use crate::engine::Engine;
use crate::error::Error;
use crate::snapshot::LakeTable;

/// The snapshot of one query, read when its first scan is planned.
#[derive(Debug, Default)]
pub(crate) struct PinnedSnapshot {
    cell: OnceCell<Snapshot>,
}

impl PinnedSnapshot {
    /// The snapshot; the first caller reads it, all others get the same one.
    pub(crate) async fn get(&self, engine: &Engine) -> Result<Snapshot, Error> {
        let read = || async { engine.lakehouse().store().snapshot().await.map_err(Error::from) };
        self.cell.get_or_try_init(read).await.cloned()
    }
}

/// An analyzer rule: replaces every table of one lakehouse in a plan, subqueries included, by the
/// same table pinned to a snapshot that the whole plan shares.
///
/// [`register`](crate::register) adds it. Without it each scan reads a snapshot of its own.
/// A plan that is analysed again is pinned again, to a new snapshot.
#[derive(Debug)]
pub struct PinSnapshot {
    engine: Arc<Engine>,
}

impl PinSnapshot {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine }
    }
}

impl AnalyzerRule for PinSnapshot {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        let pinned = Arc::new(PinnedSnapshot::default());
        plan.transform_down_with_subqueries(|node| {
            let LogicalPlan::TableScan(mut scan) = node else {
                return Ok(Transformed::no(node));
            };
            let Ok(provider) = source_as_provider(&scan.source) else {
                return Ok(Transformed::no(LogicalPlan::TableScan(scan)));
            };
            match provider.downcast_ref::<LakeTable>() {
                Some(table) if table.belongs_to(&self.engine) => {
                    let table = table.pinned_to(Arc::clone(&pinned));
                    scan.source = provider_as_source(Arc::new(table));
                    Ok(Transformed::yes(LogicalPlan::TableScan(scan)))
                }
                _ => Ok(Transformed::no(LogicalPlan::TableScan(scan))),
            }
        })
        .map(|transformed| transformed.data)
    }

    fn name(&self) -> &'static str {
        "pin_snapshot"
    }
}
