//! Delivery over HTTP against a server that is late, busy, broken and back again: nothing is lost,
//! and the order is right.

use bytes::Bytes;
use micromegas_telemetry_sink::{HttpOptions, TelemetryBuilder};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, Counts, stats};
use micromegas_transit::planar::is_planar;
use micromegas_transit::{Block, Limits, ProcessInfo, StreamInfo, StreamPlan};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use crate::server::{Behaviour, Request, Server};

/// What the server has: each block once, in the order of its first arrival.
#[derive(Default)]
struct Stored {
    processes: usize,
    streams: HashMap<String, StreamInfo>,
    offsets: HashMap<String, i64>,
    messages: Vec<String>,
    span_events: u64,
    metrics: u64,
}

fn store(requests: &[Request]) -> Stored {
    let mut stored = Stored::default();
    let mut blocks = HashSet::new();
    let limits = Limits::default();
    for request in requests {
        assert_eq!(request.authorization, "Bearer secret");
        assert_eq!(request.content_type, "application/cbor");
        if !matches!(request.behaviour, Behaviour::Accept | Behaviour::Hang) {
            continue;
        }
        let body = Bytes::from(request.body.clone());
        match request.path.as_str() {
            "/base/ingestion/insert_process" => {
                ProcessInfo::from_cbor(body).expect("a process");
                stored.processes += 1;
            }
            "/base/ingestion/insert_stream" => {
                assert!(stored.processes > 0, "the process comes first");
                let stream = StreamInfo::from_cbor(body).expect("a stream");
                stored.streams.insert(stream.stream_id.to_string(), stream);
            }
            "/base/ingestion/insert_block" => {
                let block = Block::from_cbor(body).expect("a block");
                if !blocks.insert(block.block_id) {
                    continue;
                }
                let id = block.stream_id.to_string();
                let stream = stored.streams.get(&id).expect("the stream comes before its blocks");
                let offset = stored.offsets.entry(id).or_default();
                assert_eq!(block.object_offset, *offset, "blocks come in order");
                *offset += i64::from(block.event_count);
                let plan = StreamPlan::compile(&stream.layout, &limits).expect("a layout");
                let payload = block.payload.open().expect("a payload");
                // This server never said that it reads anything else.
                assert!(!is_planar(&payload.objects));
                let open = plan.open(&payload, &limits).expect("a whole block");
                let logs = open.logs().columns;
                stored.messages.extend(logs.message.iter().map(str::to_owned));
                stored.span_events += open.thread_spans().columns.ticks.len() as u64;
                stored.metrics += open.metrics().columns.value.len() as u64;
            }
            path => panic!("unexpected path {path}"),
        }
    }
    stored
}

#[test]
fn nothing_is_lost_and_the_order_is_right() {
    use Behaviour::{Accept, Busy, Hang, Refuse};
    const ROUNDS: u64 = 5_000;
    // The process, a first block's stream, and the blocks all meet every trouble but refusal.
    let script = [Busy, Hang, Accept, Hang, Accept, Busy, Hang, Accept, Hang];
    let server = Server::start(&script);
    let options = HttpOptions {
        backoff_min: Duration::from_millis(10),
        backoff_max: Duration::from_millis(50),
        ..HttpOptions::default()
    };
    let telemetry = TelemetryBuilder::new()
        .with_config(Config::default().with_flush_period(Duration::from_millis(5)))
        .with_url(format!("http://{}/base/", server.address))
        .with_api_key("secret")
        .with_http_options(options)
        .build()
        .expect("telemetry starts");
    for round in 0..ROUNDS {
        span_scope!("round");
        info!("round {round}");
        imetric!("round", "count", round);
    }
    assert!(telemetry.flush(Duration::from_secs(30)));

    {
        let requests = server.requests.lock().expect("not poisoned");
        let stored = store(&requests);
        let expected: Vec<_> = (0..ROUNDS).map(|round| format!("round {round}")).collect();
        assert_eq!(stored.messages, expected);
        assert_eq!((stored.metrics, stored.streams.len()), (ROUNDS, 3));
        // Two span events a round.
        assert_eq!(stored.span_events, 2 * ROUNDS);
        assert_eq!(stats().recorded.thread_span_events, 2 * ROUNDS);
        for (index, request) in requests.iter().enumerate() {
            if request.behaviour == Busy {
                let pause = requests[index + 1].at - request.at;
                assert!(pause >= Duration::from_secs(1), "Retry-After is honoured: {pause:?}");
            }
        }
    }
    let delivery = telemetry.delivery().expect("there is a URL");
    assert_eq!((delivery.retries, delivery.dropped.total()), (6, 0));
    assert_eq!(delivery.delivered.logs, ROUNDS);
    assert_eq!(delivery.delivered.traces, 2 * ROUNDS);
    assert_eq!(delivery.waiting_bytes, 0);

    // What the server refuses for good is dropped and counted, and the next one passes.
    server.script.lock().expect("not poisoned").push(Refuse);
    info!("refused");
    assert!(telemetry.flush(Duration::from_secs(30)));
    info!("accepted");
    assert!(telemetry.flush(Duration::from_secs(30)));
    let delivery = telemetry.delivery().expect("there is a URL");
    assert_eq!((delivery.dropped.logs, delivery.delivered.logs), (1, ROUNDS + 1));
    assert_eq!(delivery.last_failure.as_deref(), Some("400 Bad Request: bad"));
    let last = Bytes::from(
        server.requests.lock().expect("not poisoned").last().expect("a request").body.clone(),
    );
    assert_eq!(Block::from_cbor(last).expect("a block").skipped_events, 1);

    // A server that is gone for good does not hold up the end longer than it may.
    server.script.lock().expect("not poisoned").extend([Busy; 1000]);
    info!("too late");
    let begin = Instant::now();
    drop(telemetry);
    assert!(begin.elapsed() < Duration::from_secs(8), "{:?}", begin.elapsed());
    assert_eq!(stats().dropped, Counts::default());
}
