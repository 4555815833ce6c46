//! Spans as record batches.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::buffer::ScalarBuffer;
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};
use datafusion::arrow::error::ArrowError;

use super::{ScopeTable, SpanRows};
use crate::columns::{ConstantColumn, timestamps};

/// Makes batches of one stream's spans. The names of scopes are turned into Arrow arrays once for
/// as long as no new scope appears.
#[derive(Debug)]
pub(crate) struct SpanBatches {
    schema: SchemaRef,
    stream_id: ConstantColumn,
    thread_name: ConstantColumn,
    names: Option<ScopeArrays>,
}

#[derive(Debug)]
struct ScopeArrays {
    scope_count: usize,
    name: ArrayRef,
    target: ArrayRef,
    file: ArrayRef,
}

impl ScopeArrays {
    fn new(table: &ScopeTable) -> Self {
        let column = |text: fn(&super::scopes::Scope) -> &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(table.scopes().iter().map(text)))
        };
        Self {
            scope_count: table.scopes().len(),
            name: column(|scope| &scope.name),
            target: column(|scope| &scope.target),
            file: column(|scope| &scope.file),
        }
    }
}

impl SpanBatches {
    /// For batches of this schema, which is that of the view `thread_spans`, of one thread.
    pub(crate) fn new(
        schema: SchemaRef,
        stream_id: ConstantColumn,
        thread_name: ConstantColumn,
    ) -> Self {
        Self { schema, stream_id, thread_name, names: None }
    }

    /// One batch of these rows, whose scopes are in the table.
    pub(crate) fn batch(
        &mut self,
        rows: SpanRows,
        table: &ScopeTable,
    ) -> Result<RecordBatch, ArrowError> {
        let scope_count = table.scopes().len();
        if self.names.as_ref().is_none_or(|names| names.scope_count != scope_count) {
            self.names = None;
        }
        let names = self.names.get_or_insert_with(|| ScopeArrays::new(table));
        let of_scope = |value: fn(&super::scopes::Scope) -> u32| -> ArrayRef {
            let scopes = table.scopes();
            Arc::new(UInt32Array::from_iter_values(
                rows.scope.iter().map(|scope| value(&scopes[*scope as usize])),
            ))
        };
        let hash = of_scope(|scope| scope.hash);
        let line = of_scope(|scope| scope.line);
        let durations = rows.begin.iter().zip(&rows.end).map(|(b, e)| e.saturating_sub(*b));
        let duration: ArrayRef = Arc::new(Int64Array::from_iter_values(durations));
        // One array of keys serves the three dictionaries, because their values are in the order
        // of the scopes.
        let keys: Vec<i32> = rows.scope.iter().map(|scope| *scope as i32).collect();
        let keys = Int32Array::new(ScalarBuffer::from(keys), None);
        let symbols = |values: &ArrayRef| -> Result<ArrayRef, ArrowError> {
            let keys = keys.clone();
            Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, Arc::clone(values))?))
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from(rows.id)),
            Arc::new(Int64Array::from(rows.parent)),
            Arc::new(UInt32Array::from(rows.depth)),
            hash,
            timestamps(rows.begin),
            timestamps(rows.end),
            duration,
            symbols(&names.name)?,
            symbols(&names.target)?,
            symbols(&names.file)?,
            line,
            Arc::new(UInt32Array::from(rows.flags)),
            self.stream_id.column(keys.len()),
            self.thread_name.column(keys.len()),
        ];
        RecordBatch::try_new(Arc::clone(&self.schema), columns)
    }
}
