//! Streams of OpenTelemetry: `log_entries`, `measures` and `otel_spans`.

use bytes::Bytes;
use chrono::DateTime;
use micromegas_lakehouse::{NewStream, Tenant};
use micromegas_transit::{Block, Payload, StreamInfo, StreamLayout, TickRange};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, ArrayValue, InstrumentationScope, KeyValue,
};
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::metrics::v1::exponential_histogram_data_point::Buckets;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::summary_data_point::ValueAtQuantile;
use opentelemetry_proto::tonic::metrics::v1::{
    ExponentialHistogram, ExponentialHistogramDataPoint, Gauge, Histogram, HistogramDataPoint,
    Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, Summary, SummaryDataPoint,
    number_data_point,
};
use opentelemetry_proto::tonic::trace::v1::span::{Event, Link};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;
use uuid::Uuid;

use crate::fixture::{TestLake, TestProcess};

/// 2026-01-01T00:00:00Z, when test processes start.
pub(crate) const START: u64 = 1_767_225_600_000_000_000;

/// A process as resources of OpenTelemetry are stored: its ticks are nanoseconds since 1970.
pub(crate) fn resource() -> TestProcess {
    let mut process = TestProcess::new();
    process.info.start_ticks = START.cast_signed();
    process
}

/// Sends a message as a block of a stream of its own; returns the stream.
pub(crate) async fn send(
    lake: &TestLake,
    process: &TestProcess,
    (tag, format): (&str, &str),
    message: Vec<u8>,
    times: (u64, u64),
) -> Uuid {
    let tenant = Tenant::default();
    let stream_id = Uuid::new_v4();
    let info = StreamInfo {
        process_id: process.info.process_id,
        stream_id,
        layout: StreamLayout::default(),
        tags: vec![tag.to_owned()],
        properties: Default::default(),
    };
    let stream = NewStream { format: format.to_owned(), ..NewStream::new(tenant.clone(), info) };
    lake.lake.insert_new_stream(stream).await.unwrap();
    let (least, greatest) = (times.0.cast_signed(), times.1.cast_signed());
    lake.send_block(Block {
        block_id: Uuid::new_v4(),
        stream_id,
        process_id: process.info.process_id,
        begin_time: DateTime::from_timestamp_nanos(least),
        begin_ticks: least,
        end_time: DateTime::from_timestamp_nanos(greatest),
        end_ticks: greatest,
        payload: Payload { dependencies: Bytes::new(), objects: message.into() }.to_raw(),
        object_offset: 0,
        event_count: 1,
        event_ticks: Some(TickRange { least, greatest }),
        skipped_events: 0,
    })
    .await;
    stream_id
}

pub(crate) const LOGS: (&str, &str) = ("log", "otlp/v1/logs");
pub(crate) const METRICS: (&str, &str) = ("metrics", "otlp/v1/metrics");
pub(crate) const TRACES: (&str, &str) = ("trace", "otlp/v1/traces");

fn any(value: Value) -> Option<AnyValue> {
    Some(AnyValue { value: Some(value) })
}

fn text(key: &str, value: &str) -> KeyValue {
    let value = any(Value::StringValue(value.to_owned()));
    KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
}

pub(crate) fn scope() -> Option<InstrumentationScope> {
    Some(InstrumentationScope {
        name: "shop".to_owned(),
        version: "2".to_owned(),
        attributes: vec![text("team", "red")],
        dropped_attributes_count: 0,
    })
}

fn logs(log_records: Vec<LogRecord>) -> Vec<u8> {
    let scope_logs = ScopeLogs { scope: scope(), log_records, schema_url: "url".to_owned() };
    ResourceLogs { scope_logs: vec![scope_logs], ..ResourceLogs::default() }.encode_to_vec()
}

