//! What each kind of document, good or bad, is answered with.

use axum::http::StatusCode;
use micromegas_ingestion::IngestionOptions;
use micromegas_transit::{Limits, MemberLayout, ProcessInfo, StreamInfo, StreamLayout, TypeLayout};

use crate::documents::Client;
use crate::server::Server;

const ROUTES: [&str; 6] = [
    "/ingestion/insert_process",
    "/ingestion/insert_stream",
    "/ingestion/insert_block",
    "/insert_process",
    "/insert_stream",
    "/insert_block",
];

#[tokio::test]
async fn documents_are_taken_with_and_without_the_prefix() {
    for prefix in ["/ingestion", ""] {
        let server = Server::new();
        let client = Client::new();
        let block = client.block();
        let path = |name| format!("{prefix}/{name}");
        server.post(&path("insert_process"), client.process().to_cbor()).await.assert_ok();
        server.post(&path("insert_stream"), client.stream().to_cbor()).await.assert_ok();
        server.post(&path("insert_block"), block.to_cbor()).await.assert_ok();
        let blocks = server.blocks().await;
        assert_eq!(blocks.len(), 1);
        assert_eq!(blocks[0].block_id, block.block_id);
        assert_eq!(blocks[0].event_count, block.event_count);
    }
}

#[tokio::test]
async fn a_duplicate_is_a_success_and_the_first_document_wins() {
    let server = Server::new();
    let client = Client::new();
    let block = client.block_of(b"first");
    let again = micromegas_transit::Block {
        payload: client.block_of(b"second, and longer").payload,
        event_count: 77,
        ..block.clone()
    };
    let renamed = ProcessInfo { exe: "other".into(), ..client.process() };
    for process in [client.process(), client.process(), renamed] {
        server.post("/ingestion/insert_process", process.to_cbor()).await.assert_ok();
    }
    for _ in 0..2 {
        server.post("/ingestion/insert_stream", client.stream().to_cbor()).await.assert_ok();
    }
    for block in [&block, &block, &again] {
        server.post("/ingestion/insert_block", block.to_cbor()).await.assert_ok();
    }
    let blocks = server.blocks().await;
    assert_eq!(blocks.len(), 1);
    assert_eq!(blocks[0].event_count, 1);
    let payload = server.lakehouse.fetch_payload(&blocks[0]).await.unwrap();
    assert_eq!(payload.objects, b"first"[..]);
    let tenant = micromegas_lakehouse::Tenant::default();
    let process = server.lakehouse.store().fetch_process(&tenant, client.process_id).await.unwrap();
    assert_eq!(process.unwrap().info.exe, "/usr/bin/test");
}

#[tokio::test]
async fn a_stream_whose_types_contain_each_other_is_refused() {
    let server = Server::new();
    let client = Client::new();
    let containing = |name: &str, nested: &str| TypeLayout {
        name: name.to_owned(),
        size: 8,
        members: vec![MemberLayout {
            name: "inner".to_owned(),
            type_name: nested.to_owned(),
            offset: 0,
            size: 8,
            is_reference: false,
        }],
        is_reference: false,
    };
    let tables = [vec![containing("A", "A")], vec![containing("A", "B"), containing("B", "A")]];
    for table in tables {
        for layout in [
            StreamLayout { dependencies: table.clone(), objects: Vec::new() },
            StreamLayout { dependencies: Vec::new(), objects: table.clone() },
        ] {
            let stream = StreamInfo { layout, ..client.stream() };
            let answer = server.post("/ingestion/insert_stream", stream.to_cbor()).await;
            answer.assert_refused(StatusCode::BAD_REQUEST);
            assert!(answer.text.contains("type `A`"), "{answer:?}");
        }
    }
    // The same stream with a layout that can be decoded is welcome.
    server.post("/ingestion/insert_stream", client.stream().to_cbor()).await.assert_ok();
}

#[tokio::test]
async fn the_limits_on_layouts_are_the_hosts() {
    let limits = Limits { type_count: 2, ..Limits::default() };
    let server = Server::with_options(IngestionOptions::default().with_layout_limits(limits));
    let answer = server.post("/ingestion/insert_stream", Client::new().stream().to_cbor()).await;
    answer.assert_refused(StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("number of types"), "{answer:?}");
}

#[tokio::test]
async fn an_empty_body_is_refused() {
    let server = Server::new();
    for route in ROUTES {
        let answer = server.post(route, "").await;
        answer.assert_refused(StatusCode::BAD_REQUEST);
        assert!(answer.text.contains("empty"), "{answer:?}");
    }
}

