//! The view `async_events`: one row for each begin and each end of an asynchronous span.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, DictionaryArray, Int32Array, Int64Array, RecordBatch, StringArray, UInt32Array,
};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};
use micromegas_transit::AsyncSpanColumns;

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::columns::{
    Column, ColumnKind, ConstantColumn, dictionary, schema_of, string_values, timestamps,
};
use crate::error::Error;
use crate::source::StreamSource;

const COLUMNS: &[Column] = &[
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the thread that recorded the event.",
    ),
    Column::new("block_id", ColumnKind::Symbol, "The block that carried the event, as a UUID."),
    Column::new("time", ColumnKind::Time, "When the event was recorded, by the process's clock."),
    Column::new("event_type", ColumnKind::Symbol, "`begin` or `end`."),
    Column::new(
        "span_id",
        ColumnKind::Int64,
        "The span; unique in its process. Begin and end may be in different streams.",
    ),
    Column::new("parent_span_id", ColumnKind::Int64, "The span inside which it began; 0 for none."),
    Column::new("depth", ColumnKind::UInt32, "How many spans it is nested in."),
    Column::new("hash", ColumnKind::UInt32, "A hash of the scope: name, file, target and line."),
    Column::new("name", ColumnKind::Symbol, "The name of the scope."),
    Column::new("filename", ColumnKind::Symbol, "The source file of the scope."),
    Column::new("target", ColumnKind::Symbol, "The module or category of the scope."),
    Column::new("line", ColumnKind::UInt32, "The source line of the scope."),
];

/// The view.
#[derive(Debug)]
pub(super) struct AsyncEvents(ViewDefinition);

impl AsyncEvents {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "async_events",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("cpu"),
            time: ("time", "time"),
            ids: &["stream_id", "block_id"],
            continuity: Continuity::Block,
            instances: Instances::Process,
        })
    }
}

impl View for AsyncEvents {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        Box::new(Decoder { schema: Arc::clone(&self.0.schema), source: Arc::clone(source) })
    }
}

struct Decoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
}

impl RunDecoder for Decoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let open = block.records()?;
        let events = open.async_spans().columns;
        let row_count = events.record.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let record = block.record;
        let clock = self.source.clock(record);
        let strings = string_values(open.strings().clone())?;
        let time = events.ticks.iter().map(|ticks| clock.nanoseconds(*ticks)).collect();
        let symbol = |of_scope: fn(&micromegas_transit::Scope) -> i32| {
            dictionary(per_row(&events, of_scope), &strings)
        };
        let columns: Vec<ArrayRef> = vec![
            self.source.columns.stream_id.column(row_count),
            ConstantColumn::symbol(&record.block_id.to_string()).column(row_count),
            timestamps(time),
            event_types(&events.is_begin)?,
            ids(&events.span_id),
            ids(&events.parent_span_id),
            Arc::new(UInt32Array::from(events.depth.clone())),
            Arc::new(UInt32Array::from(per_row(&events, |scope| scope.hash))),
            symbol(|scope| scope.name)?,
            symbol(|scope| scope.file)?,
            symbol(|scope| scope.target)?,
            Arc::new(UInt32Array::from(per_row(&events, |scope| scope.line))),
        ];
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}

fn per_row<T>(events: &AsyncSpanColumns, of_scope: fn(&micromegas_transit::Scope) -> T) -> Vec<T> {
    events.scope.iter().map(|scope| of_scope(&events.scopes[*scope as usize])).collect()
}

fn event_types(is_begin: &[bool]) -> Result<ArrayRef, Error> {
    let keys = Int32Array::from_iter_values(is_begin.iter().map(|begin| i32::from(!*begin)));
    let values = Arc::new(StringArray::from_iter_values(["begin", "end"]));
    Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?))
}

/// Span ids count up from 1; SQL shows them as signed numbers.
fn ids(ids: &[u64]) -> ArrayRef {
    Arc::new(Int64Array::from_iter_values(ids.iter().map(|id| *id as i64)))
}
