//! A store that does not answer: "later", never "never again", and nothing lost.

use std::sync::Arc;

use axum::http::StatusCode;
use micromegas_ingestion::IngestionOptions;
use micromegas_lakehouse::{Lakehouse, MemoryStore};
use object_store::memory::InMemory;

use crate::documents::Client;
use crate::failing_objects::FailingObjects;
use crate::failing_store::FailingStore;
use crate::server::Server;

#[tokio::test]
async fn an_object_store_that_is_down_is_later_and_then_a_success() {
    let objects = Arc::new(FailingObjects::default());
    let lakehouse = Lakehouse::new(Arc::new(MemoryStore::new()), Arc::clone(&objects) as _);
    let server = Server::over(lakehouse, IngestionOptions::default());
    let client = Client::new();
    let block = client.block();
    server.post("/insert_process", client.process().to_cbor()).await.assert_ok();
    server.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();

    objects.set_failing(true);
    server.post("/insert_block", block.to_cbor()).await.assert_later();
    assert_not_ready(&server, "object store").await;
    assert!(server.blocks().await.is_empty());

    objects.set_failing(false);
    assert_eq!(server.get("/ready").await.status, StatusCode::OK);
    server.post("/insert_block", block.to_cbor()).await.assert_ok();
    let blocks = server.blocks().await;
    assert_eq!(blocks.len(), 1);
    assert!(server.lakehouse.fetch_payload(&blocks[0]).await.is_ok());
}

#[tokio::test]
async fn a_metadata_store_that_is_down_is_later_and_then_a_success() {
    let store = Arc::new(FailingStore::new());
    let lakehouse = Lakehouse::new(Arc::clone(&store) as _, Arc::new(InMemory::new()));
    let server = Server::over(lakehouse, IngestionOptions::default());
    let client = Client::new();
    let documents = [
        ("/insert_process", client.process().to_cbor()),
        ("/insert_stream", client.stream().to_cbor()),
        ("/insert_block", client.block().to_cbor()),
    ];

    store.set_failing(true);
    for (route, document) in &documents {
        server.post(route, document.clone()).await.assert_later();
    }
    assert_not_ready(&server, "metadata store").await;

    store.set_failing(false);
    assert_eq!(server.get("/ready").await.status, StatusCode::OK);
    assert!(server.blocks().await.is_empty());
    for (route, document) in documents {
        server.post(route, document).await.assert_ok();
    }
    let blocks = server.blocks().await;
    assert_eq!(blocks.len(), 1);
    assert!(server.lakehouse.fetch_payload(&blocks[0]).await.is_ok());
}

async fn assert_not_ready(server: &Server, what: &str) {
    let ready = server.get("/ready").await;
    ready.assert_later();
    assert!(ready.text.contains(what), "{ready:?}");
    assert_eq!(server.get("/health").await.status, StatusCode::OK);
}
