//! What a derived table is.

use datafusion::arrow::datatypes::SchemaRef;

use crate::columns::Column;
use crate::view::Instances;

/// A table that is a query over views.
#[derive(Debug)]
pub(crate) struct DerivedTable {
    /// The name in SQL, or of the view set.
    pub(crate) name: &'static str,
    /// The columns.
    pub(crate) columns: &'static [Column],
    /// Their schema.
    pub(crate) schema: SchemaRef,
    /// The columns between which a row's time lies; the same one twice for an event.
    pub(crate) time: (&'static str, &'static str),
    /// The views that the query reads.
    pub(crate) sources: &'static [&'static str],
    /// The query.
    pub(crate) sql: &'static str,
    /// What an instance of it is.
    pub(crate) instances: Instances,
}
