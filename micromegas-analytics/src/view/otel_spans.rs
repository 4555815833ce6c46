//! The view `otel_spans`: one row a span that OpenTelemetry sent.

use std::sync::Arc;

use super::{Continuity, Instances, RunDecoder, View, ViewDefinition};
use crate::columns::{Column, ColumnKind, schema_of};
use crate::otlp::SpanDecoder;
use crate::source::StreamSource;

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
    Column::new("exe", ColumnKind::Text, "The program of the process."),
    Column::new("username", ColumnKind::Text, "The user who ran the process."),
    Column::new("computer", ColumnKind::Text, "The computer that ran the process."),
    Column::new(
        "process_properties",
        ColumnKind::Properties,
        "The properties of the process, as a JSONB object.",
    ),
    Column::new("trace_id", ColumnKind::Id(16), "The trace, in all its processes."),
    Column::new("span_id", ColumnKind::Id(8), "The span, unique in its trace."),
    Column::new("parent_span_id", ColumnKind::Id(8), "The span around it; NULL for none.")
        .nullable(),
    Column::new("start_time", ColumnKind::Time, "When it began."),
    Column::new("end_time", ColumnKind::Time, "When it ended."),
    Column::new("duration", ColumnKind::Int64, "Nanoseconds from start to end."),
    Column::new("name", ColumnKind::Symbol, "The name of the span."),
    Column::new(
        "kind",
        ColumnKind::Symbol,
        "UNSPECIFIED, INTERNAL, SERVER, CLIENT, PRODUCER or CONSUMER.",
    ),
    Column::new("status", ColumnKind::Symbol, "UNSET, OK or ERROR."),
    Column::new("status_message", ColumnKind::Text, "What the status is about; NULL if not said.")
        .nullable(),
    Column::new(
        "properties",
        ColumnKind::Properties,
        "The attributes of the span and of its scope, as a JSONB object.",
    ),
    Column::new("events", ColumnKind::Bytes, "The events of the span, as a JSONB array."),
    Column::new("links", ColumnKind::Bytes, "The links to other spans, as a JSONB array."),
];

/// The view.
#[derive(Debug)]
pub(super) struct OtelSpans(ViewDefinition);

impl OtelSpans {
    pub(super) fn new() -> Self {
        Self(ViewDefinition {
            name: "otel_spans",
            schema_version: 1,
            columns: COLUMNS,
            schema: schema_of(COLUMNS),
            tag: Some("trace"),
            time: ("start_time", "end_time"),
            ids: &["process_id", "stream_id", "block_id", "trace_id"],
            continuity: Continuity::Block,
            instances: Instances::GlobalByProcess,
        })
    }
}

impl View for OtelSpans {
    fn definition(&self) -> &ViewDefinition {
        &self.0
    }

    fn start_run(&self, source: &Arc<StreamSource>) -> Box<dyn RunDecoder> {
        Box::new(SpanDecoder::new(Arc::clone(&self.0.schema), Arc::clone(source)))
    }
}
