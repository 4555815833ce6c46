//! Bodies beyond what the service takes.

use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use futures::stream;
use micromegas_ingestion::IngestionOptions;

use crate::documents::Client;
use crate::server::Server;

#[tokio::test]
async fn a_body_of_the_longest_length_is_taken_and_one_byte_more_is_not() {
    let client = Client::new();
    let block = client.block_of(&[7; 50_000]).to_cbor();
    let options = IngestionOptions::default().with_body_bytes_max(block.len());
    let server = Server::with_options(options);
    server.post("/insert_block", block.clone()).await.assert_ok();
    let longer = [block.as_slice(), &[0]].concat();
    let answer = server.post("/insert_block", longer).await;
    answer.assert_refused(StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text.contains(&block.len().to_string()), "{answer:?}");
}

#[tokio::test]
async fn a_body_that_does_not_say_its_length_is_refused_when_it_is_too_long() {
    let server = Server::with_options(IngestionOptions::default().with_body_bytes_max(1_000));
    let chunks = std::iter::repeat_with(|| Ok::<_, std::io::Error>(vec![0xA0_u8; 300]));
    let answer = server.post("/insert_block", Body::from_stream(stream::iter(chunks))).await;
    answer.assert_refused(StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_published_client_may_send_a_hundred_mebibytes() {
    let server = Server::new();
    let client = Client::new();
    let block = client.block_of(&vec![7; 100 * 1024 * 1024 - 1_000]);
    server.post("/insert_block", block.to_cbor()).await.assert_ok();
    let block = client.block_of(&vec![7; 100 * 1024 * 1024]);
    let answer = server.post("/insert_block", block.to_cbor()).await;
    answer.assert_refused(StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_body_that_breaks_off_is_refused_and_leaves_the_service_as_it_was() {
    let server = Server::with_options(
        IngestionOptions::default().with_body_bytes_max(1_000).with_in_flight_bytes_max(1_000),
    );
    for _ in 0..10 {
        let broken = [Ok(vec![0xA0_u8; 900]), Err(std::io::Error::other("gone"))];
        let answer = server.post("/insert_block", Body::from_stream(stream::iter(broken))).await;
        answer.assert_refused(StatusCode::BAD_REQUEST);
    }
    server.post("/insert_block", Client::new().block().to_cbor()).await.assert_ok();
}

#[tokio::test]
async fn too_many_bytes_at_once_are_asked_to_come_later() {
    let options = IngestionOptions::default()
        .with_body_bytes_max(1_000)
        .with_in_flight_bytes_max(1_000)
        .with_retry_after(Duration::from_secs(7));
    let server = Server::with_options(options);
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Vec<u8>, std::io::Error>>();
    let block = Client::new().block_of(&[7; 400]).to_cbor();
    let (head, tail) = block.split_at(600);
    sender.unbounded_send(Ok(head.to_vec())).unwrap();
    let slow = server.post("/insert_block", Body::from_stream(receiver));
    let fast = async {
        // The slow body has arrived in part, so its bytes are taken from the budget.
        tokio::task::yield_now().await;
        let answer =
            server.post("/insert_block", Client::new().block_of(&[7; 400]).to_cbor()).await;
        answer.assert_later();
        assert_eq!(answer.retry_after, Some(7));
        sender.unbounded_send(Ok(tail.to_vec())).unwrap();
        drop(sender);
    };
    let (slow, ()) = tokio::join!(slow, fast);
    slow.assert_ok();
    server.post("/insert_block", Client::new().block_of(&[7; 400]).to_cbor()).await.assert_ok();
}
