//! Data points as rows of `measures`.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BinaryDictionaryBuilder, Float64Array, RecordBatch, StringDictionaryBuilder,
    UInt64Array,
};
use datafusion::arrow::datatypes::{Int32Type, SchemaRef};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Metric, NumberDataPoint, ResourceMetrics,
};

use super::Message;
use super::attributes::Attributes;
use super::histogram::Summary;
use super::number::time;
use super::value::text_json;
use crate::clock::to_nanoseconds;
use crate::columns::timestamps;
use crate::error::Error;
use crate::source::StreamSource;
use crate::view::{BlockContent, Content, RunDecoder};

/// Above this, a floating-point number cannot tell an integer from its neighbours.
const EXACT_MAX: u64 = 1 << 53;

/// Decodes blocks of `otlp/v1/metrics`.
pub(crate) struct MetricDecoder {
    schema: SchemaRef,
    source: Arc<StreamSource>,
}

impl MetricDecoder {
    /// For rows of this schema, which is that of `measures`.
    pub(crate) fn new(schema: SchemaRef, source: Arc<StreamSource>) -> Self {
        Self { schema, source }
    }
}

impl RunDecoder for MetricDecoder {
    fn push(&mut self, block: &BlockContent<'_>) -> Result<Vec<RecordBatch>, Error> {
        let Content::Otlp(Message::Metrics(metrics)) = &block.content else {
            return Err(block.unexpected());
        };
        let mut rows = Rows::new(to_nanoseconds(block.record.begin_time));
        rows.add_resource(metrics)?;
        let row_count = rows.time.len();
        if row_count == 0 {
            return Ok(Vec::new());
        }
        let mut columns = self.source.columns.leading(block.record, row_count);
        let rest: [ArrayRef; 8] = [
            timestamps(rows.time),
            Arc::new(rows.target.finish()),
            Arc::new(rows.name.finish()),
            Arc::new(rows.unit.finish()),
            Arc::new(Float64Array::from(rows.value)),
            Arc::new(rows.properties.finish()),
            self.source.columns.process_properties.column(row_count),
            Arc::new(UInt64Array::from(rows.integer)),
        ];
        columns.extend(rest);
        Ok(vec![RecordBatch::try_new(Arc::clone(&self.schema), columns)?])
    }
}

/// The rows of a block.
struct Rows {
    /// The time of points that have none.
    begin: i64,
    time: Vec<i64>,
    target: StringDictionaryBuilder<Int32Type>,
    name: StringDictionaryBuilder<Int32Type>,
    unit: StringDictionaryBuilder<Int32Type>,
    value: Vec<f64>,
    integer: Vec<Option<u64>>,
    properties: BinaryDictionaryBuilder<Int32Type>,
}

/// A metric and what its points have in common.
struct Origin<'a> {
    target: &'a str,
    metric: &'a Metric,
    attributes: Attributes<'a>,
}

/// A sample, exact if it is an integer.
#[derive(Clone, Copy)]
enum Sample {
    Float(f64),
    Integer(u64),
    Negative(i64),
}

impl Rows {
    fn new(begin: i64) -> Self {
        Self {
            begin,
            time: Vec::new(),
            target: StringDictionaryBuilder::new(),
            name: StringDictionaryBuilder::new(),
            unit: StringDictionaryBuilder::new(),
            value: Vec::new(),
            integer: Vec::new(),
            properties: BinaryDictionaryBuilder::new(),
        }
    }

    fn add_resource(&mut self, metrics: &ResourceMetrics) -> Result<(), Error> {
        for scope_metrics in &metrics.scope_metrics {
            let scope = scope_metrics.scope.as_ref();
            let of_scope = Attributes::of_scope(scope, &scope_metrics.schema_url);
            let target = scope.map_or("", |scope| scope.name.as_str());
            for metric in &scope_metrics.metrics {
                self.add_metric(Origin { target, metric, attributes: of_scope.clone() })?;
            }
        }
        Ok(())
    }

