//! The view `trace_contexts`: which spans of processes are in which traces.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, FixedSizeBinaryBuilder, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::SchemaRef;
use micromegas_transit::{ColumnValues, EventColumns};

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::clock::to_nanoseconds;
use crate::columns::{
    Column, ColumnKind, ConstantColumn, constant_timestamp, schema_of, timestamps,
};
use crate::error::Error;
use crate::source::{Format, StreamSource};

const COLUMNS: &[Column] = &[
    Column::new("process_id", ColumnKind::Symbol, "The process, as a lower-case UUID."),
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the process, as a lower-case UUID.",
    ),
    Column::new("block_id", ColumnKind::Symbol, "The block that carried it, as a UUID."),
    Column::new(
        "insert_time",
        ColumnKind::Time,
        "When the block was committed to the lake, by the lake's clock.",
    ),
    Column::new("time", ColumnKind::Time, "When it was recorded, by the process's clock."),
    Column::new("trace_id", ColumnKind::Id(16), "The trace, in all its processes."),
    Column::new(
        "span_id",
        ColumnKind::Int64,
        "The span of the process that is in the trace, and with it the spans inside.",
    ),
    Column::new(
        "remote_parent_span_id",
        ColumnKind::Int64,
        "The span of another process around it; 0 where the trace began in this process.",
    ),
];

/// The events that it reads.
const EVENT_TYPE: &str = "TraceContextEvent";

/// The view.
#[derive(Debug)]
pub(super) struct TraceContexts(ViewDefinition);

impl TraceContexts {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "trace_contexts",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("cpu"),
            time: ("time", "time"),
            ids: &["process_id", "stream_id", "block_id", "trace_id"],
            continuity: Continuity::Block,
            instances: Instances::GlobalByProcess,
        })
    }
}

impl View for TraceContexts {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    /// Only programs that take part in traces have such events in their layouts.
    fn may_have_rows(&self, source: &StreamSource) -> bool {
        source.has_event_type(EVENT_TYPE)
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
        let Format::Transit(plan) = self.source.format(block.record)? else {
            return Err(block.unexpected());
        };
        let Some(event_type) = plan.event_types().find(|kind| kind.name == EVENT_TYPE) else {
            return Ok(Vec::new());
        };
        let events = open.event_columns(event_type.type_index).columns;
        let words = ["span_id", "trace_id_high", "trace_id_low", "remote_parent_span_id", "time"]
            .map(|name| words(&events, name));
        let [Some(span), Some(high), Some(low), Some(parent), Some(ticks)] = words else {
            return Ok(Vec::new());
        };
        let row_count = span.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let clock = self.source.clock(block.record);
        let mut trace_ids = FixedSizeBinaryBuilder::with_capacity(row_count, 16);
        for (high, low) in high.iter().zip(&low) {
            let id = u128::from(*high) << 64 | u128::from(*low);
            trace_ids.append_value(id.to_be_bytes())?;
        }
        let ids = |ids: &[u64]| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(ids.iter().map(|id| id.cast_signed())))
        };
        let of = &self.source.columns;
        let times = ticks.iter().map(|ticks| clock.nanoseconds(ticks.cast_signed())).collect();
        let columns: Vec<ArrayRef> = vec![
            of.process_id.column(row_count),
            of.stream_id.column(row_count),
            ConstantColumn::symbol(&block.record.block_id.to_string()).column(row_count),
            constant_timestamp(to_nanoseconds(block.record.insert_time), row_count),
            timestamps(times),
            Arc::new(trace_ids.finish()),
            ids(&span),
            ids(&parent),
        ];
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}

/// A column of integers, all of them there.
fn words(events: &EventColumns, name: &str) -> Option<Vec<u64>> {
    match &events.get(name)?.values {
        ColumnValues::Unsigned(values) => Some(values.clone()),
        ColumnValues::Signed(values) => Some(values.iter().map(|v| v.cast_unsigned()).collect()),
        _ => None,
    }
}
