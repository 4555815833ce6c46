//! The view `net_spans`: what a process sent and received, as spans of bits.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use micromegas_tracing::prelude::*;
use micromegas_transit::NetSpanEdge;

use super::{BlockContent, Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::columns::{Column, ColumnKind, schema_of};
use crate::error::Error;
use crate::net::{NetEvent, NetRows, NetTree};
use crate::source::StreamSource;

/// Rows are handed on in batches of at least this many.
const BATCH_ROW_COUNT: usize = 32_768;

const COLUMNS: &[Column] = &[
    Column::new("process_id", ColumnKind::Symbol, "The process, as a lower-case UUID."),
    Column::new(
        "stream_id",
        ColumnKind::Symbol,
        "The stream of the process, as a lower-case UUID.",
    ),
    Column::new("span_id", ColumnKind::Int64, "The number of the begin event in its stream."),
    Column::new(
        "parent_span_id",
        ColumnKind::Int64,
        "The span_id of the enclosing span; -1 for a connection.",
    ),
    Column::new("depth", ColumnKind::UInt32, "How many spans it is nested in."),
    Column::new("kind", ColumnKind::Symbol, "`connection`, `object`, `property` or `rpc`."),
    Column::new("name", ColumnKind::Symbol, "The connection, object, property or function."),
    Column::new("connection_name", ColumnKind::Symbol, "The connection that it is in."),
    Column::new("is_outgoing", ColumnKind::Boolean, "Whether the connection sends."),
    Column::new(
        "begin_bits",
        ColumnKind::Int64,
        "Where it begins in its connection span, by the bits of what ended before it.",
    ),
    Column::new("end_bits", ColumnKind::Int64, "Where it ends: begin_bits and bit_size."),
    Column::new("bit_size", ColumnKind::Int64, "Its size in bits."),
    Column::new("begin_time", ColumnKind::Time, "When it began, by the process's clock."),
    Column::new("end_time", ColumnKind::Time, "When it ended, by the process's clock."),
];

/// The view.
#[derive(Debug)]
pub(super) struct NetSpans(ViewDefinition);

impl NetSpans {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "net_spans",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("net"),
            time: ("begin_time", "end_time"),
            ids: &["name"],
            continuity: Continuity::Stream,
            instances: Instances::Process,
        })
    }
}

impl View for NetSpans {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        Box::new(Decoder {
            schema: Arc::clone(&self.0.schema),
            source: Arc::clone(source),
            tree: NetTree::default(),
            rows: NetRows::default(),
        })
    }
}

struct Decoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
    tree: NetTree,
    rows: NetRows,
}

impl Decoder {
    fn take_batch(&mut self) -> Result<RecordBatch, Error> {
        let rows = std::mem::take(&mut self.rows);
        let of = &self.source.columns;
        let row_count = rows.len();
        let mut columns = vec![of.process_id.column(row_count), of.stream_id.column(row_count)];
        columns.extend(rows.into_columns());
        Ok(RecordBatch::try_new(Arc::clone(&self.schema), columns)?)
    }
}

impl RunDecoder for Decoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let open = block.records()?;
        let events = open.net_spans().columns;
        let clock = self.source.clock(block.record);
        let strings = open.strings();
        for index in 0..events.record.len() {
            let name = usize::try_from(events.name[index]).ok();
            let record = i64::from(events.record[index]);
            let event = NetEvent {
                id: block.record.object_offset.saturating_add(record),
                kind: events.kind[index],
                name: name.and_then(|name| strings.get(name)).unwrap_or_default(),
                is_outgoing: events.is_outgoing[index],
                bit_size: i64::try_from(events.bit_size[index]).unwrap_or(i64::MAX),
                time: clock.nanoseconds(events.ticks[index]),
            };
            match events.edge[index] {
                NetSpanEdge::Begin => self.tree.begin(&event),
                NetSpanEdge::End => self.tree.end(&event, &mut self.rows),
                NetSpanEdge::Whole => {
                    self.tree.begin(&event);
                    self.tree.end(&event, &mut self.rows);
                }
            }
        }
        match self.rows.len() < BATCH_ROW_COUNT {
            true => Ok(Vec::new()),
            false => Ok(vec![self.take_batch()?]),
        }
    }

    fn finish(&mut self) -> Result<Vec<RecordBatch>, Error> {
        let lost = self.tree.lost_count();
        if lost > 0 {
            let stream = self.source.stream.stream_id;
            debug!("stream {stream} has {lost} begins or ends without the other");
        }
        match self.rows.len() {
            0 => Ok(Vec::new()),
            _ => Ok(vec![self.take_batch()?]),
        }
    }
}
