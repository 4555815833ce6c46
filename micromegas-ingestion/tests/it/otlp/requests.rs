//! Requests with every kind of record.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue, KeyValueList,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    Exemplar, ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram,
    HistogramDataPoint, Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary,
    SummaryDataPoint, exemplar, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};

/// The time of the first record, in nanoseconds since 1970.
pub(crate) const START: u64 = 1_700_000_000_000_000_000;

pub(crate) fn any(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

pub(crate) fn attribute(key: &str, value: Value) -> KeyValue {
    KeyValue { key: key.to_owned(), value: any(value), ..KeyValue::default() }
}

pub(crate) fn text(key: &str, value: &str) -> KeyValue {
    attribute(key, Value::StringValue(value.to_owned()))
}

/// One attribute of each kind.
pub(crate) fn attributes() -> Vec<KeyValue> {
    let list = ArrayValue { values: vec![AnyValue::default(), any(Value::IntValue(7)).unwrap()] };
    let map = KeyValueList { values: vec![text("password", "secret-nested"), text("kept", "yes")] };
    vec![
        text("text", "plain"),
        text("password", "secret-plain"),
        attribute("flag", Value::BoolValue(true)),
        attribute("integer", Value::IntValue(i64::MIN)),
        attribute("float", Value::DoubleValue(-0.5)),
        attribute("bytes", Value::BytesValue(vec![0, 255])),
        attribute("list", Value::ArrayValue(list)),
        attribute("map", Value::KvlistValue(map)),
    ]
}

pub(crate) fn resource(service: &str) -> Option<Resource> {
    let mut attributes = attributes();
    attributes.extend([
        text("service.name", service),
        text("service.namespace", "shop"),
        text("host.name", "host-1"),
        text("user.name", "ada"),
        text("os.description", "Debian 13"),
        text("host.cpu.model.name", "brass"),
    ]);
    Some(Resource { attributes, dropped_attributes_count: 1, entity_refs: Vec::new() })
}

fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "scope".into(),
        version: "1".into(),
        attributes: attributes(),
        dropped_attributes_count: 2,
    })
}

pub(crate) fn logs(services: &[&str]) -> ExportLogsServiceRequest {
    let record = |index: u64| LogRecord {
        time_unix_nano: START + index,
        observed_time_unix_nano: START + 100,
        severity_number: 9,
        severity_text: "INFO".into(),
        body: any(Value::StringValue(format!("message {index}"))),
        attributes: attributes(),
        dropped_attributes_count: 3,
        flags: 1,
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        event_name: "event".into(),
    };
    let observed_only = LogRecord {
        observed_time_unix_nano: START + 50,
        body: attributes().pop().unwrap().value,
        ..LogRecord::default()
    };
    let log_records = vec![record(10), record(0), observed_only, LogRecord::default()];
    let resource_logs = services.iter().map(|service| ResourceLogs {
        resource: resource(service),
        scope_logs: vec![ScopeLogs {
            scope: scope(),
            log_records: log_records.clone(),
            schema_url: "https://schema".into(),
        }],
        schema_url: "https://schema".into(),
    });
    ExportLogsServiceRequest { resource_logs: resource_logs.collect() }
}

pub(crate) fn traces(services: &[&str]) -> ExportTraceServiceRequest {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        trace_state: "a=b".into(),
        parent_span_id: vec![3; 8],
        flags: 0x100,
        name: "GET /".into(),
        kind: 2,
        start_time_unix_nano: START,
        end_time_unix_nano: START + 1_000,
        attributes: attributes(),
        dropped_attributes_count: 1,
        events: vec![Event {
            time_unix_nano: START + 1,
            name: "event".into(),
            attributes: attributes(),
            dropped_attributes_count: 1,
        }],
        dropped_events_count: 2,
        links: vec![Link {
            trace_id: vec![4; 16],
            span_id: vec![5; 8],
            trace_state: "c=d".into(),
            attributes: attributes(),
            dropped_attributes_count: 1,
            flags: 1,
        }],
        dropped_links_count: 3,
        status: Some(Status { message: "broken".into(), code: 2 }),
    };
    let later = Span { end_time_unix_nano: START + 2_000, span_id: vec![6; 8], ..span.clone() };
    let resource_spans = services.iter().map(|service| ResourceSpans {
        resource: resource(service),
        scope_spans: vec![ScopeSpans {
            scope: scope(),
            spans: vec![span.clone(), later.clone()],
            schema_url: "https://schema".into(),
        }],
        schema_url: "https://schema".into(),
    });
    ExportTraceServiceRequest { resource_spans: resource_spans.collect() }
}

