//! The rows of a trace.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryDictionaryBuilder, FixedSizeBinaryBuilder, Int64Builder, RecordBatch,
    StringDictionaryBuilder, TimestampNanosecondBuilder,
};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};
use datafusion::error::Result;

use crate::columns::{Column, ColumnKind};

pub(super) const COLUMNS: &[Column] = &[
    Column::new("trace_id", ColumnKind::Id(16), "The trace."),
    Column::new("span_id", ColumnKind::Id(8), "The span, unique in its trace."),
    Column::new("parent_span_id", ColumnKind::Id(8), "The span around it; NULL for none.")
        .nullable(),
    Column::new("process_id", ColumnKind::Symbol, "The process of the span, as a UUID."),
    Column::new("stream_id", ColumnKind::Symbol, "The stream that it came with, as a UUID."),
    Column::new("exe", ColumnKind::Symbol, "The program of the process."),
    Column::new("begin", ColumnKind::Time, "When it began, by the process's clock."),
    Column::new("end", ColumnKind::Time, "When it ended; NULL while it is open.").nullable(),
    Column::new(
        "duration",
        ColumnKind::Int64,
        "Nanoseconds from begin to end; NULL while it is open.",
    )
    .nullable(),
    Column::new("name", ColumnKind::Symbol, "The name of the span."),
    Column::new("target", ColumnKind::Symbol, "The module or instrumentation scope."),
    Column::new(
        "kind",
        ColumnKind::Symbol,
        "As in otel_spans; native spans are SERVER if another process called them, else INTERNAL.",
    ),
    Column::new("status", ColumnKind::Symbol, "As in otel_spans; UNSET for native spans."),
    Column::new("properties", ColumnKind::Properties, "The properties, as a JSONB object."),
    Column::new("source", ColumnKind::Symbol, "`native` or `otlp`."),
];

/// A span of a trace.
#[derive(Debug, Clone)]
pub(super) struct TraceSpan<'a> {
    pub(super) span_id: [u8; 8],
    pub(super) parent_span_id: Option<[u8; 8]>,
    pub(super) process_id: &'a str,
    pub(super) stream_id: &'a str,
    pub(super) exe: &'a str,
    pub(super) begin: i64,
    pub(super) end: Option<i64>,
    pub(super) name: &'a str,
    pub(super) target: &'a str,
    pub(super) kind: &'a str,
    pub(super) status: &'a str,
    pub(super) properties: &'a [u8],
    pub(super) source: &'a str,
}

/// Fills the columns, span by span.
pub(super) struct TraceRows {
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    parent_span_id: FixedSizeBinaryBuilder,
    process_id: StringDictionaryBuilder<Int32Type>,
    stream_id: StringDictionaryBuilder<Int32Type>,
    exe: StringDictionaryBuilder<Int32Type>,
    begin: TimestampNanosecondBuilder,
    end: TimestampNanosecondBuilder,
    duration: Int64Builder,
    name: StringDictionaryBuilder<Int32Type>,
    target: StringDictionaryBuilder<Int32Type>,
    kind: StringDictionaryBuilder<Int32Type>,
    status: StringDictionaryBuilder<Int32Type>,
    properties: BinaryDictionaryBuilder<Int32Type>,
    source: StringDictionaryBuilder<Int32Type>,
}

impl TraceRows {
    pub(super) fn new() -> Self {
        Self {
            trace_id: FixedSizeBinaryBuilder::new(16),
            span_id: FixedSizeBinaryBuilder::new(8),
            parent_span_id: FixedSizeBinaryBuilder::new(8),
            process_id: StringDictionaryBuilder::new(),
            stream_id: StringDictionaryBuilder::new(),
            exe: StringDictionaryBuilder::new(),
            begin: TimestampNanosecondBuilder::new().with_timezone("+00:00"),
            end: TimestampNanosecondBuilder::new().with_timezone("+00:00"),
            duration: Int64Builder::new(),
            name: StringDictionaryBuilder::new(),
            target: StringDictionaryBuilder::new(),
            kind: StringDictionaryBuilder::new(),
            status: StringDictionaryBuilder::new(),
            properties: BinaryDictionaryBuilder::new(),
            source: StringDictionaryBuilder::new(),
        }
    }

    pub(super) fn add(&mut self, trace_id: u128, span: &TraceSpan<'_>) -> Result<()> {
        self.trace_id.append_value(trace_id.to_be_bytes())?;
        self.span_id.append_value(span.span_id)?;
        match span.parent_span_id {
            Some(parent) => self.parent_span_id.append_value(parent)?,
            None => self.parent_span_id.append_null(),
        }
        self.process_id.append_value(span.process_id);
        self.stream_id.append_value(span.stream_id);
        self.exe.append_value(span.exe);
        self.begin.append_value(span.begin);
        self.end.append_option(span.end);
        self.duration.append_option(span.end.map(|end| end.saturating_sub(span.begin)));
        self.name.append_value(span.name);
        self.target.append_value(span.target);
        self.kind.append_value(span.kind);
        self.status.append_value(span.status);
        self.properties.append(span.properties)?;
        self.source.append_value(span.source);
        Ok(())
    }

    pub(super) fn finish(mut self, schema: SchemaRef) -> Result<RecordBatch> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(self.trace_id.finish()),
            Arc::new(self.span_id.finish()),
            Arc::new(self.parent_span_id.finish()),
            Arc::new(self.process_id.finish()),
            Arc::new(self.stream_id.finish()),
            Arc::new(self.exe.finish()),
            Arc::new(self.begin.finish()),
            Arc::new(self.end.finish()),
            Arc::new(self.duration.finish()),
            Arc::new(self.name.finish()),
            Arc::new(self.target.finish()),
            Arc::new(self.kind.finish()),
            Arc::new(self.status.finish()),
            Arc::new(self.properties.finish()),
            Arc::new(self.source.finish()),
        ];
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}