#[tokio::test]
async fn log_records_are_log_entries() {
    let lake = TestLake::new();
    let process = resource();
    lake.send_process(&process).await;
    let list = ArrayValue { values: vec![any(Value::IntValue(7)).unwrap(), AnyValue::default()] };
    let whole = LogRecord {
        time_unix_nano: START + 5,
        observed_time_unix_nano: START + 90,
        severity_number: 17,
        severity_text: "ERROR".to_owned(),
        body: any(Value::StringValue("it broke".to_owned())),
        attributes: vec![text("user", "ada")],
        trace_id: vec![0xab; 16],
        span_id: vec![1; 7],
        event_name: "breakage".to_owned(),
        ..LogRecord::default()
    };
    let observed = LogRecord {
        observed_time_unix_nano: START + 9,
        body: any(Value::ArrayValue(list)),
        ..LogRecord::default()
    };
    let bare = LogRecord::default();
    send(&lake, &process, LOGS, logs(vec![whole, observed, bare]), (START + 5, START + 9)).await;
    let sql = "SELECT exe, computer, time, target, level, msg, jsonb_format_json(properties), \
               property_get(process_properties, 'build') FROM log_entries ORDER BY level, msg DESC";
    let of_scope = r#""otel.scope.attr.team":"red","otel.scope.name":"shop","otel.scope.schema_url":"url","otel.scope.version":"2""#;
    let of_record = format!(
        r#""otel.severity_text":"ERROR","otel.trace_id":"{}","user":"ada""#,
        "ab".repeat(16)
    );
    let expected = [
        format!(
            "game|desk|2026-01-01T00:00:00.000000005Z|shop|2|it broke|{{\"otel.event_name\":\"breakage\",{of_scope},{of_record}}}|42"
        ),
        format!("game|desk|2026-01-01T00:00:00.000000009Z|shop|4|[7,null]|{{{of_scope}}}|42"),
        format!("game|desk|2026-01-01T00:00:00.000000005Z|shop|4||{{{of_scope}}}|42"),
    ];
    assert_eq!(lake.query(sql).await, expected);
    lake.materialize().await;
    assert_eq!(lake.query(sql).await, expected);
    let stats = "SELECT time_bin, level, target, count FROM log_stats ORDER BY level";
    let minute = "2026-01-01T00:00:00Z";
    assert_eq!(
        lake.query(stats).await,
        [format!("{minute}|2|shop|1"), format!("{minute}|4|shop|2")]
    );
}

fn number(value: Option<number_data_point::Value>) -> NumberDataPoint {
    NumberDataPoint { time_unix_nano: START + 1, value, ..NumberDataPoint::default() }
}

fn metric(name: &str, data: Data) -> Metric {
    let (name, unit) = (name.to_owned(), "By".to_owned());
    Metric { name, unit, data: Some(data), ..Metric::default() }
}

#[tokio::test]
async fn data_points_are_measures_and_summaries_lose_nothing() {
    use number_data_point::Value::{AsDouble, AsInt};
    let lake = TestLake::new();
    let process = resource();
    lake.send_process(&process).await;
    let gauge = Gauge {
        data_points: vec![
            number(Some(AsDouble(0.5))),
            number(Some(AsInt((1 << 53) + 1))),
            number(None),
        ],
    };
    let sum = Sum {
        data_points: vec![number(Some(AsInt(i64::MIN + 1)))],
        aggregation_temporality: 1,
        is_monotonic: true,
    };
    let histogram = HistogramDataPoint {
        count: 3,
        sum: Some(6.5),
        min: Some(1.0),
        bucket_counts: vec![1, 2],
        explicit_bounds: vec![2.5],
        ..HistogramDataPoint::default()
    };
    let histogram = Histogram { data_points: vec![histogram], aggregation_temporality: 2 };
    let exponential = ExponentialHistogramDataPoint {
        count: 4,
        scale: -1,
        zero_count: 1,
        positive: Some(Buckets { offset: 2, bucket_counts: vec![3] }),
        ..ExponentialHistogramDataPoint::default()
    };
    let exponential =
        ExponentialHistogram { data_points: vec![exponential], aggregation_temporality: 0 };
    let quantile = |quantile, value| ValueAtQuantile { quantile, value };
    let summary = SummaryDataPoint {
        count: 2,
        sum: 3.0,
        quantile_values: vec![quantile(0.0, 1.0), quantile(0.5, 1.5), quantile(1.0, 2.0)],
        ..SummaryDataPoint::default()
    };
    let summary = Summary { data_points: vec![summary] };
    let metrics = vec![
        metric("gauge", Data::Gauge(gauge)),
        metric("sum", Data::Sum(sum)),
        metric("h", Data::Histogram(histogram)),
        metric("e", Data::ExponentialHistogram(exponential)),
        metric("s", Data::Summary(summary)),
        Metric { name: "empty".to_owned(), ..Metric::default() },
    ];
    let scope_metrics = vec![ScopeMetrics { scope: scope(), metrics, ..ScopeMetrics::default() }];
    let message = ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }.encode_to_vec();
    send(&lake, &process, METRICS, message, (START + 1, START + 1)).await;
    let sql = "SELECT name, unit, value, integer_value, target, \
               property_get(properties, 'otel.metric.kind'), \
               property_get(properties, 'otel.metric.aggregation_temporality'), \
               property_get(properties, 'otel.metric.is_monotonic'), \
               property_get(properties, 'otel.metric.integer_value'), \
               property_get(properties, 'otel.metric.details') \
               FROM measures ORDER BY name, value";
    let buckets =
        r#""negative":{"bucket_counts":[],"offset":0},"positive":{"bucket_counts":[3],"offset":2}"#;
    let exponential = format!(r#"{{{buckets},"scale":-1,"zero_count":1,"zero_threshold":0.0}}"#);
    let quantiles = r#"{"quantiles":[{"quantile":0.0,"value":1.0},{"quantile":0.5,"value":1.5},{"quantile":1.0,"value":2.0}]}"#;
    let expected = [
        format!("e_count|1|4.0|4|shop|exponential_histogram|unspecified|NULL|NULL|{exponential}"),
        "gauge|By|0.5|NULL|shop|gauge|NULL|NULL|NULL|NULL".to_owned(),
        "gauge|By|9007199254740992.0|9007199254740993|shop|gauge|NULL|NULL|NULL|NULL".to_owned(),
        r#"h_count|1|3.0|3|shop|histogram|cumulative|NULL|NULL|{"bucket_counts":[1,2],"explicit_bounds":[2.5]}"#.to_owned(),
        "h_min|By|1.0|NULL|shop|histogram|cumulative|NULL|NULL|NULL".to_owned(),
        "h_sum|By|6.5|NULL|shop|histogram|cumulative|NULL|NULL|NULL".to_owned(),
        format!("s_count|1|2.0|2|shop|summary|NULL|NULL|NULL|{quantiles}"),
        "s_max|By|2.0|NULL|shop|summary|NULL|NULL|NULL|NULL".to_owned(),
        "s_min|By|1.0|NULL|shop|summary|NULL|NULL|NULL|NULL".to_owned(),
        "s_sum|By|3.0|NULL|shop|summary|NULL|NULL|NULL|NULL".to_owned(),
        "sum|By|-9.223372036854776e18|NULL|shop|sum|delta|true|-9223372036854775807|NULL".to_owned(),
    ];
    assert_eq!(lake.query(sql).await, expected);
    lake.materialize().await;
    assert_eq!(lake.query(sql).await, expected);
}

