//! What a host's monitoring asks: `/metrics` and `/ready`.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use micromegas_ingestion::IngestionOptions;
use micromegas_ingestion::otlp::Signal;
use micromegas_lakehouse::{Lakehouse, MemoryStore};
use prost::Message;

use crate::documents::Client;
use crate::failing_objects::FailingObjects;
use crate::failing_store::FailingStore;
use crate::otlp::requests::logs;
use crate::server::Server;

/// The samples of `/metrics` by name and labels, after a look at the format.
async fn samples(server: &Server) -> BTreeMap<String, f64> {
    let answer = server.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.content_type.as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
    let mut samples = BTreeMap::new();
    let mut described = String::new();
    for line in answer.text.lines() {
        if let Some(name) = line.strip_prefix("# TYPE ") {
            described = name.split(' ').next().unwrap().to_owned();
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.starts_with(&described), "{line} is not under its type");
            assert!(samples.insert(name.to_owned(), value.parse().unwrap()).is_none(), "{line}");
        }
    }
    samples
}

#[tokio::test]
async fn requests_are_counted_by_route_and_answer() {
    let server = Server::new();
    let client = Client::new();
    let block = client.block().to_cbor();
    let sent = block.len();
    for _ in 0..2 {
        server.post("/insert_block", block.clone()).await.assert_ok();
    }
    server.post("/ingestion/insert_process", "nonsense").await;
    let request = logs(&["a", "b"]).encode_to_vec();
    server.export(Signal::Logs, request.clone()).await.assert_taken();
    let samples = samples(&server).await;
    let sample = |name: &str| samples[&format!("micromegas_ingestion_{name}")];
    assert_eq!(sample(r#"requests_total{route="block",answer="taken"}"#), 2.0);
    assert_eq!(sample(r#"requests_total{route="process",answer="refused"}"#), 1.0);
    assert_eq!(sample(r#"requests_total{route="stream",answer="refused"}"#), 0.0);
    assert_eq!(sample(r#"received_bytes_total{route="block"}"#), 2.0 * sent as f64);
    assert_eq!(sample(r#"received_bytes_total{route="logs"}"#), request.len() as f64);
    assert_eq!(sample(r#"records_total{route="logs"}"#), 8.0);
    assert_eq!(sample(r#"request_duration_seconds_count{route="block"}"#), 2.0);
    assert_eq!(sample(r#"request_duration_seconds_bucket{route="block",le="+Inf"}"#), 2.0);
    assert!(sample(r#"request_duration_seconds_sum{route="block"}"#) > 0.0);
    assert_eq!(sample("in_flight_bytes"), 0.0);
    assert_eq!(sample("in_flight_limit_bytes"), f64::from(256 * 1024 * 1024));
}

#[tokio::test]
async fn requests_that_shall_come_later_are_counted_apart() {
    let objects = Arc::new(FailingObjects::default());
    let lakehouse = Lakehouse::new(Arc::new(MemoryStore::new()), Arc::clone(&objects) as _);
    let server = Server::over(lakehouse, IngestionOptions::default());
    objects.set_failing(true);
    server.post("/insert_block", Client::new().block().to_cbor()).await.assert_later();
    let answer = server.export(Signal::Logs, logs(&["a"]).encode_to_vec()).await;
    assert_eq!((answer.status, answer.rpc_code()), (StatusCode::SERVICE_UNAVAILABLE, 14));
    assert!(answer.retry_after.is_some_and(|seconds| seconds > 0));
    let samples = samples(&server).await;
    for route in ["block", "logs"] {
        let name = "micromegas_ingestion_requests_total";
        assert_eq!(samples[&format!(r#"{name}{{route="{route}",answer="deferred"}}"#)], 1.0);
    }
    // Nothing is lost: the same again is stored.
    objects.set_failing(false);
    server.export(Signal::Logs, logs(&["a"]).encode_to_vec()).await.assert_taken();
    assert_eq!(server.blocks().await.len(), 1);
}

#[tokio::test]
async fn every_store_that_is_down_is_named() {
    let store = Arc::new(FailingStore::new());
    let objects = Arc::new(FailingObjects::default());
    let lakehouse = Lakehouse::new(Arc::clone(&store) as _, Arc::clone(&objects) as _);
    let server = Server::over(lakehouse, IngestionOptions::default());
    for (metadata, object) in [(true, false), (false, true), (true, true), (false, false)] {
        store.set_failing(metadata);
        objects.set_failing(object);
        let ready = server.get("/ready").await;
        assert_eq!(ready.status.is_success(), !metadata && !object, "{ready:?}");
        assert_eq!(ready.text.contains("metadata store is down"), metadata, "{ready:?}");
        assert_eq!(ready.text.contains("object store is down"), object, "{ready:?}");
    }
}

#[tokio::test]
async fn a_store_that_hangs_is_named() {
    let objects = Arc::new(FailingObjects::default());
    let lakehouse = Lakehouse::new(Arc::new(MemoryStore::new()), Arc::clone(&objects) as _);
    let options = IngestionOptions::default().with_probe_timeout(Duration::from_millis(20));
    let server = Server::over(lakehouse, options);
    objects.set_hanging(true);
    let ready = server.get("/ready").await;
    ready.assert_later();
    assert!(ready.text.contains("object store does not answer in time"), "{ready:?}");
    assert!(!ready.text.contains("metadata"), "{ready:?}");
    objects.set_hanging(false);
    assert_eq!(server.get("/ready").await.status, StatusCode::OK);
}