    fn add_metric(&mut self, mut origin: Origin<'_>) -> Result<(), Error> {
        let Some(data) = &origin.metric.data else {
            return Ok(());
        };
        let (kind, aggregation) = match data {
            Data::Gauge(_) => ("gauge", None),
            Data::Sum(sum) => ("sum", Some(sum.aggregation_temporality)),
            Data::Histogram(data) => ("histogram", Some(data.aggregation_temporality)),
            Data::ExponentialHistogram(data) => {
                ("exponential_histogram", Some(data.aggregation_temporality))
            }
            Data::Summary(_) => ("summary", None),
        };
        origin.attributes.add("otel.metric.kind", text_json(kind));
        if let Some(aggregation) = aggregation {
            let name = match AggregationTemporality::try_from(aggregation) {
                Ok(AggregationTemporality::Delta) => "delta",
                Ok(AggregationTemporality::Cumulative) => "cumulative",
                _ => "unspecified",
            };
            origin.attributes.add("otel.metric.aggregation_temporality", text_json(name));
        }
        match data {
            Data::Gauge(gauge) => self.add_numbers(&origin, &gauge.data_points),
            Data::Sum(sum) => {
                let is_monotonic = jsonb::Value::Bool(sum.is_monotonic);
                origin.attributes.add("otel.metric.is_monotonic", is_monotonic);
                self.add_numbers(&origin, &sum.data_points)
            }
            Data::Histogram(data) => data.data_points.iter().try_for_each(|point| {
                let attributes = origin.attributes.with(&point.attributes);
                self.add_summary(
                    &origin,
                    point.time_unix_nano,
                    attributes,
                    Summary::of_histogram(point),
                )
            }),
            Data::ExponentialHistogram(data) => data.data_points.iter().try_for_each(|point| {
                let attributes = origin.attributes.with(&point.attributes);
                self.add_summary(
                    &origin,
                    point.time_unix_nano,
                    attributes,
                    Summary::of_exponential(point),
                )
            }),
            Data::Summary(data) => data.data_points.iter().try_for_each(|point| {
                let attributes = origin.attributes.with(&point.attributes);
                self.add_summary(
                    &origin,
                    point.time_unix_nano,
                    attributes,
                    Summary::of_summary(point),
                )
            }),
        }
    }

    /// A point without a value says that there was nothing to measure, and makes no row.
    fn add_numbers(
        &mut self,
        origin: &Origin<'_>,
        points: &[NumberDataPoint],
    ) -> Result<(), Error> {
        for point in points {
            let sample = match point.value {
                None => continue,
                Some(Value::AsDouble(value)) => Sample::Float(value),
                Some(Value::AsInt(value)) => {
                    u64::try_from(value).map_or(Sample::Negative(value), Sample::Integer)
                }
            };
            let mut attributes = origin.attributes.with(&point.attributes);
            if let Sample::Negative(value) = sample
                && value.unsigned_abs() > EXACT_MAX
            {
                let exact = jsonb::Value::Number(jsonb::Number::Int64(value));
                attributes.add("otel.metric.integer_value", exact);
            }
            self.add(origin, "", point.time_unix_nano, sample, &attributes)?;
        }
        Ok(())
    }

    /// Rows for count, sum, least and greatest; that of the count has the buckets or quantiles.
    fn add_summary(
        &mut self,
        origin: &Origin<'_>,
        unix_nano: u64,
        attributes: Attributes<'_>,
        summary: Summary,
    ) -> Result<(), Error> {
        let mut of_count = attributes.clone();
        of_count.add("otel.metric.details", summary.details);
        self.add(origin, "_count", unix_nano, Sample::Integer(summary.count), &of_count)?;
        for (suffix, value) in [("_sum", summary.sum), ("_min", summary.min), ("_max", summary.max)]
        {
            if let Some(value) = value {
                self.add(origin, suffix, unix_nano, Sample::Float(value), &attributes)?;
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        origin: &Origin<'_>,
        suffix: &str,
        unix_nano: u64,
        sample: Sample,
        attributes: &Attributes<'_>,
    ) -> Result<(), Error> {
        let (value, integer) = match sample {
            Sample::Float(value) => (value, None),
            Sample::Integer(value) => (value as f64, Some(value)),
            Sample::Negative(value) => (value as f64, None),
        };
        let Metric { name, unit, .. } = origin.metric;
        self.time.push(time(unix_nano).unwrap_or(self.begin));
        self.target.append_value(origin.target);
        self.name.append_value(format!("{name}{suffix}"));
        // A count has no unit.
        self.unit.append_value(if suffix == "_count" { "1" } else { unit.as_str() });
        self.value.push(value);
        self.integer.push(integer);
        self.properties.append(attributes.to_jsonb())?;
        Ok(())
    }
}