pub(crate) fn span(trace_id: u128, span_id: u64, parent: u64, times: (u64, u64)) -> Span {
    Span {
        trace_id: trace_id.to_be_bytes().to_vec(),
        span_id: span_id.to_be_bytes().to_vec(),
        parent_span_id: if parent == 0 { Vec::new() } else { parent.to_be_bytes().to_vec() },
        name: format!("span {span_id}"),
        kind: 2,
        start_time_unix_nano: START + times.0,
        end_time_unix_nano: START + times.1,
        ..Span::default()
    }
}

pub(crate) fn traces(spans: Vec<Span>) -> Vec<u8> {
    let scope_spans = vec![ScopeSpans { scope: scope(), spans, ..ScopeSpans::default() }];
    ResourceSpans { scope_spans, ..ResourceSpans::default() }.encode_to_vec()
}

#[tokio::test]
async fn spans_are_rows_of_the_global_table_and_of_the_instance() {
    let lake = TestLake::new();
    let (process, other) = (resource(), resource());
    lake.send_process(&process).await;
    lake.send_process(&other).await;
    let whole = Span {
        attributes: vec![text("route", "/")],
        trace_state: "a=b".to_owned(),
        events: vec![Event {
            time_unix_nano: START + 3,
            name: "retry".to_owned(),
            attributes: vec![text("try", "2")],
            dropped_attributes_count: 0,
        }],
        links: vec![Link { trace_id: vec![9; 16], span_id: vec![8; 8], ..Link::default() }],
        status: Some(Status { message: "late".to_owned(), code: 2 }),
        ..span(7, 1, 0, (0, 1_000))
    };
    let odd = Span { kind: 99, ..span(7, 2, 1, (10, 20)) };
    let no_end = Span { end_time_unix_nano: 0, ..span(7, 3, 1, (10, 20)) };
    let short_id = Span { span_id: vec![1], ..span(7, 4, 1, (10, 20)) };
    let message = traces(vec![whole, odd, no_end, short_id]);
    let stream = send(&lake, &process, TRACES, message, (START, START + 1_000)).await;
    send(&lake, &other, TRACES, traces(vec![span(8, 1, 0, (0, 1))]), (START, START + 1)).await;
    let sql = "SELECT exe, stream_id, encode(trace_id, 'hex'), encode(span_id, 'hex'), \
               encode(parent_span_id, 'hex'), start_time, end_time, duration, name, kind, status, \
               status_message, jsonb_format_json(properties), jsonb_format_json(events), \
               jsonb_format_json(links) FROM otel_spans";
    let of_one = format!("{sql} WHERE process_id = '{}' ORDER BY start_time", process.id());
    let trace = format!("{:032x}", 7);
    let of_scope =
        r#""otel.scope.attr.team":"red","otel.scope.name":"shop","otel.scope.version":"2""#;
    let event = format!(
        r#"[{{"attributes":{{"try":"2"}},"name":"retry","time_unix_nano":{}}}]"#,
        START + 3
    );
    let link = format!(
        r#"[{{"attributes":{{}},"span_id":"{}","trace_id":"{}","trace_state":""}}]"#,
        "08".repeat(8),
        "09".repeat(16)
    );
    let expected = [
        format!(
            "game|{stream}|{trace}|{:016x}|NULL|2026-01-01T00:00:00Z|2026-01-01T00:00:00.000001Z\
             |1000|span 1|SERVER|ERROR|late|{{{of_scope},\"otel.trace_state\":\"a=b\",\"route\":\"/\"}}\
             |{event}|{link}",
            1
        ),
        format!(
            "game|{stream}|{trace}|{:016x}|{:016x}|2026-01-01T00:00:00.000000010Z\
             |2026-01-01T00:00:00.000000020Z|10|span 2|UNSPECIFIED|UNSET|NULL|{{{of_scope}}}|[]|[]",
            2, 1
        ),
    ];
    assert_eq!(lake.query(&of_one).await, expected);
    lake.materialize().await;
    assert_eq!(lake.query(&of_one).await, expected);
    assert!(!lake.explain(&of_one).await.contains("FreshBlocksExec"));
    let instance =
        format!("FROM view_instance('otel_spans', '{}') ORDER BY start_time", process.id());
    assert_eq!(lake.query(&sql.replace("FROM otel_spans", &instance)).await, expected);
    assert_eq!(lake.query("SELECT count(*) FROM otel_spans").await, ["3"]);
}

