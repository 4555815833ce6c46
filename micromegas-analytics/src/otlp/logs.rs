//! Log records as rows of `log_entries`.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryDictionaryBuilder, Int32Array, RecordBatch, StringBuilder,
    StringDictionaryBuilder,
};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};

use super::Message;
use super::attributes::Attributes;
use super::number::time;
use super::value::to_text;
use crate::clock::to_nanoseconds;
use crate::columns::timestamps;
use crate::error::Error;
use crate::source::StreamSource;
use crate::view::{BlockContent, Content, RunDecoder};

/// Decodes blocks of `otlp/v1/logs`.
pub(crate) struct LogDecoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
}

impl LogDecoder {
    /// For rows of this schema, which is that of `log_entries`.
    pub(crate) fn new(schema: SchemaRef, source: Arc<StreamSource>) -> Self {
        Self { schema, source }
    }
}

impl RunDecoder for LogDecoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let Content::Otlp(Message::Logs(logs)) = &block.content else {
            return Err(block.unexpected());
        };
        let begin = to_nanoseconds(block.record.begin_time);
        let (mut times, mut levels) = (Vec::new(), Vec::new());
        let mut targets = StringDictionaryBuilder::<Int32Type>::new();
        let mut messages = StringBuilder::new();
        let mut properties = BinaryDictionaryBuilder::<Int32Type>::new();
        for scope_logs in &logs.scope_logs {
            let scope = scope_logs.scope.as_ref();
            let of_scope = Attributes::of_scope(scope, &scope_logs.schema_url);
            for record in &scope_logs.log_records {
                let known = time(record.time_unix_nano).or(time(record.observed_time_unix_nano));
                times.push(known.unwrap_or(begin));
                levels.push(level(record.severity_number));
                targets.append_value(scope.map_or("", |scope| scope.name.as_str()));
                messages.append_value(to_text(record.body.as_ref()));
                let mut attributes = of_scope.with(&record.attributes);
                attributes.add_id::<16>("otel.trace_id", &record.trace_id);
                attributes.add_id::<8>("otel.span_id", &record.span_id);
                attributes.add_text("otel.severity_text", &record.severity_text);
                attributes.add_text("otel.event_name", &record.event_name);
                properties.append(attributes.to_jsonb())?;
            }
        }
        let row_count = times.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let mut columns = self.source.columns.leading(block.record, row_count);
        let rest: [ArrayRef; 6] = [
            timestamps(times),
            Arc::new(targets.finish()),
            Arc::new(Int32Array::from(levels)),
            Arc::new(messages.finish()),
            Arc::new(properties.finish()),
            self.source.columns.process_properties.column(row_count),
        ];
        columns.extend(rest);
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}

/// From OpenTelemetry's severity to a level; what is not given or not defined counts as Info.
fn level(severity: i32) -> i32 {
    match severity {
        1..=4 => 6,
        5..=8 => 5,
        13..=16 => 3,
        17..=20 => 2,
        21..=24 => 1,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn each_severity_has_its_level() {
        let levels: Vec<i32> = (-1..=25).map(level).collect();
        let expected = [&[4, 4][..], &[6; 4], &[5; 4], &[4; 4], &[3; 4], &[2; 4], &[1; 4], &[4]];
        assert_eq!(levels, expected.concat());
    }
}
