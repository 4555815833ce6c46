//! The view `custom_events`: one row an event of a type that no other view knows.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryDictionaryBuilder, Int64Array, RecordBatch, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};
use jsonb::{Number, Value};
use micromegas_transit::{ColumnValues, EventColumn, EventColumns, OpenBlock};

use super::{BlockContent, Content, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::clock::{TickClock, to_nanoseconds};
use crate::columns::{Column, ColumnKind, ConstantColumn, constant_timestamp, schema_of};
use crate::error::Error;
use crate::source::StreamSource;

const COLUMNS: &[Column] = &[
    Column::new("process_id", ColumnKind::Symbol, "The process, as a lower-case UUID."),
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the process, as a lower-case UUID.",
    ),
    Column::new("block_id", ColumnKind::Symbol, "The block that carried the event, as a UUID."),
    Column::new(
        "insert_time",
        ColumnKind::Time,
        "When the block was committed to the lake, by the lake's clock.",
    ),
    Column::new("type_name", ColumnKind::Symbol, "The type of the event."),
    Column::new("event_id", ColumnKind::Int64, "The number of the event in its stream."),
    Column::new(
        "time",
        ColumnKind::Time,
        "Its member `time` by the process's clock; NULL if it has no such integer.",
    )
    .nullable(),
    Column::new(
        "fields",
        ColumnKind::Properties,
        "Its members as a JSONB object; dots lead into nested types and what they refer to.",
    ),
];

/// The view.
#[derive(Debug)]
pub(super) struct CustomEvents(ViewDefinition);

impl CustomEvents {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "custom_events",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: None,
            time: ("time", "time"),
            ids: &["process_id", "stream_id", "block_id", "type_name"],
            continuity: Continuity::Block,
            instances: Instances::Process,
        })
    }
}

impl View for CustomEvents {
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
        // OpenTelemetry has no types of its own.
        let Content::Transit(open) = &block.content else {
            return Ok(Vec::new());
        };
        let events = open.custom_events().columns;
        let own = events.iter().filter(|events| events.type_name != "TraceContextEvent");
        own.map(|events| self.batch(block, open, events)).collect()
    }
}

impl Decoder {
    fn batch(
        &self,
        block: &BlockContent<'_>,
        open: &OpenBlock<'_>,
        events: &EventColumns,
    ) -> Result<RecordBatch, Error> {
        let (record, row_count) = (block.record, events.record.len());
        let mut fields = BinaryDictionaryBuilder::<Int32Type>::new();
        for row in 0..row_count {
            let members = events.columns.iter();
            let members =
                members.filter_map(|column| Some((column.name.clone(), value(open, column, row)?)));
            fields.append(Value::Object(members.collect()).to_vec())?;
        }
        let ids = events.record.iter();
        let ids = ids.map(|index| record.object_offset.saturating_add(i64::from(*index)));
        let times = times(events, &self.source.clock(record));
        let of = &self.source.columns;
        let columns: Vec<ArrayRef> = vec![
            of.process_id.column(row_count),
            of.stream_id.column(row_count),
            ConstantColumn::symbol(&record.block_id.to_string()).column(row_count),
            constant_timestamp(to_nanoseconds(record.insert_time), row_count),
            ConstantColumn::symbol(&events.type_name).column(row_count),
            Arc::new(Int64Array::from_iter_values(ids)),
            Arc::new(times.with_timezone("+00:00")),
            Arc::new(fields.finish()),
        ];
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

/// The times of events whose type has an integer called `time`.
fn times(events: &EventColumns, clock: &TickClock) -> TimestampNanosecondArray {
    let at = |ticks: i64| Some(clock.nanoseconds(ticks));
    match events.get("time").map(|column| &column.values) {
        Some(ColumnValues::Signed(ticks)) => ticks.iter().map(|ticks| at(*ticks)).collect(),
        Some(ColumnValues::Unsigned(ticks)) => {
            ticks.iter().map(|ticks| at(ticks.cast_signed())).collect()
        }
        _ => TimestampNanosecondArray::new_null(events.record.len()),
    }
}

/// The value of a member in a row, if it is there. Numbers that JSON does not have are texts.
fn value<'a>(open: &'a OpenBlock<'_>, column: &EventColumn, row: usize) -> Option<Value<'a>> {
    if !column.present.is_empty() && !column.present[row] {
        return None;
    }
    let text = |index: i32| {
        let index = usize::try_from(index).ok()?;
        Some(Value::String(open.strings().get(index)?.into()))
    };
    Some(match &column.values {
        ColumnValues::Unsigned(values) => Value::Number(Number::UInt64(values[row])),
        ColumnValues::Signed(values) => Value::Number(Number::Int64(values[row])),
        ColumnValues::Float(values) if values[row].is_finite() => {
            Value::Number(Number::Float64(values[row]))
        }
        ColumnValues::Float(values) => Value::String(values[row].to_string().into()),
        ColumnValues::Bool(values) => Value::Bool(values[row]),
        ColumnValues::Text(values) => text(values[row])?,
        ColumnValues::Properties(values) => {
            let pairs = open.property_sets().get(usize::try_from(values[row]).ok()?)?;
            let pairs = pairs.iter().filter_map(|(name, value)| {
                let name = open.strings().get(usize::try_from(*name).ok()?)?;
                Some((name.to_owned(), text(*value)?))
            });
            Value::Object(pairs.collect())
        }
        _ => return None,
    })
}
