//! Planar blocks from the sink through the router into the lake.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use chrono::Utc;
use micromegas_ingestion::IngestionOptions;
use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::planar::{self, ACCEPT_HEADER, CarriedSpan, Codec};
use micromegas_transit::types::{BeginThreadSpanEvent, EndThreadSpanEvent, thread_stream_layout};
use micromegas_transit::{Limits, RecordQueue, StreamPlan, TickRange};
use tower::ServiceExt;
use uuid::Uuid;

use crate::documents::Client;
use crate::server::Server;

/// The header of the answer to a request, and the status.
async fn announced(server: &Server, request: Request<Body>) -> (StatusCode, Option<String>) {
    let response = server.router.clone().oneshot(request).await.unwrap();
    let value = response.headers().get(ACCEPT_HEADER);
    (response.status(), value.map(|value| value.to_str().unwrap().to_owned()))
}

#[tokio::test]
async fn every_native_answer_says_what_is_read() {
    let server = Server::new();
    let expected = if Codec::Zstd.is_available() { "planar/1; lz4, zstd" } else { "planar/1; lz4" };
    let process = Client::new().process().to_cbor();
    for (path, body, status) in [
        ("/ingestion/insert_process", process.clone(), StatusCode::OK),
        ("/insert_process", process, StatusCode::OK),
        ("/ingestion/insert_stream", b"nonsense".to_vec(), StatusCode::BAD_REQUEST),
        ("/insert_block", Vec::new(), StatusCode::BAD_REQUEST),
    ] {
        let answer = announced(&server, Request::post(path).body(body.into()).unwrap()).await;
        assert_eq!(answer, (status, Some(expected.to_owned())), "{path}");
    }
    let options = IngestionOptions::default().with_anonymous(None);
    let strict = Server::with_options(options);
    let request = Request::post("/ingestion/insert_block").body(Body::empty()).unwrap();
    let answer = announced(&strict, request).await;
    assert_eq!(answer, (StatusCode::UNAUTHORIZED, Some(expected.to_owned())));
    // What is not native says nothing.
    for path in ["/health", "/elsewhere"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        assert_eq!(announced(&server, request).await.1, None, "{path}");
    }
}

/// A block of nested spans.
fn block(object_offset: i64) -> EventBlock {
    let mut objects = RecordQueue::new();
    for time in 0..500 {
        objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 9, time: 7 * time });
        objects.push(1, &EndThreadSpanEvent { thread_span_desc: 9, time: 7 * time + 3 });
    }
    EventBlock {
        block_id: Uuid::new_v4(),
        begin_time: Utc::now(),
        begin_ticks: 5,
        end_time: Utc::now(),
        end_ticks: 9000,
        dependencies: Default::default(),
        objects: objects.into_bytes().into(),
        object_offset,
        event_count: 1000,
        event_ticks: TickRange { least: 5, greatest: 9000 },
        skipped_events: 2,
        carried_spans: Some(vec![CarriedSpan { event_id: 1, descriptor: 9, begin: -40 }]),
    }
}

/// Delivers two blocks over a socket.
fn deliver(address: SocketAddr, client: &Client) {
    let sink = HttpSink::new(&format!("http://{address}"), &HttpOptions::default()).unwrap();
    let mut stream = client.stream();
    (stream.layout, stream.tags) = (thread_stream_layout(), vec!["cpu".into()]);
    let stream = Arc::new(stream);
    sink.on_process(&Arc::new(client.process()));
    sink.on_stream(&stream);
    for object_offset in [0, 1000] {
        sink.on_block(&stream, block(object_offset));
        assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    }
    assert_eq!(sink.stats().delivered.traces, 2000);
}

#[tokio::test(flavor = "multi_thread")]
async fn our_sink_sends_planar_blocks_and_the_lake_keeps_them_as_they_are() {
    let server = Server::new();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = server.router.clone();
    let serving = tokio::spawn(async move { axum::serve(listener, router).await });
    let client = Client::new();
    let own = client.clone();
    tokio::task::spawn_blocking(move || deliver(address, &own)).await.unwrap();
    serving.abort();

    let blocks = server.blocks().await;
    assert_eq!(blocks.len(), 2);
    let limits = Limits::default();
    let plan = StreamPlan::compile(&thread_stream_layout(), &limits).unwrap();
    for (record, object_offset) in blocks.iter().zip([0, 1000]) {
        // The metadata are those of any block.
        assert_eq!((record.object_offset, record.event_count), (object_offset, 1000));
        assert_eq!((record.begin_ticks, record.end_ticks, record.skipped_events), (5, 9000, 2));
        let payload = server.lakehouse.fetch_payload(record).await.unwrap();
        assert!(planar::is_planar(&payload.objects));
        let open = plan.open(&payload, &limits).unwrap();
        assert_eq!(open.object_bytes(), block(object_offset).objects);
        assert_eq!(open.carried_spans(), block(object_offset).carried_spans.as_deref());
    }
}