#[tokio::test]
async fn bodies_that_are_no_document_are_refused() {
    let server = Server::new();
    let bad: [&[u8]; 9] = [
        b"hello",
        b"{\"process_id\": 1}",
        &[0xA0],
        &[0xBF],
        &[0xFF; 100],
        &[0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
        &[0x9F; 100_000],
        &[0x81; 100_000],
        &[0x5B, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
    ];
    for route in ROUTES {
        for body in bad {
            server.post(route, body.to_vec()).await.assert_refused(StatusCode::BAD_REQUEST);
        }
    }
    let client = Client::new();
    let wrong_kind = client.process().to_cbor();
    server.post("/insert_block", wrong_kind).await.assert_refused(StatusCode::BAD_REQUEST);
    assert!(server.blocks().await.is_empty());
}

#[tokio::test]
async fn a_document_cut_anywhere_is_refused() {
    let server = Server::new();
    let client = Client::new();
    let documents = [
        ("/insert_process", client.process().to_cbor()),
        ("/insert_stream", client.stream().to_cbor()),
        ("/insert_block", client.block().to_cbor()),
    ];
    for (route, whole) in documents {
        for end in 0..whole.len() {
            let answer = server.post(route, whole[..end].to_vec()).await;
            answer.assert_refused(StatusCode::BAD_REQUEST);
        }
        server.post(route, whole).await.assert_ok();
    }
}

#[tokio::test]
async fn a_document_with_any_byte_changed_gets_an_answer() {
    let server = Server::new();
    let client = Client::new();
    let documents = [
        ("/insert_process", client.process().to_cbor()),
        ("/insert_stream", client.stream().to_cbor()),
        ("/insert_block", client.block().to_cbor()),
    ];
    for (route, whole) in documents {
        for at in 0..whole.len() {
            for byte in [0x00, 0x1B, 0x5F, 0x7F, 0x9F, 0xBF, 0xFF, whole[at].wrapping_add(1)] {
                let mut changed = whole.clone();
                changed[at] = byte;
                let answer = server.post(route, changed).await;
                let known = [StatusCode::OK, StatusCode::BAD_REQUEST].contains(&answer.status);
                assert!(known, "byte {at} as {byte:#04x}: {answer:?}");
            }
        }
    }
}

#[tokio::test]
async fn payload_bytes_reach_the_lake_as_they_were_sent() {
    let server = Server::new();
    let client = Client::new();
    server.post("/insert_process", client.process().to_cbor()).await.assert_ok();
    server.post("/insert_stream", client.stream().to_cbor()).await.assert_ok();
    // The older form of a payload: arrays of integers, indefinite containers, any key order.
    let odd = [
        &[0xBF, 0x67][..],
        b"objects",
        &[0x82, 0x07, 0x18, 0xFF, 0x6C],
        b"dependencies",
        &[0x9F, 0x18, 0x01, 0xFF, 0xFF],
    ]
    .concat();
    let mut block = client.block();
    block.payload = micromegas_transit::RawPayload::from_bytes(odd.clone().into()).unwrap();
    server.post("/insert_block", block.to_cbor()).await.assert_ok();
    let blocks = server.blocks().await;
    assert_eq!(blocks[0].payload.length, odd.len() as u64);
    let payload = server.lakehouse.fetch_payload(&blocks[0]).await.unwrap();
    assert_eq!(payload.objects[..], [7, 255]);
    assert_eq!(payload.dependencies[..], [1]);
}

#[tokio::test]
async fn reserved_properties_are_dropped_and_long_texts_kept() {
    let server = Server::new();
    let client = Client::new();
    let long = "x".repeat(100_000);
    let mut process = client.process();
    process.exe = long.clone();
    process.properties.insert("version".into(), "1".into());
    process.properties.insert("micromegas.audience".into(), "everyone".into());
    server.post("/insert_process", process.to_cbor()).await.assert_ok();
    let tenant = micromegas_lakehouse::Tenant::default();
    let process = server.lakehouse.store().fetch_process(&tenant, client.process_id).await.unwrap();
    let info = process.unwrap().info;
    assert_eq!(info.exe, long);
    let names: Vec<&String> = info.properties.keys().collect();
    assert_eq!(names, ["version"]);
}

#[tokio::test]
async fn other_methods_and_paths_are_refused_by_name() {
    let server = Server::new();
    for route in ROUTES {
        assert_eq!(server.get(route).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    assert_eq!(server.post("/ingestion/nothing", "x").await.status, StatusCode::NOT_FOUND);
}
