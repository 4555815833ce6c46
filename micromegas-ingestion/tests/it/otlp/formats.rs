//! Content types, paths, and how failures are said.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::{Extension, Router};
use micromegas_ingestion::IngestionOptions;
use micromegas_ingestion::otlp::{OtlpOptions, Signal};
use micromegas_lakehouse::{Principal, Rights, Tenant};
use prost::Message;

use super::requests::{logs, traces};
use crate::server::{Server, json, protobuf};

#[tokio::test]
async fn the_routes_are_at_the_root_and_under_both_prefixes() {
    let server = Server::new();
    for prefix in ["", "/otlp", "/ingestion/otlp"] {
        for signal in Signal::ALL {
            let path = format!("{prefix}/v1/{}", signal.as_str());
            let request = Request::post(path).header("content-type", "application/x-protobuf");
            let answer = server.send(request.body(Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::OK);
        }
    }
    assert_eq!(server.get("/v1/logs").await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(server.post("/v1/profiles", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_answer_is_in_the_format_of_the_request() {
    let server = Server::new();
    let mut request = protobuf(Signal::Traces, traces(&["a"]).encode_to_vec());
    let with_parameter = "Application/X-Protobuf; charset=utf-8".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, with_parameter);
    let answer = server.send(request).await;
    assert_eq!(answer.content_type.as_deref(), Some("application/x-protobuf"));
    answer.assert_taken();
    let answer = server.send(json(Signal::Traces, "{}")).await;
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
    let answer = server.send(json(Signal::Traces, "nonsense")).await;
    assert_eq!(answer.content_type.as_deref(), Some("application/json"));
}

#[tokio::test]
async fn other_content_types_and_encodings_are_refused() {
    let server = Server::new();
    for content_type in [None, Some("text/plain"), Some("application/cbor")] {
        let mut request = protobuf(Signal::Logs, Vec::new());
        request.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(content_type) = content_type {
            request.headers_mut().insert(header::CONTENT_TYPE, content_type.parse().unwrap());
        }
        let answer = server.send(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{answer:?}");
        assert_eq!(answer.rpc_code(), 3);
    }
    let mut request = protobuf(Signal::Logs, Vec::new());
    request.headers_mut().insert(header::CONTENT_ENCODING, "br".parse().unwrap());
    assert_eq!(server.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn who_may_not_write_is_told_so() {
    let strict = Server::with_options(IngestionOptions::default().with_anonymous(None));
    let answer = strict.export(Signal::Logs, logs(&["a"]).encode_to_vec()).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::UNAUTHORIZED, 16));
    let reader = Principal::new("reader", [Tenant::default()], Rights::QUERY).unwrap();
    let server = Server::new();
    let lakehouse = server.lakehouse.clone();
    let router: Router = server.router.clone().layer(Extension(reader));
    let answer = Server { lakehouse, router }.export(Signal::Logs, Vec::new()).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::FORBIDDEN, 7));
}

#[tokio::test]
async fn a_request_beyond_the_limits_is_too_large_or_comes_later() {
    let request = traces(&["a"]).encode_to_vec();
    let small = OtlpOptions::default().with_request_bytes_max(request.len() - 1);
    let server = Server::with_options(IngestionOptions::default().with_otlp(small));
    let answer = server.export(Signal::Traces, request.clone()).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::PAYLOAD_TOO_LARGE, 8));
    let exact = OtlpOptions::default().with_request_bytes_max(request.len());
    let server = Server::with_options(IngestionOptions::default().with_otlp(exact));
    server.export(Signal::Traces, request).await.assert_taken();
}

#[tokio::test]
async fn a_cut_or_changed_request_gets_an_answer() {
    let server = Server::new();
    let whole = traces(&["a"]).encode_to_vec();
    for at in (0..whole.len()).step_by(5) {
        let cut = server.export(Signal::Traces, whole[..at].to_vec()).await;
        assert!(at == 0 || cut.status == StatusCode::BAD_REQUEST, "cut at {at}: {cut:?}");
        for byte in [0x00, 0x0b, 0xff, whole[at] ^ 1] {
            let mut changed = whole.clone();
            changed[at] = byte;
            let answer = server.export(Signal::Traces, changed).await;
            let known = [StatusCode::OK, StatusCode::BAD_REQUEST].contains(&answer.status);
            assert!(known, "byte {at} as {byte:#04x}: {answer:?}");
        }
    }
}