/// A metric of each kind: 1 + 2 + 1 + 1 data points, and a summary, which counts as four.
pub(crate) const METRIC_RECORD_COUNT: i32 = 9;

pub(crate) fn metrics(services: &[&str]) -> ExportMetricsServiceRequest {
    let metric = |name: &str, data| Metric {
        name: name.into(),
        description: "what it is".into(),
        unit: "By".into(),
        metadata: attributes(),
        data: Some(data),
    };
    let exemplar = Exemplar {
        filtered_attributes: attributes(),
        time_unix_nano: START + 3,
        span_id: vec![2; 8],
        trace_id: vec![1; 16],
        value: Some(exemplar::Value::AsInt(-4)),
    };
    let number = |value| NumberDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: START,
        exemplars: vec![exemplar.clone()],
        flags: 0,
        value: Some(value),
    };
    let histogram = HistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: START + 5,
        count: 3,
        sum: Some(0.0),
        bucket_counts: vec![1, 0, 2],
        explicit_bounds: vec![0.5, 1.0],
        exemplars: vec![exemplar.clone()],
        flags: 0,
        min: Some(0.25),
        max: None,
    };
    let exponential = ExponentialHistogramDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: START + 6,
        count: 300,
        sum: None,
        scale: -3,
        zero_count: 4,
        positive: Some(Buckets { offset: -2, bucket_counts: vec![1, 0, 300] }),
        negative: Some(Buckets { offset: 2, bucket_counts: vec![] }),
        flags: 0,
        exemplars: vec![],
        min: None,
        max: Some(9.0),
        zero_threshold: 0.1,
    };
    let summary = SummaryDataPoint {
        attributes: attributes(),
        start_time_unix_nano: 1,
        time_unix_nano: START + 7,
        count: 5,
        sum: 2.5,
        quantile_values: vec![ValueAtQuantile { quantile: 0.99, value: 1.5 }],
        flags: 0,
    };
    let metrics = vec![
        metric(
            "gauge",
            Data::Gauge(Gauge { data_points: vec![number(number_data_point::Value::AsInt(-1))] }),
        ),
        metric(
            "sum",
            Data::Sum(Sum {
                data_points: vec![
                    number(number_data_point::Value::AsDouble(0.0)),
                    number(number_data_point::Value::AsDouble(f64::INFINITY)),
                ],
                aggregation_temporality: 1,
                is_monotonic: true,
            }),
        ),
        metric(
            "histogram",
            Data::Histogram(Histogram { data_points: vec![histogram], aggregation_temporality: 2 }),
        ),
        metric(
            "exponential",
            Data::ExponentialHistogram(ExponentialHistogram {
                data_points: vec![exponential],
                aggregation_temporality: 1,
            }),
        ),
        metric("summary", Data::Summary(Summary { data_points: vec![summary] })),
    ];
    let resource_metrics = services.iter().map(|service| ResourceMetrics {
        resource: resource(service),
        scope_metrics: vec![ScopeMetrics {
            scope: scope(),
            metrics: metrics.clone(),
            schema_url: "https://schema".into(),
        }],
        schema_url: "https://schema".into(),
    });
    ExportMetricsServiceRequest { resource_metrics: resource_metrics.collect() }
}
