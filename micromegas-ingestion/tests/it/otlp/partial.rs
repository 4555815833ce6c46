//! Partial success: what cannot be stored is named, the rest is stored.

use axum::http::StatusCode;
use micromegas_ingestion::IngestionOptions;
use micromegas_ingestion::otlp::{OtlpOptions, Signal};
use micromegas_lakehouse::{RecordKey, Tenant, forget_process};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue};
use prost::Message;

use super::requests::{logs, metrics, text, traces};
use crate::server::{Server, json};

/// A request with one resource that is fine and one with a text nested this deep.
fn nested(levels: usize) -> ExportLogsServiceRequest {
    let mut request = logs(&["fine", "deep"]);
    let mut value = AnyValue { value: Some(Value::StringValue("bottom".into())) };
    for _ in 0..levels {
        value = AnyValue { value: Some(Value::ArrayValue(ArrayValue { values: vec![value] })) };
    }
    request.resource_logs[1].scope_logs[0].log_records[0].body = Some(value);
    request
}

fn rejected(body: &[u8]) -> ExportLogsPartialSuccess {
    ExportLogsServiceResponse::decode(body).unwrap().partial_success.unwrap()
}

#[tokio::test]
async fn records_nested_too_deeply_for_decoders_are_rejected_by_number() {
    let server = Server::new();
    server.export(Signal::Logs, nested(20).encode_to_vec()).await.assert_taken();
    assert_eq!(server.blocks().await.len(), 2);
    let server = Server::new();
    let answer = server.export(Signal::Logs, nested(40).encode_to_vec()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let partial = rejected(&answer.body);
    assert_eq!(partial.rejected_log_records, 4);
    assert!(partial.error_message.contains("nested too deeply"), "{partial:?}");
    assert_eq!(server.blocks().await.len(), 1);
    let metrics = server.get("/metrics").await.text;
    assert!(metrics.contains("rejected_records_total{route=\"logs\"} 4\n"), "{metrics}");
    assert!(metrics.contains("ingestion_records_total{route=\"logs\"} 4\n"), "{metrics}");
}

#[tokio::test]
async fn a_resource_that_is_too_long_is_rejected() {
    let options = OtlpOptions::default().with_resource_bytes_max(2_000);
    let mut request = logs(&["fine", "long"]);
    let resource = request.resource_logs[1].resource.as_mut().unwrap();
    resource.attributes.push(text("long", &"x".repeat(2_000)));
    let server = Server::with_options(IngestionOptions::default().with_otlp(options.clone()));
    let answer = server.export(Signal::Logs, request.encode_to_vec()).await;
    assert_eq!(rejected(&answer.body).rejected_log_records, 4);
    assert_eq!(server.blocks().await.len(), 1);
    let server = Server::new();
    server.export(Signal::Logs, request.encode_to_vec()).await.assert_taken();
}

#[tokio::test]
async fn a_request_of_which_nothing_can_be_stored_is_refused() {
    let options = OtlpOptions::default().with_resource_bytes_max(10);
    let server = Server::with_options(IngestionOptions::default().with_otlp(options));
    for (signal, request) in [
        (Signal::Logs, logs(&["a", "b"]).encode_to_vec()),
        (Signal::Metrics, metrics(&["a"]).encode_to_vec()),
        (Signal::Traces, traces(&["a"]).encode_to_vec()),
    ] {
        let answer = server.export(signal, request).await;
        assert_eq!((answer.status, answer.rpc_code()), (StatusCode::BAD_REQUEST, 3));
    }
}

#[tokio::test]
async fn json_names_what_was_rejected_as_the_specification_does() {
    let server = Server::new();
    let mut body = serde_json::to_value(nested(38)).unwrap();
    // As deep as JSON readers go, and deeper than decoders of protobuf do.
    body["resourceLogs"][1]["scopeLogs"][0]["logRecords"][0]["traceId"] = "".into();
    let answer = server.send(json(Signal::Logs, &body.to_string())).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let answer: serde_json::Value = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "4");
    assert!(answer["partialSuccess"]["errorMessage"].is_string());
}

#[tokio::test]
async fn what_a_forgotten_process_sends_is_rejected_and_the_rest_is_stored() {
    let server = Server::new();
    server.export(Signal::Logs, logs(&["gone", "stays"]).encode_to_vec()).await.assert_taken();
    let store = server.lakehouse.store();
    let gone = server.blocks().await[0].process_id;
    let key = RecordKey::new(Tenant::default(), gone);
    forget_process(&**store, &key, "ada").await.unwrap();
    let mut again = logs(&["gone", "stays"]);
    for resource in &mut again.resource_logs {
        resource.scope_logs[0].log_records[0].body =
            Some(AnyValue { value: Some(Value::StringValue("another".into())) });
    }
    let answer = server.export(Signal::Logs, again.encode_to_vec()).await;
    assert_eq!(answer.status, StatusCode::OK);
    let partial = rejected(&answer.body);
    assert_eq!(partial.rejected_log_records, 4);
    assert!(partial.error_message.contains("forgotten"), "{partial:?}");
    let left = server.blocks().await;
    assert_eq!(left.len(), 2);
    assert!(left.iter().all(|block| block.process_id != gone));
}
