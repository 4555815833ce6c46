//! Rules that drop or hash properties when they are read.

use micromegas_lakehouse::{Redact, Redaction};
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue, any_value};
use opentelemetry_proto::tonic::trace::v1::span::Event as SpanEvent;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};
use crate::otlp::{START, TRACES, resource, scope, send};

fn rules() -> Redaction {
    let rules = [
        ("user", Redact::Hash),
        ("token", Redact::Drop),
        ("build", Redact::Hash),
        ("thread-name", Redact::Drop),
        ("team", Redact::Drop),
    ];
    Redaction::new(rules, "the key")
}

fn entry(ticks: i64, properties: &[(&'static str, &'static str)]) -> Event {
    Event::TaggedLog { ticks: START_TICKS + ticks, message: "m", properties: properties.to_vec() }
}

/// A process with entries of two users, half of them written down already, and a thread.
async fn lake_with_users() -> (TestLake, TestProcess) {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    let first = [entry(1, &[("user", "ada"), ("token", "abc"), ("room", "7")]), entry(2, &[])];
    lake.send(&mut stream, &first).await;
    lake.materialize().await;
    let second = [entry(3, &[("user", "bob"), ("token", "abc")]), entry(4, &[("user", "ada")])];
    lake.send(&mut stream, &second).await;
    let ticks = START_TICKS + 5;
    let span = [
        Event::Begin { ticks, name: "work".to_owned() },
        Event::End { ticks: ticks + 1, name: "work".to_owned() },
    ];
    lake.send(&mut process.thread_stream(), &span).await;
    (lake, process)
}

fn with_rules(lake: &TestLake) -> TestLake {
    let mut lake = lake.clone();
    lake.options.redaction = rules();
    lake
}

const ENTRIES: &str = "SELECT jsonb_format_json(properties), property_get(properties, 'user'), \
                       property_get(process_properties, 'build') FROM log_entries ORDER BY time";

