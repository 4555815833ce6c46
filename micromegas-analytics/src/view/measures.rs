//! The view `measures`: one row a sample of a metric.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, UInt64Array};
use datafusion::arrow::buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};
use datafusion::arrow::datatypes::SchemaRef;
use micromegas_transit::{MetricColumns, StringTable};

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::clock::TickClock;
use crate::columns::{
    Column, ColumnKind, dictionary, property_dictionary, schema_of, string_values, timestamps,
};
use crate::error::Error;
use crate::otlp;
use crate::source::StreamSource;

/// Integer samples of this unit are durations on the process's clock.
const TICKS: &str = "ticks";
/// What they are converted to.
const SECONDS: &str = "seconds";

const COLUMNS: &[Column] = &[
    Column::new(
        "process_id",
        ColumnKind::Symbol,
        "The process that measured, as a lower-case UUID.",
    ),
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the process, as a lower-case UUID.",
    ),
    Column::new("block_id", ColumnKind::Symbol, "The block that carried the sample, as a UUID."),
    Column::new(
        "insert_time",
        ColumnKind::Time,
        "When the block was committed to the lake, by the lake's clock.",
    ),
    Column::new("exe", ColumnKind::Symbol, "The program of the process."),
    Column::new("username", ColumnKind::Symbol, "The user who ran the process."),
    Column::new("computer", ColumnKind::Symbol, "The computer that ran the process."),
    Column::new("time", ColumnKind::Time, "When the sample was taken, by the process's clock."),
    Column::new("target", ColumnKind::Symbol, "The module or category that measured."),
    Column::new("name", ColumnKind::Symbol, "The name of the metric."),
    Column::new(
        "unit",
        ColumnKind::Symbol,
        "The unit of the value; samples in ticks are converted to seconds.",
    ),
    Column::new("value", ColumnKind::Float64, "The value; integers above 2^53 are rounded here."),
    Column::new(
        "properties",
        ColumnKind::Properties,
        "The properties of the sample, as a JSONB object.",
    ),
    Column::new(
        "process_properties",
        ColumnKind::Properties,
        "The properties of the process, as a JSONB object.",
    ),
    Column::new(
        "integer_value",
        ColumnKind::UInt64,
        "The exact value of an integer metric, NULL if it was converted or is not an integer.",
    )
    .nullable(),
];

/// The view.
#[derive(Debug)]
pub(super) struct Measures(ViewDefinition);

impl Measures {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "measures",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("metrics"),
            time: ("time", "time"),
            ids: &["process_id", "stream_id", "block_id", "name"],
            continuity: Continuity::Block,
            instances: Instances::GlobalByProcess,
        })
    }
}

impl View for Measures {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        let (schema, source) = (Arc::clone(&self.0.schema), Arc::clone(source));
        match source.signal() {
            None => Box::new(Decoder { schema, source }),
            Some(_) => Box::new(otlp::MetricDecoder::new(schema, source)),
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
        let mut metrics = open.metrics().columns;
        let row_count = metrics.record.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let record = block.record;
        let of = &self.source.columns;
        let clock = self.source.clock(record);
        let mut table = open.strings().clone();
        convert_ticks(&mut metrics, &mut table, &clock);
        let strings = string_values(table)?;
        let time = metrics.ticks.iter().map(|ticks| clock.nanoseconds(*ticks)).collect();
        let integers = NullBuffer::new(BooleanBuffer::from(metrics.is_integer));
        let sets = super::definition::property_objects(open);
        let mut columns = of.leading(record, row_count);
        let rest: [ArrayRef; 8] = [
            timestamps(time),
            dictionary(metrics.target, &strings)?,
            dictionary(metrics.name, &strings)?,
            dictionary(metrics.unit, &strings)?,
            Arc::new(Float64Array::from(metrics.value)),
            property_dictionary(sets, metrics.properties, row_count)?,
            of.process_properties.column(row_count),
            Arc::new(UInt64Array::new(ScalarBuffer::from(metrics.integer), Some(integers))),
        ];
        columns.extend(rest);
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}

/// Turns integer samples in ticks into seconds. A clock that stands still converts nothing.
fn convert_ticks(metrics: &mut MetricColumns, table: &mut StringTable, clock: &TickClock) {
    let Some(ticks) = table.iter().position(|text| text == TICKS) else {
        return;
    };
    let seconds = table.len() as i32;
    table.bytes.extend_from_slice(SECONDS.as_bytes());
    table.offsets.push(table.bytes.len() as i32);
    for row in 0..metrics.record.len() {
        if !metrics.is_integer[row] || metrics.unit[row] != ticks as i32 {
            continue;
        }
        if let Some(value) = clock.seconds(metrics.integer[row]) {
            metrics.value[row] = value;
            metrics.unit[row] = seconds;
            metrics.is_integer[row] = false;
        }
    }
}
