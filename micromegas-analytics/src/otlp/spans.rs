//! Spans as rows of `otel_spans`.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryBuilder, BinaryDictionaryBuilder, FixedSizeBinaryBuilder, Int64Array,
    RecordBatch, StringArray, StringBuilder, StringDictionaryBuilder,
};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};
use micromegas_tracing::prelude::*;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};

use super::Message;
use super::attributes::Attributes;
use super::number::time;
use super::value::{count_json, hex, object_json, text_json};
use crate::clock::to_nanoseconds;
use crate::columns::{ConstantColumn, constant_timestamp, timestamps};
use crate::error::Error;
use crate::source::StreamSource;
use crate::view::{BlockContent, Content, RunDecoder};

/// Decodes blocks of `otlp/v1/traces`.
pub(crate) struct SpanDecoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
}

impl SpanDecoder {
    /// For rows of this schema, which is that of `otel_spans`.
    pub(crate) fn new(schema: SchemaRef, source: Arc<StreamSource>) -> Self {
        Self { schema, source }
    }
}

impl RunDecoder for SpanDecoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let Content::Otlp(Message::Traces(traces)) = &block.content else {
            return Err(block.unexpected());
        };
        let mut rows = Rows::new();
        rows.add_resource(traces)?;
        if rows.skipped_count > 0 {
            let (skipped, id) = (rows.skipped_count, block.record.block_id);
            warn!("block {id} has {skipped} spans without ids or times, which make no rows");
        }
        let row_count = rows.start.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let of = &self.source.columns;
        let info = &self.source.process.info;
        let text = |text: &str| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(std::iter::repeat_n(text, row_count)))
        };
        let durations = rows.start.iter().zip(&rows.end).map(|(s, e)| e.saturating_sub(*s));
        let duration = Int64Array::from_iter_values(durations);
        let columns: Vec<ArrayRef> = vec![
            of.process_id.column(row_count),
            of.stream_id.column(row_count),
            ConstantColumn::symbol(&block.record.block_id.to_string()).column(row_count),
            constant_timestamp(to_nanoseconds(block.record.insert_time), row_count),
            text(&info.exe),
            text(&info.username),
            text(&info.computer),
            of.process_properties.column(row_count),
            Arc::new(rows.trace_id.finish()),
            Arc::new(rows.span_id.finish()),
            Arc::new(rows.parent_span_id.finish()),
            timestamps(rows.start),
            timestamps(rows.end),
            Arc::new(duration),
            Arc::new(rows.name.finish()),
            Arc::new(rows.kind.finish()),
            Arc::new(rows.status.finish()),
            Arc::new(rows.status_message.finish()),
            Arc::new(rows.properties.finish()),
            Arc::new(rows.events.finish()),
            Arc::new(rows.links.finish()),
        ];
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}

/// The rows of a block.
struct Rows {
    trace_id: FixedSizeBinaryBuilder,
    span_id: FixedSizeBinaryBuilder,
    parent_span_id: FixedSizeBinaryBuilder,
    start: Vec<i64>,
    end: Vec<i64>,
    name: StringDictionaryBuilder<Int32Type>,
    kind: StringDictionaryBuilder<Int32Type>,
    status: StringDictionaryBuilder<Int32Type>,
    status_message: StringBuilder,
    properties: BinaryDictionaryBuilder<Int32Type>,
    events: BinaryBuilder,
    links: BinaryBuilder,
    skipped_count: u64,
}

impl Rows {
    fn new() -> Self {
        Self {
            trace_id: FixedSizeBinaryBuilder::new(16),
            span_id: FixedSizeBinaryBuilder::new(8),
            parent_span_id: FixedSizeBinaryBuilder::new(8),
            start: Vec::new(),
            end: Vec::new(),
            name: StringDictionaryBuilder::new(),
            kind: StringDictionaryBuilder::new(),
            status: StringDictionaryBuilder::new(),
            status_message: StringBuilder::new(),
            properties: BinaryDictionaryBuilder::new(),
            events: BinaryBuilder::new(),
            links: BinaryBuilder::new(),
            skipped_count: 0,
        }
    }

    fn add_resource(&mut self, traces: &ResourceSpans) -> Result<(), Error> {
        for scope_spans in &traces.scope_spans {
            let scope = scope_spans.scope.as_ref();
            let of_scope = Attributes::of_scope(scope, &scope_spans.schema_url);
            for span in &scope_spans.spans {
                self.add(span, of_scope.with(&span.attributes))?;
            }
        }
        Ok(())
    }

    fn add<'a>(&mut self, span: &'a Span, mut attributes: Attributes<'a>) -> Result<(), Error> {
        let times = time(span.start_time_unix_nano).zip(time(span.end_time_unix_nano));
        let has_ids = span.trace_id.len() == 16 && span.span_id.len() == 8;
        let (Some((start, end)), true) = (times, has_ids) else {
            self.skipped_count += 1;
            return Ok(());
        };
        self.trace_id.append_value(&span.trace_id)?;
        self.span_id.append_value(&span.span_id)?;
        match span.parent_span_id.len() {
            8 => self.parent_span_id.append_value(&span.parent_span_id)?,
            _ => self.parent_span_id.append_null(),
        }
        self.start.push(start);
        self.end.push(end);
        self.name.append_value(&span.name);
        self.kind.append_value(kind(span.kind));
        let (code, message) =
            span.status.as_ref().map_or((0, ""), |status| (status.code, status.message.as_str()));
        self.status.append_value(status(code));
        self.status_message.append_option((!message.is_empty()).then_some(message));
        attributes.add_text("otel.trace_state", &span.trace_state);
        self.properties.append(attributes.to_jsonb())?;
        self.events.append_value(list(&span.events, event));
        self.links.append_value(list(&span.links, link));
        Ok(())
    }
}

fn kind(kind: i32) -> &'static str {
    match SpanKind::try_from(kind) {
        Ok(SpanKind::Internal) => "INTERNAL",
        Ok(SpanKind::Server) => "SERVER",
        Ok(SpanKind::Client) => "CLIENT",
        Ok(SpanKind::Producer) => "PRODUCER",
        Ok(SpanKind::Consumer) => "CONSUMER",
        Ok(SpanKind::Unspecified) | Err(_) => "UNSPECIFIED",
    }
}

fn status(code: i32) -> &'static str {
    match StatusCode::try_from(code) {
        Ok(StatusCode::Ok) => "OK",
        Ok(StatusCode::Error) => "ERROR",
        Ok(StatusCode::Unset) | Err(_) => "UNSET",
    }
}

fn list<T>(items: &[T], json: fn(&T) -> jsonb::Value<'_>) -> Vec<u8> {
    jsonb::Value::Array(items.iter().map(json).collect()).to_vec()
}

fn event(event: &Event) -> jsonb::Value<'_> {
    object([
        ("name", text_json(&event.name)),
        ("time_unix_nano", count_json(event.time_unix_nano)),
        ("attributes", object_json(&event.attributes)),
    ])
}

fn link(link: &Link) -> jsonb::Value<'_> {
    object([
        ("trace_id", jsonb::Value::String(hex(&link.trace_id).into())),
        ("span_id", jsonb::Value::String(hex(&link.span_id).into())),
        ("trace_state", text_json(&link.trace_state)),
        ("attributes", object_json(&link.attributes)),
    ])
}

fn object<'a, const LENGTH: usize>(
    members: [(&str, jsonb::Value<'a>); LENGTH],
) -> jsonb::Value<'a> {
    jsonb::Value::Object(
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
    )
}
