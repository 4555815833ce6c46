//! JSON as SDKs write it, and as the specification's examples have it.

use axum::http::StatusCode;
use micromegas_ingestion::otlp::Signal;
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{ResourceMetrics, number_data_point};
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;

use super::requests::{logs, traces};
use super::stored::message;
use crate::server::{Server, json};

async fn stored<M: Message + Default>(signal: Signal, body: &str) -> M {
    let server = Server::new();
    let answer = server.send(json(signal, body)).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "{}"), "{body}");
    let [block] = &server.blocks().await[..] else { panic!("one block of {body}") };
    M::decode(message(&server, block).await).unwrap()
}

#[tokio::test]
async fn what_another_implementation_writes_is_the_same_as_protobuf() {
    let body = serde_json::to_string(&traces(&["a"])).unwrap();
    let read: ResourceSpans = stored(Signal::Traces, &body).await;
    assert_eq!(read, traces(&["a"]).resource_spans[0]);
    let body = serde_json::to_string(&logs(&["a"])).unwrap();
    let read: ResourceLogs = stored(Signal::Logs, &body).await;
    assert_eq!(read, logs(&["a"]).resource_logs[0]);
}

#[tokio::test]
async fn every_spelling_of_a_value_is_understood() {
    let body = r#"{"resourceMetrics": [{"resource": {"attributes": [
        {"key": "service.name", "value": {"stringValue": "json"}}, {"key": "empty", "value": {}},
        {"key": "n", "value": {"intValue": 5}}, {"key": "b", "value": {"bytesValue": "-_8"}}]},
      "unknownField": {"deep": [1, 2, {"er": null}]}, "schemaUrl": null,
      "scope_metrics": [{"scope": {"name": "s"}, "metrics": [
        {"name": "sum", "sum": {"aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA",
          "isMonotonic": true, "dataPoints": [
            {"timeUnixNano": 1700000000000000001, "asInt": "-7"},
            {"timeUnixNano": "1700000000000000002", "asInt": 7},
            {"time_unix_nano": "1700000000000000003", "asDouble": "NaN"},
            {"timeUnixNano": 1.7e18, "asDouble": 3}]}},
        {"name": "hist", "histogram": {"aggregationTemporality": 2, "dataPoints": [
            {"timeUnixNano": "1700000000000000004", "count": "3", "sum": 0,
             "bucketCounts": ["1", 2, "0"], "explicitBounds": [0.5, 1], "min": 0.25,
             "exemplars": [{"timeUnixNano": "5", "asDouble": 1.5,
               "traceId": "5B8EFFF798038103D269B633813FC60C", "spanId": "eee19b7ec3c1b174"}]}]}},
        {"name": "exp", "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [
            {"timeUnixNano": "1700000000000000005", "count": 3, "scale": -2, "zeroCount": "1",
             "positive": {"offset": -1, "bucketCounts": ["1", "1"]}}]}}]}]}]}"#;
    let read: ResourceMetrics = stored(Signal::Metrics, body).await;
    let metrics = &read.scope_metrics[0].metrics;
    let Some(Data::Sum(sum)) = &metrics[0].data else { panic!("{metrics:?}") };
    assert_eq!((sum.aggregation_temporality, sum.is_monotonic), (1, true));
    let times: Vec<_> = sum.data_points.iter().map(|point| point.time_unix_nano % 10).collect();
    assert_eq!(times, [1, 2, 3, 0]);
    assert_eq!(sum.data_points[0].value, Some(number_data_point::Value::AsInt(-7)));
    assert_eq!(sum.data_points[3].value, Some(number_data_point::Value::AsDouble(3.0)));
    let Some(Data::Histogram(histogram)) = &metrics[1].data else { panic!("{metrics:?}") };
    let point = &histogram.data_points[0];
    assert_eq!(point.bucket_counts, [1, 2, 0]);
    assert_eq!(point.explicit_bounds, [0.5, 1.0]);
    // What may be absent is there when it is zero, and absent when it is not written.
    assert_eq!((point.sum, point.min, point.max), (Some(0.0), Some(0.25), None));
    assert_eq!(point.exemplars[0].trace_id[..3], [0x5b, 0x8e, 0xff]);
    assert_eq!(point.exemplars[0].span_id.len(), 8);
    let Some(Data::ExponentialHistogram(exponential)) = &metrics[2].data else { panic!() };
    assert_eq!(exponential.data_points[0].scale, -2);
    assert_eq!(exponential.data_points[0].positive.as_ref().unwrap().bucket_counts, [1, 1]);
}

/// The shape that browsers and Node.js send.
#[tokio::test]
async fn spans_have_ids_in_hexadecimal() {
    let body = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name",
      "value":{"stringValue":"web"}}],"droppedAttributesCount":0},"scopeSpans":[{"scope":{"name":"x"},
      "spans":[{"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174",
      "parentSpanId":"eee19b7ec3c1b173","name":"I'm a server span","kind":"SPAN_KIND_SERVER",
      "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",
      "attributes":[{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"é\ud83d\ude00"},{}]}}},
      {"key":"map","value":{"kvlistValue":{"values":[{"key":"k","value":{"boolValue":false}}]}}}],
      "status":{"code":1},"events":[],"links":[]}]}]}]}"#;
    let read: ResourceSpans = stored(Signal::Traces, body).await;
    let span = &read.scope_spans[0].spans[0];
    assert_eq!((span.trace_id.len(), span.span_id.len(), span.kind), (16, 8, 2));
    assert_eq!(span.trace_id[0], 0x5b);
    assert_eq!(span.status.as_ref().unwrap().code, 1);
    assert_eq!(span.attributes.len(), 2);
}

#[tokio::test]
async fn what_is_no_request_is_refused_with_a_status_in_json() {
    let server = Server::new();
    for body in [
        "",
        "{",
        "[]",
        "null",
        "{}{}",
        r#"{"resourceLogs": {}}"#,
        r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"timeUnixNano": "soon"}]}]}]}"#,
        r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"traceId": "xyz"}]}]}]}"#,
        r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": "LOUD"}]}]}]}"#,
        r#"{"resourceLogs": [{"scopeLogs": [{"logRecords": [{"flags": -1}]}]}]}"#,
    ] {
        let answer = server.send(json(Signal::Logs, body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {answer:?}");
        let status: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
        assert_eq!(status["code"], 3, "{body}");
        assert!(status["message"].as_str().unwrap().len() > 10, "{answer:?}");
    }
    assert_eq!(server.send(json(Signal::Logs, "{}")).await.status, StatusCode::OK);
    assert!(server.blocks().await.is_empty());
}
