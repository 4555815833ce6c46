//! Tables that are read page by page from the metadata store.

use std::fmt::{self, Debug};
use std::sync::Arc;

use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::common::DFSchema;
use datafusion::error::Result;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::stream;
use micromegas_lakehouse::{Snapshot, Tenant};

use crate::columns::{Column, schema_of};
use crate::engine::Engine;
use crate::error::Error;
use crate::scan::BlockSelection;
use crate::snapshot::{ScanRequest, SnapshotScan};

/// How many records of the store are read at once.
pub(crate) const PAGE_LENGTH: usize = 4_096;

/// A column of a metadata table, and how it is filled from records.
pub(crate) struct MetadataColumn<R> {
    pub(crate) column: Column,
    pub(crate) array: fn(&[R]) -> ArrayRef,
}

/// A page of records, and where the next page starts; `None` after the last one.
pub(crate) struct Page<R, C> {
    pub(crate) rows: Vec<R>,
    pub(crate) next: Option<C>,
}

/// What a page is read for.
#[derive(Debug, Clone)]
pub(crate) struct PageRequest {
    pub(crate) engine: Arc<Engine>,
    pub(crate) tenants: Arc<[Tenant]>,
    pub(crate) snapshot: Snapshot,
    pub(crate) selection: BlockSelection,
}

/// A table of the metadata store.
#[async_trait]
pub(crate) trait MetadataTable: Send + Sync + 'static {
    /// The name in SQL.
    const NAME: &'static str;
    /// The columns between which the time of a row lies.
    const TIME_COLUMNS: Option<(&'static str, &'static str)>;
    /// Whether its properties are those of processes and streams.
    const HAS_SENT_PROPERTIES: bool;
    /// A record of the store.
    type Row: Send + Sync + 'static;
    /// Where a page ended.
    type Cursor: Send + 'static;

    /// The columns.
    fn columns() -> &'static [MetadataColumn<Self::Row>];

    /// The page after the cursor.
    async fn fetch_page(
        request: &PageRequest,
        after: Option<Self::Cursor>,
    ) -> Result<Page<Self::Row, Self::Cursor>, Error>;
}

/// The scan of a metadata table for some tenants.
pub(crate) struct MetadataScan<T> {
    schema: SchemaRef,
    tenants: Arc<[Tenant]>,
    table: std::marker::PhantomData<fn() -> T>,
}

impl<T: MetadataTable> MetadataScan<T> {
    pub(crate) fn new(tenants: Arc<[Tenant]>) -> Self {
        let columns: Vec<Column> = T::columns().iter().map(|column| column.column).collect();
        Self { schema: schema_of(&columns), tenants, table: std::marker::PhantomData }
    }
}

impl<T: MetadataTable> Debug for MetadataScan<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetadataScan").field("table", &T::NAME).finish_non_exhaustive()
    }
}

#[async_trait]
impl<T: MetadataTable> SnapshotScan for MetadataScan<T> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn time_columns(&self) -> Option<(&'static str, &'static str)> {
        T::TIME_COLUMNS
    }

    fn has_sent_properties(&self) -> bool {
        T::HAS_SENT_PROPERTIES
    }

    async fn scan(
        &self,
        engine: &Arc<Engine>,
        snapshot: Snapshot,
        request: ScanRequest<'_>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let mut selection = BlockSelection::default();
        if let Some(filter) = conjunction(request.filters.iter().cloned()) {
            let schema = DFSchema::try_from(Arc::clone(&self.schema))?;
            let predicate = request.session.create_physical_expr(filter, &schema)?;
            selection = selection.narrowed_by(&predicate);
        }
        let projection: Vec<usize> = match request.projection {
            Some(projection) => projection.clone(),
            None => (0..self.schema.fields().len()).collect(),
        };
        let schema = Arc::new(self.schema.project(&projection)?);
        let request_of_pages = PageRequest {
            engine: Arc::clone(engine),
            tenants: Arc::clone(&self.tenants),
            snapshot,
            selection,
        };
        let pages: Arc<dyn PartitionStream> = Arc::new(Pages::<T> {
            schema: Arc::clone(&schema),
            projection,
            request: request_of_pages,
            table: std::marker::PhantomData,
        });
        let plan =
            StreamingTableExec::try_new(schema, vec![pages], None, None, false, request.limit)?;
        Ok(Arc::new(plan))
    }
}

/// The pages of a scan as a stream of batches.
struct Pages<T> {
    schema: SchemaRef,
    projection: Vec<usize>,
    request: PageRequest,
    table: std::marker::PhantomData<fn() -> T>,
}

impl<T> Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("schema", &self.schema).finish_non_exhaustive()
    }
}

/// Where a scan stands.
enum Position<C> {
    Start,
    After(C),
    End,
}

impl<T: MetadataTable> PartitionStream for Pages<T> {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _ctx: Arc<TaskContext>) -> SendableRecordBatchStream {
        let (schema, projection) = (Arc::clone(&self.schema), self.projection.clone());
        let request = self.request.clone();
        let start = if request.selection.is_empty() { Position::End } else { Position::Start };
        let batches = stream::try_unfold(start, move |position| {
            let (request, schema) = (request.clone(), Arc::clone(&schema));
            let projection = projection.clone();
            async move {
                let after = match position {
                    Position::Start => None,
                    Position::After(cursor) => Some(cursor),
                    Position::End => return Ok(None),
                };
                let page = T::fetch_page(&request, after).await?;
                let next = page.next.map_or(Position::End, Position::After);
                let batch = batch_of::<T>(&page.rows, &projection, schema)?;
                Ok(Some((batch, next)))
            }
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), batches))
    }
}

/// Only the columns that are asked for are made: some of them are large.
fn batch_of<T: MetadataTable>(
    rows: &[T::Row],
    projection: &[usize],
    schema: SchemaRef,
) -> Result<RecordBatch> {
    let columns = projection.iter().map(|index| (T::columns()[*index].array)(rows)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
}
