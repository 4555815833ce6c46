//! The view `log_entries`: one row a log entry.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Int32Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::columns::{
    Column, ColumnKind, dictionary, property_dictionary, schema_of, string_values, text, timestamps,
};
use crate::error::Error;
use crate::otlp;
use crate::source::StreamSource;

const COLUMNS: &[Column] = &[
    Column::new("process_id", ColumnKind::Symbol, "The process that logged, as a lower-case UUID."),
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the process, as a lower-case UUID.",
    ),
    Column::new("block_id", ColumnKind::Symbol, "The block that carried the entry, as a UUID."),
    Column::new(
        "insert_time",
        ColumnKind::Time,
        "When the block was committed to the lake, by the lake's clock.",
    ),
    Column::new("exe", ColumnKind::Symbol, "The program of the process."),
    Column::new("username", ColumnKind::Symbol, "The user who ran the process."),
    Column::new("computer", ColumnKind::Symbol, "The computer that ran the process."),
    Column::new("time", ColumnKind::Time, "When the entry was logged, by the process's clock."),
    Column::new("target", ColumnKind::Symbol, "The module or category that logged."),
    Column::new("level", ColumnKind::Int32, "1 Fatal, 2 Error, 3 Warn, 4 Info, 5 Debug, 6 Trace."),
    Column::new("msg", ColumnKind::Text, "The message."),
    Column::new(
        "properties",
        ColumnKind::Properties,
        "The properties of the entry, as a JSONB object.",
    ),
    Column::new(
        "process_properties",
        ColumnKind::Properties,
        "The properties of the process, as a JSONB object.",
    ),
];

/// The view.
#[derive(Debug)]
pub(super) struct LogEntries(ViewDefinition);

impl LogEntries {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "log_entries",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("log"),
            time: ("time", "time"),
            ids: &["process_id", "stream_id", "block_id"],
            continuity: Continuity::Block,
            instances: Instances::GlobalByProcess,
        })
    }
}

impl View for LogEntries {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        let (schema, source) = (Arc::clone(&self.0.schema), Arc::clone(source));
        match source.signal() {
            None => Box::new(Decoder { schema, source }),
            Some(_) => Box::new(otlp::LogDecoder::new(schema, source)),
        }
    }
}

struct Decoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
}

impl RunDecoder for Decoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let open = block.records()?;
        let logs = open.logs().columns;
        let row_count = logs.record.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let record = block.record;
        let of = &self.source.columns;
        let clock = self.source.clock(record);
        let strings = string_values(open.strings().clone())?;
        let time = logs.ticks.iter().map(|ticks| clock.nanoseconds(*ticks)).collect();
        let sets = super::definition::property_objects(open);
        let mut columns = of.leading(record, row_count);
        let rest: [ArrayRef; 6] = [
            timestamps(time),
            dictionary(logs.target, &strings)?,
            Arc::new(Int32Array::from(logs.level)),
            Arc::new(text(logs.message)?),
            property_dictionary(sets, logs.properties, row_count)?,
            of.process_properties.column(row_count),
        ];
        columns.extend(rest);
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}
