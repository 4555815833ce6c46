//! Limits of tenants, and senders that are too slow.

use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::stream;
use micromegas_ingestion::{BodyPace, LimitLayer, LimitOptions, TenantLimits};
use micromegas_lakehouse::{Principal, Rights, Tenant};

use crate::documents::Client;
use crate::server::Server;

fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

/// The routes behind the layer, as principals of this tenant see them.
fn as_tenant(server: &Server, limits: &LimitLayer, tenant: &Tenant) -> Server {
    let principal = Principal::new("key", [tenant.clone()], Rights::INGEST).unwrap();
    let router = server.router.clone().layer(limits.clone()).layer(Extension(principal));
    Server { lakehouse: server.lakehouse.clone(), router }
}

/// A request that says how long its body is, as clients do.
async fn post_block(server: &Server, bytes: usize) -> crate::server::Answer {
    let block = Client::new().block_of(&vec![7; bytes]).to_cbor();
    server.post("/insert_block", block).await
}

#[tokio::test]
async fn one_tenant_beyond_its_rate_does_not_disturb_another() {
    let (busy, calm) = (tenant("busy"), tenant("calm"));
    let limits =
        TenantLimits::default().with_requests_per_second(3).with_burst(Duration::from_secs(1));
    let limits = LimitLayer::new(LimitOptions::default().with_tenant(busy.clone(), limits));
    let server = Server::new();
    let as_busy = as_tenant(&server, &limits, &busy);
    let as_calm = as_tenant(&server, &limits, &calm);
    for _ in 0..3 {
        post_block(&as_busy, 10).await.assert_ok();
    }
    let refused = post_block(&as_busy, 10).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    assert_eq!(refused.retry_after, Some(1), "{refused:?}");
    for _ in 0..20 {
        post_block(&as_calm, 10).await.assert_ok();
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    post_block(&as_busy, 10).await.assert_ok();
}

#[tokio::test]
async fn bytes_beyond_the_rate_are_asked_to_come_later_and_no_body_is_too_large_for_it() {
    let limits =
        TenantLimits::default().with_bytes_per_second(1_000).with_burst(Duration::from_secs(1));
    let limits = LimitLayer::new(LimitOptions::default().with_each_tenant(limits));
    let server = as_tenant(&Server::new(), &limits, &tenant("t"));
    post_block(&server, 5_000).await.assert_ok();
    let refused = post_block(&server, 10).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
    assert!(refused.retry_after.is_some_and(|seconds| (4..=6).contains(&seconds)), "{refused:?}");
}

#[tokio::test]
async fn a_tenant_has_a_share_of_the_memory_and_no_more() {
    let (greedy, other) = (tenant("greedy"), tenant("other"));
    let limits = TenantLimits::default().with_in_flight_bytes_max(1_000);
    let options = LimitOptions::default().with_retry_after(Duration::from_secs(7));
    let limits = LimitLayer::new(options.with_each_tenant(limits));
    let server = Server::new();
    let as_greedy = as_tenant(&server, &limits, &greedy);
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Vec<u8>, std::io::Error>>();
    let block = Client::new().block_of(&[7; 700]).to_cbor();
    sender.unbounded_send(Ok(block[..600].to_vec())).unwrap();
    let slow = as_greedy.post("/insert_block", Body::from_stream(receiver));
    let meanwhile = async {
        tokio::task::yield_now().await;
        let refused = post_block(&as_greedy, 500).await;
        refused.assert_later();
        assert_eq!(refused.retry_after, Some(7));
        post_block(&as_tenant(&server, &limits, &other), 500).await.assert_ok();
        sender.unbounded_send(Ok(block[600..].to_vec())).unwrap();
        drop(sender);
    };
    let (slow, ()) = tokio::join!(slow, meanwhile);
    slow.assert_ok();
    post_block(&as_greedy, 500).await.assert_ok();
}

#[tokio::test]
async fn a_body_that_grows_beyond_the_share_is_asked_to_come_later() {
    let limits = TenantLimits::default().with_in_flight_bytes_max(1_000);
    let limits = LimitLayer::new(LimitOptions::default().with_each_tenant(limits));
    let server = as_tenant(&Server::new(), &limits, &tenant("t"));
    let (sender, receiver) = futures::channel::mpsc::unbounded::<Result<Vec<u8>, std::io::Error>>();
    sender.unbounded_send(Ok(vec![7; 900])).unwrap();
    let first = server.post("/insert_block", Body::from_stream(receiver));
    let second = async {
        tokio::task::yield_now().await;
        // Its bytes end before it is a document, which is not its fault.
        let chunks = (0..10).map(|_| Ok::<_, std::io::Error>(vec![7_u8; 90]));
        let body = Body::from_stream(stream::iter(chunks));
        server.post("/insert_block", body).await.assert_later();
        drop(sender);
    };
    let (first, ()) = tokio::join!(first, second);
    first.assert_refused(StatusCode::BAD_REQUEST);
    post_block(&server, 10).await.assert_ok();
}

#[tokio::test]
async fn too_many_requests_at_once_are_asked_to_come_later() {
    let limits = TenantLimits::default().with_in_flight_requests_max(1);
    let limits = LimitLayer::new(LimitOptions::default().with_each_tenant(limits));
    let server = as_tenant(&Server::new(), &limits, &tenant("t"));
    let stalled = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let held =
        tokio::time::timeout(Duration::from_millis(200), server.post("/insert_block", stalled));
    let refused = async {
        tokio::task::yield_now().await;
        post_block(&server, 10).await
    };
    let (held, refused) = tokio::join!(held, refused);
    refused.assert_later();
    // Who goes away gives back what was held.
    held.unwrap_err();
    post_block(&server, 10).await.assert_ok();
}

#[tokio::test]
async fn a_body_that_stalls_or_trickles_ends_with_later_and_stores_nothing() {
    let ms = Duration::from_millis;
    let pace = BodyPace::new(ms(100), ms(300), 1_000_000);
    let limits = LimitLayer::new(LimitOptions::default().with_pace(pace));
    let server = as_tenant(&Server::new(), &limits, &tenant("t"));
    let stalled = Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>());
    let start = std::time::Instant::now();
    let answer = server.post("/insert_block", stalled).await;
    answer.assert_later();
    assert!(answer.text.contains("slowly"), "{answer:?}");
    // A byte now and then is never idle for long, but is not the least rate either.
    let trickle = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Ok::<_, std::io::Error>(vec![0xA0_u8]), ()))
    });
    server.post("/insert_block", Body::from_stream(trickle)).await.assert_later();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    // Slow, but within the pace.
    let block = Client::new().block_of(&[7; 400]).to_cbor();
    let pieces: Vec<Vec<u8>> = block.chunks(200).map(<[u8]>::to_vec).collect();
    let slow = stream::unfold(pieces.into_iter(), |mut pieces| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let piece = pieces.next()?;
        Some((Ok::<_, std::io::Error>(piece), pieces))
    });
    let request = Request::post("/insert_block").body(Body::from_stream(slow)).unwrap();
    server.send(request).await.assert_ok();
}