#[tokio::test]
async fn rules_act_at_once_on_what_is_written_down_and_on_what_is_fresh() {
    let (lake, _) = lake_with_users().await;
    let sent = [
        r#"{"room":"7","token":"abc","user":"ada"}|ada|42"#,
        "{}|NULL|42",
        r#"{"token":"abc","user":"bob"}|bob|42"#,
        r#"{"user":"ada"}|ada|42"#,
    ];
    assert_eq!(lake.query(ENTRIES).await, sent);
    let [ada, bob, build] = ["ada", "bob", "42"].map(|value| rules().hash(value));
    let expected = [
        format!(r#"{{"room":"7","user":"{ada}"}}|{ada}|{build}"#),
        format!("{{}}|NULL|{build}"),
        format!(r#"{{"user":"{bob}"}}|{bob}|{build}"#),
        format!(r#"{{"user":"{ada}"}}|{ada}|{build}"#),
    ];
    let redacted = with_rules(&lake);
    assert_eq!(redacted.query(ENTRIES).await, expected);
    // A daemon with what queries of the same server have decoded, and merges of partitions.
    redacted.materialize().await;
    redacted.materializer().compact(&Default::default(), "log_entries").await.unwrap();
    assert_eq!(redacted.query(ENTRIES).await, expected);
    assert!(!redacted.explain(ENTRIES).await.contains("FreshBlocksExec"));
    // What was written down is what was sent, so that nothing is lost to a rule that was wrong.
    assert_eq!(lake.query(ENTRIES).await, sent);
}

#[tokio::test]
async fn no_condition_sees_what_is_hidden() {
    let (lake, process) = lake_with_users().await;
    let redacted = with_rules(&lake);
    let count = |condition: &str| format!("SELECT count(*) FROM log_entries WHERE {condition}");
    let ada = rules().hash("ada");
    for is_written in [false, true] {
        if is_written {
            lake.materialize().await;
        }
        for (condition, of_sent, of_redacted) in [
            ("property_get(properties, 'user') = 'ada'".to_owned(), "2", "0"),
            ("property_get(properties, 'token') = 'abc'".to_owned(), "2", "0"),
            ("property_get(properties, 'TOKEN') IS NOT NULL".to_owned(), "2", "0"),
            ("jsonb_format_json(properties) LIKE '%abc%'".to_owned(), "2", "0"),
            ("property_get(process_properties, 'build') = '42'".to_owned(), "4", "0"),
            (format!("property_get(properties, 'user') = '{ada}'"), "0", "2"),
            ("property_get(properties, 'room') = '7'".to_owned(), "1", "1"),
            (format!("process_id = '{}' AND level = 4 AND msg = 'm'", process.id()), "4", "4"),
        ] {
            let sql = count(&condition);
            assert_eq!(lake.query(&sql).await, [of_sent], "{condition}");
            assert_eq!(redacted.query(&sql).await, [of_redacted], "{condition}");
        }
    }
    // Neither do orders, groups, joins and limits.
    let grouped = "SELECT property_get(properties, 'user') AS u, count(*) FROM log_entries \
                   GROUP BY u ORDER BY count(*) DESC, u NULLS LAST LIMIT 1";
    assert_eq!(redacted.query(grouped).await, [format!("{ada}|2")]);
    let limited = "SELECT msg FROM log_entries WHERE property_get(properties, 'token') = 'abc' \
                   ORDER BY time LIMIT 1";
    assert_eq!(lake.query(limited).await, ["m"]);
    assert!(redacted.query(limited).await.is_empty());
    let joined = "SELECT count(*) FROM log_entries AS a JOIN log_entries AS b \
                  ON property_get(a.properties, 'token') = property_get(b.properties, 'token')";
    assert_eq!(lake.query(joined).await, ["4"]);
    assert_eq!(redacted.query(joined).await, ["0"]);
    let plan = redacted.explain("SELECT properties FROM log_entries").await;
    assert!(plan.contains("RedactExec") && !plan.contains("token"), "{plan}");
}

#[tokio::test]
async fn properties_of_processes_and_streams_are_hidden_wherever_they_are() {
    let (lake, process) = lake_with_users().await;
    let redacted = with_rules(&lake);
    let build = rules().hash("42");
    for sql in [
        "SELECT property_get(properties, 'build') FROM processes".to_owned(),
        "SELECT DISTINCT property_get(\"processes.properties\", 'build') FROM blocks".to_owned(),
        format!(
            "SELECT DISTINCT property_get(process_properties, 'build') \
             FROM view_instance('log_entries', '{}')",
            process.id()
        ),
    ] {
        assert_eq!(lake.query(&sql).await, ["42"], "{sql}");
        assert_eq!(redacted.query(&sql).await, std::slice::from_ref(&build), "{sql}");
    }
    let streams = "SELECT jsonb_format_json(properties) FROM streams WHERE array_has(tags, 'cpu')";
    assert_eq!(lake.query(streams).await, [r#"{"thread-id":"7","thread-name":"worker"}"#]);
    assert_eq!(redacted.query(streams).await, [r#"{"thread-id":"7"}"#]);
    // The root of a thread's spans is called like the thread.
    let root = format!("SELECT name FROM thread_spans('{}') WHERE depth = 0", process.id());
    assert_eq!(lake.query(&root).await, ["worker-7"]);
    assert_eq!(redacted.query(&root).await, ["7"]);
}

#[tokio::test]
async fn attributes_of_opentelemetry_are_hidden_too_and_hashed_once() {
    let text = |key: &str, value: &str| KeyValue {
        key: key.to_owned(),
        value: Some(AnyValue { value: Some(any_value::Value::StringValue(value.to_owned())) }),
        ..KeyValue::default()
    };
    let lake = TestLake::new();
    let process = resource();
    lake.send_process(&process).await;
    // One value was hashed when it arrived.
    let (ada, bob) = (rules().hash("ada"), rules().hash("bob"));
    let span = Span {
        trace_id: vec![7; 16],
        span_id: vec![1; 8],
        start_time_unix_nano: START,
        end_time_unix_nano: START + 1,
        attributes: vec![text("user", &ada), text("token", "abc")],
        events: vec![SpanEvent {
            time_unix_nano: START,
            name: "user".to_owned(),
            attributes: vec![text("user", "bob"), text("token", "abc")],
            dropped_attributes_count: 0,
        }],
        ..Span::default()
    };
    let scope_spans =
        vec![ScopeSpans { scope: scope(), spans: vec![span], ..ScopeSpans::default() }];
    let message = ResourceSpans { scope_spans, ..ResourceSpans::default() }.encode_to_vec();
    send(&lake, &process, TRACES, message, (START, START + 1)).await;
    let redacted = with_rules(&lake);
    let sql = "SELECT jsonb_format_json(properties), jsonb_format_json(events) FROM otel_spans";
    let properties =
        format!(r#"{{"otel.scope.name":"shop","otel.scope.version":"2","user":"{ada}"}}"#);
    let events =
        format!(r#"[{{"attributes":{{"user":"{bob}"}},"name":"user","time_unix_nano":{START}}}]"#);
    assert_eq!(redacted.query(sql).await, [format!("{properties}|{events}")]);
    // A table that is made of others does not hash again.
    let trace = format!("SELECT jsonb_format_json(properties) FROM trace('{}')", "07".repeat(16));
    assert_eq!(redacted.query(&trace).await, [properties]);
}