#[tokio::test]
async fn spans_by_process_and_by_stream_cost_what_the_instance_costs() {
    let lake = TestLake::new();
    let (one, other) = (resource(), resource());
    lake.send_process(&one).await;
    lake.send_process(&other).await;
    let one_span = || traces(vec![span(7, 1, 0, (0, 10))]);
    let stream = send(&lake, &one, TRACES, one_span(), (START, START + 10)).await;
    send(&lake, &other, TRACES, one_span(), (START, START + 10)).await;
    let decoded = || lake.options.cache.decoded_count();
    let sources = [
        format!("otel_spans WHERE process_id = '{}'", one.id()),
        format!("otel_spans WHERE stream_id = '{stream}'"),
        format!("view_instance('otel_spans', '{}')", one.id()),
    ];
    for source in &sources {
        let sql = format!("SELECT count(*) FROM {source}");
        assert!(lake.explain(&sql).await.contains("blocks=1"), "{}", lake.explain(&sql).await);
        assert_eq!(lake.query(&sql).await, ["1"], "{sql}");
        // The block of that process, once, and no other.
        assert_eq!(decoded(), 1, "{sql}");
    }
    lake.materialize().await;
    let written = "SELECT count(*) FROM list_partitions() WHERE view_set_name = 'otel_spans'";
    assert_eq!((lake.query(written).await, decoded()), (vec!["1".to_owned()], 2));
    for source in &sources {
        let sql = format!("SELECT count(*) FROM {source}");
        assert_eq!(lake.query(&sql).await, ["1"], "{sql}");
        let plan = lake.explain(&sql).await;
        assert!(plan.matches(".parquet").count() == 1 && !plan.contains("Fresh"), "{plan}");
    }
    assert_eq!(decoded(), 2);
}

#[tokio::test]
async fn messages_that_are_no_otlp_and_formats_that_nobody_knows_are_quarantined() {
    let lake = TestLake::new();
    let process = resource();
    lake.send_process(&process).await;
    let times = (START, START + 1);
    send(&lake, &process, LOGS, vec![0xff; 9], times).await;
    send(&lake, &process, ("log", "otlp/v9/logs"), logs(Vec::new()), times).await;
    send(&lake, &process, ("log", "otlp/v1/traces"), traces(Vec::new()), times).await;
    let record = LogRecord { time_unix_nano: START, ..LogRecord::default() };
    send(&lake, &process, LOGS, logs(vec![record]), times).await;
    // A message of no bytes is one without records.
    send(&lake, &process, LOGS, Vec::new(), times).await;
    assert_eq!(lake.query("SELECT count(*) FROM log_entries").await, ["1"]);
    lake.materialize().await;
    assert_eq!(lake.query("SELECT count(*) FROM log_entries").await, ["1"]);
    let reasons = "SELECT view_set_name, reason LIKE '%not OTLP%', reason LIKE '%otlp/v9/logs%', \
                   reason LIKE '%its tag does not say%' FROM list_quarantined_blocks() \
                   ORDER BY reason LIKE '%not OTLP%', reason LIKE '%otlp/v9/logs%'";
    assert_eq!(
        lake.query(reasons).await,
        [
            "log_entries|false|false|true",
            "log_entries|false|true|false",
            "log_entries|true|false|false"
        ]
    );
}
