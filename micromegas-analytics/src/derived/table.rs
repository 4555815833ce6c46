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
    /// How long after `time` an event may be that counts in the row, in nanoseconds, where rows
    /// are made of events within a span of time. None where a range of times of rows says nothing
    /// about the times of events.
    pub(crate) bin_ns: Option<i64>,
    /// The views that the query reads.
    pub(crate) sources: &'static [&'static str],
    /// The query. `{begin}` and `{end}` stand for texts of times: the rows of the answer are those
    /// of blocks whose `insert_time` is at or after the first and before the second.
    pub(crate) sql: &'static str,
    /// What an instance of it is.
    pub(crate) instances: Instances,
}
