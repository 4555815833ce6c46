//! The one table provider of this crate: a scan at a snapshot.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableProvider};
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use micromegas_lakehouse::Snapshot;

use super::pin::PinnedSnapshot;
use crate::engine::Engine;
use crate::redaction::Redactor;

/// What a query asks of one table.
#[derive(Clone, Copy)]
pub(crate) struct ScanRequest<'a> {
    /// The session that plans.
    pub(crate) session: &'a dyn Session,
    /// The columns wanted, by index; `None` means all.
    pub(crate) projection: Option<&'a Vec<usize>>,
    /// Conditions that the engine applies again to what the scan returns.
    pub(crate) filters: &'a [Expr],
    /// How many rows are enough.
    pub(crate) limit: Option<usize>,
}

/// Rows of the lakehouse as of a snapshot.
#[async_trait]
pub(crate) trait SnapshotScan: Debug + Send + Sync {
    /// The schema of all columns.
    fn schema(&self) -> SchemaRef;

    /// The columns between which the time of a row lies; the same one twice for an event.
    #[cfg_attr(
        not(feature = "flight"),
        expect(dead_code, reason = "only the service takes ranges in headers")
    )]
    fn time_columns(&self) -> Option<(&str, &str)>;

    /// Whether properties are as they were sent, so that [rules](crate::Options::redaction) are
    /// still to be applied to them. They are not where rows are made of those of other tables, and
    /// not of telemetry.
    fn has_sent_properties(&self) -> bool;

    /// Plans the scan: at least the rows that the filters accept, and only what the snapshot holds.
    async fn scan(
        &self,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        request: ScanRequest<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>>;
}

/// Which snapshot a table shows.
#[derive(Debug, Clone)]
enum Pin {
    /// Whatever is the newest when it is scanned.
    Newest,
    /// That of the query that it is in.
    OfQuery(Arc<PinnedSnapshot>),
    /// This one, whatever query it is in: the table is a part of another one.
    Fixed(Snapshot),
}

/// A table over a [`SnapshotScan`], free or pinned to the snapshot of a query.
#[derive(Debug, Clone)]
pub(crate) struct LakeTable {
    engine: Arc<Engine>,
    scan: Arc<dyn SnapshotScan>,
    pin: Pin,
}

impl LakeTable {
    pub(crate) fn new(engine: Arc<Engine>, scan: Arc<dyn SnapshotScan>) -> Self {
        Self { engine, scan, pin: Pin::Newest }
    }

    /// A part of another table, which has read the snapshot. Ranges of time that limit a query
    /// are for the rows of that other table, and do not limit this one.
    pub(crate) fn fixed_at(
        engine: Arc<Engine>,
        scan: Arc<dyn SnapshotScan>,
        snapshot: Snapshot,
    ) -> Self {
        Self { engine, scan, pin: Pin::Fixed(snapshot) }
    }

    #[cfg(feature = "flight")]
    pub(crate) fn time_columns(&self) -> Option<(&str, &str)> {
        match self.pin {
            Pin::Fixed(_) => None,
            Pin::Newest | Pin::OfQuery(_) => self.scan.time_columns(),
        }
    }

    pub(crate) fn belongs_to(&self, engine: &Arc<Engine>) -> bool {
        Arc::ptr_eq(&self.engine, engine)
    }

    pub(crate) fn pinned_to(&self, snapshot: Arc<PinnedSnapshot>) -> Self {
        let pin = match self.pin {
            Pin::Fixed(snapshot) => Pin::Fixed(snapshot),
            Pin::Newest | Pin::OfQuery(_) => Pin::OfQuery(snapshot),
        };
        Self { pin, ..self.clone() }
    }
}

#[async_trait]
impl TableProvider for LakeTable {
    fn schema(&self) -> SchemaRef {
        self.scan.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let snapshot = match &self.pin {
            Pin::Newest => PinnedSnapshot::default().get(&self.engine).await?,
            Pin::OfQuery(pinned) => pinned.get(&self.engine).await?,
            Pin::Fixed(snapshot) => *snapshot,
        };
        let schema = self.scan.schema();
        let redactor = match self.scan.has_sent_properties() {
            true => Redactor::of(&self.engine.options().redaction, &schema),
            false => None,
        };
        let Some(redactor) = redactor else {
            let request = ScanRequest { session, projection, filters, limit };
            return self.scan.scan(&self.engine, snapshot, request).await;
        };
        let of_scan = redactor.conditions_of_scan(filters);
        // Rows that are left out later do not count.
        let limit = limit.filter(|_| of_scan.len() == filters.len());
        let request = ScanRequest { session, projection, filters: &of_scan, limit };
        redactor.over(self.scan.scan(&self.engine, snapshot, request).await?)
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(vec![TableProviderFilterPushDown::Inexact; filters.len()])
    }
}
