//! Documents in every order: what arrived before what it belongs to becomes visible later.

use crate::documents::Client;
use crate::server::Server;

#[tokio::test]
async fn a_block_that_arrives_first_becomes_visible_with_the_last_document() {
    let orders = [
        ["block", "stream", "process"],
        ["block", "process", "stream"],
        ["stream", "block", "process"],
        ["process", "block", "stream"],
    ];
    for order in orders {
        let server = Server::new();
        let client = Client::new();
        let block = client.block();
        for kind in order {
            assert!(server.blocks().await.is_empty(), "visible before {kind}");
            let document = match kind {
                "process" => client.process().to_cbor(),
                "stream" => client.stream().to_cbor(),
                _ => block.to_cbor(),
            };
            server.post(&format!("/ingestion/insert_{kind}"), document).await.assert_ok();
        }
        let blocks = server.blocks().await;
        assert_eq!(blocks.len(), 1, "{order:?}");
        assert_eq!(blocks[0].block_id, block.block_id);
    }
}

#[tokio::test]
async fn many_clients_at_once_lose_nothing_and_store_nothing_twice() {
    let server = Server::new();
    let clients: Vec<Client> = (0..8).map(|_| Client::new()).collect();
    let sends = clients.iter().map(|client| async {
        let blocks: Vec<_> = (0..20).map(|_| client.block().to_cbor()).collect();
        let twice = blocks.iter().chain(&blocks);
        let inserts = twice.map(|block| server.post("/insert_block", block.clone()));
        let (answers, process, stream) = tokio::join!(
            futures::future::join_all(inserts),
            server.post("/insert_process", client.process().to_cbor()),
            server.post("/insert_stream", client.stream().to_cbor()),
        );
        process.assert_ok();
        stream.assert_ok();
        for answer in answers {
            answer.assert_ok();
        }
    });
    futures::future::join_all(sends).await;
    let mut ids: Vec<_> = server.blocks().await.iter().map(|block| block.block_id).collect();
    assert_eq!(ids.len(), 8 * 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 8 * 20);
}
