//! Two tenants that use the same ids, one of them on purpose.

use axum::Extension;
use micromegas_lakehouse::{
    BlockFilter, Principal, ProcessFilter, Rights, StreamFilter, Tenant, WaitingBlock,
};

use crate::documents::Client;
use crate::server::Server;

fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

fn as_tenant(server: &Server, tenant: &Tenant) -> Server {
    let principal = Principal::new("key", [tenant.clone()], Rights::ALL).unwrap();
    let router = server.router.clone().layer(Extension(principal));
    Server { lakehouse: server.lakehouse.clone(), router }
}

async fn waiting(server: &Server, tenant: &Tenant) -> Vec<WaitingBlock> {
    let tenants = [tenant.clone()];
    server.lakehouse.store().list_waiting_blocks(&tenants, None, 100).await.unwrap()
}

/// The default tenant has keys in the published layout, so it is one of the two in one case.
fn pairs() -> [(Tenant, Tenant); 3] {
    [
        (tenant("mine"), tenant("yours")),
        (Tenant::default(), tenant("yours")),
        (tenant("mine"), Tenant::default()),
    ]
}

#[tokio::test]
async fn ids_that_another_tenant_has_used_first_are_still_free() {
    for (first, second) in pairs() {
        let server = Server::new();
        let client = Client::new();
        let block = client.block_of(b"of the first");
        let mut copy = client.block_of(b"of the second, with the same id");
        copy.block_id = block.block_id;
        for (tenant, exe, block) in [(&first, "first", &block), (&second, "second", &copy)] {
            let own = as_tenant(&server, tenant);
            let mut process = client.process();
            process.exe = exe.to_owned();
            own.post("/insert_block", block.to_cbor()).await.assert_ok();
            own.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();
            own.post("/insert_process", process.to_cbor()).await.assert_ok();
        }
        for (tenant, exe, sent) in [(&first, "first", &block), (&second, "second", &copy)] {
            let store = server.lakehouse.store();
            let process = store.fetch_process(tenant, client.process_id).await.unwrap().unwrap();
            assert_eq!(process.info.exe, exe);
            let blocks = server.blocks_of(tenant).await;
            assert_eq!(blocks.len(), 1);
            let stored = server.lakehouse.fetch_payload_bytes(&blocks[0].payload).await.unwrap();
            assert_eq!(stored, sent.payload.as_bytes(), "{tenant} has other bytes");
        }
    }
}

#[tokio::test]
async fn a_block_for_the_stream_of_another_tenant_is_seen_by_nobody() {
    for (owner, stranger) in pairs() {
        let server = Server::new();
        let client = Client::new();
        let own = as_tenant(&server, &owner);
        own.post("/insert_process", client.process().to_cbor()).await.assert_ok();
        own.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();
        own.post("/insert_block", client.block().to_cbor()).await.assert_ok();
        let injected = client.block_of(b"injected");
        let strangers = as_tenant(&server, &stranger);
        strangers.post("/insert_block", injected.to_cbor()).await.assert_ok();
        let seen = server.blocks_of(&owner).await;
        assert_eq!(seen.len(), 1);
        assert_ne!(seen[0].block_id, injected.block_id);
        assert!(server.blocks_of(&stranger).await.is_empty());
        let waits = waiting(&server, &stranger).await;
        assert_eq!(waits.len(), 1);
        assert_eq!(waits[0].block_id, injected.block_id);
        assert!(waiting(&server, &owner).await.is_empty());
        // Nor does the owner's process complete it when it comes again.
        own.post("/insert_process", client.process().to_cbor()).await.assert_ok();
        own.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();
        assert_eq!(server.blocks_of(&owner).await.len(), 1);
    }
}

#[tokio::test]
async fn a_process_of_another_tenant_cannot_be_given_streams() {
    for (owner, stranger) in pairs() {
        let server = Server::new();
        let client = Client::new();
        let own = as_tenant(&server, &owner);
        own.post("/insert_process", client.process().to_cbor()).await.assert_ok();
        let strangers = as_tenant(&server, &stranger);
        strangers.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();
        strangers.post("/insert_block", client.block().to_cbor()).await.assert_ok();
        let store = server.lakehouse.store();
        let tenants = [owner.clone()];
        let streams = store.list_streams(&tenants, &StreamFilter::default(), 10).await.unwrap();
        assert!(streams.is_empty(), "{streams:?}");
        for tenant in [&owner, &stranger] {
            assert!(server.blocks_of(tenant).await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_tenant_reads_only_its_own() {
    for (first, second) in pairs() {
        let server = Server::new();
        for tenant in [&first, &second] {
            let (own, client) = (as_tenant(&server, tenant), Client::new());
            own.post("/insert_process", client.process().to_cbor()).await.assert_ok();
            own.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();
            own.post("/insert_block", client.block().to_cbor()).await.assert_ok();
        }
        let store = server.lakehouse.store();
        let tenants = [first.clone()];
        let blocks = store.list_blocks(&tenants, &BlockFilter::default(), 10).await.unwrap();
        let processes = store.list_processes(&tenants, &ProcessFilter::default(), 10).await;
        let owners = blocks.into_iter().map(|block| block.tenant);
        let owners = owners.chain(processes.unwrap().into_iter().map(|process| process.tenant));
        assert_eq!(owners.collect::<Vec<_>>(), [first.clone(), first]);
    }
}

#[tokio::test]
async fn a_tenant_name_in_a_document_or_header_means_nothing() {
    let server = Server::new();
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    let client = Client::new();
    let mut process = client.process();
    for name in ["tenant", "micromegas.tenant", "micromegas.audience"] {
        process.properties.insert(name.to_owned(), "yours".to_owned());
    }
    let request = axum::http::Request::post("/insert_process")
        .header("x-tenant", "yours")
        .header("x-auth-subject", "root")
        .body(process.to_cbor().into());
    as_tenant(&server, &mine).send(request.unwrap()).await.assert_ok();
    let store = server.lakehouse.store();
    assert!(store.fetch_process(&yours, client.process_id).await.unwrap().is_none());
    let stored = store.fetch_process(&mine, client.process_id).await.unwrap().unwrap();
    assert_eq!(stored.info.properties.keys().collect::<Vec<_>>(), ["tenant"]);
}
