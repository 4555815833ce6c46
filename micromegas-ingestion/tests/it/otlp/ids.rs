//! Ids follow from what is sent: the same again is stored once.

use std::collections::BTreeSet;

use axum::Extension;
use micromegas_ingestion::otlp::{OtlpFormat, Signal};
use micromegas_ingestion::{IngestionOptions, IngestionService};
use micromegas_lakehouse::{Lakehouse, Principal, Rights, Tenant};
use prost::Message;

use super::requests::{logs, metrics, traces};
use crate::server::Server;

fn requests() -> [(Signal, Vec<u8>); 3] {
    [
        (Signal::Logs, logs(&["a", "b"]).encode_to_vec()),
        (Signal::Metrics, metrics(&["a", "b"]).encode_to_vec()),
        (Signal::Traces, traces(&["a", "b"]).encode_to_vec()),
    ]
}

#[tokio::test]
async fn what_is_sent_again_is_stored_once() {
    let server = Server::new();
    for _ in 0..3 {
        for (signal, request) in requests() {
            server.export(signal, request).await.assert_taken();
        }
    }
    // In other company, too.
    server.export(Signal::Logs, logs(&["b"]).encode_to_vec()).await.assert_taken();
    let blocks = server.blocks().await;
    assert_eq!(blocks.len(), 6);
    let streams: BTreeSet<_> = blocks.iter().map(|block| block.stream_id).collect();
    let processes: BTreeSet<_> = blocks.iter().map(|block| block.process_id).collect();
    assert_eq!((streams.len(), processes.len()), (6, 2));
}

#[tokio::test]
async fn a_restarted_server_gives_the_same_ids() {
    let mut ids = BTreeSet::new();
    for _ in 0..2 {
        let server = Server::new();
        for (signal, request) in requests() {
            server.export(signal, request).await.assert_taken();
        }
        ids.extend(server.blocks().await.iter().map(|block| block.block_id));
    }
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn tenants_that_send_the_same_have_blocks_of_their_own() {
    let server = Server::new();
    let tenant = Tenant::new("team-a").unwrap();
    let principal = Principal::new("key-1", [tenant.clone()], Rights::INGEST).unwrap();
    let lakehouse = server.lakehouse.clone();
    let as_team = Server { lakehouse, router: server.router.clone().layer(Extension(principal)) };
    for (signal, request) in requests() {
        server.export(signal, request.clone()).await.assert_taken();
        as_team.export(signal, request).await.assert_taken();
    }
    let (ours, theirs) = (server.blocks().await, server.blocks_of(&tenant).await);
    assert_eq!((ours.len(), theirs.len()), (6, 6));
    let blocks = ours.iter().chain(&theirs);
    let ids = blocks.flat_map(|block| [block.block_id, block.stream_id, block.process_id]);
    // Two processes, six streams and six blocks each.
    assert_eq!(ids.collect::<BTreeSet<_>>().len(), 2 * (2 + 6 + 6));
}

#[tokio::test]
async fn the_service_takes_requests_without_http() {
    let lakehouse = Lakehouse::in_memory();
    let service = IngestionService::new(lakehouse.clone(), IngestionOptions::default());
    for (signal, request) in requests() {
        let (local, request) = (Principal::local(), request.into());
        let outcome = service.insert_otlp(&local, signal, OtlpFormat::Protobuf, request).await;
        assert_eq!(outcome.unwrap().rejected_record_count, 0);
    }
    let reader = Principal::new("reader", [Tenant::default()], Rights::QUERY).unwrap();
    let (format, request) = (OtlpFormat::Json, "{}".into());
    let refused = service.insert_otlp(&reader, Signal::Logs, format, request).await;
    assert!(!refused.unwrap_err().is_retryable());
}
