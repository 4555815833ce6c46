//! Planar blocks go to servers that say they read them, and to no others.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::EventSink;
use micromegas_transit::planar;
use micromegas_transit::types::thread_stream_layout;
use micromegas_transit::{Block, Limits, StreamInfo, StreamPlan};

use crate::fixtures::{block, process, stream};
use crate::server::Behaviour::{Accept, Busy, BusyOffer, Hang, Offer, Refuse, RefuseOffer};
use crate::server::{Behaviour, Server};

const LZ4: &str = "planar/1; lz4";

/// A sink that sends to the server, with the process and a stream announced.
fn started(server: &Server) -> (HttpSink, Arc<StreamInfo>) {
    let options = HttpOptions {
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(5),
        ..HttpOptions::default()
    };
    let sink = HttpSink::new(&format!("http://{}", server.address), &options).expect("a sink");
    let stream = stream("cpu");
    sink.on_process(&process());
    sink.on_stream(&stream);
    (sink, stream)
}

/// Whether each attempt to send a block was planar; what arrives is what was recorded.
fn planar_attempts(server: &Server) -> Vec<bool> {
    let limits = Limits::default();
    let plan = StreamPlan::compile(&thread_stream_layout(), &limits).expect("our own layout");
    let requests = server.requests.lock().expect("not poisoned");
    let blocks = requests.iter().filter(|request| request.path.ends_with("insert_block"));
    let is_planar = |body: &[u8]| {
        let block = Block::from_cbor(Bytes::copy_from_slice(body)).expect("a block");
        let payload = block.payload.open().expect("a payload");
        let open = plan.open(&payload, &limits).expect("a whole block");
        assert_eq!(open.object_bytes(), crate::fixtures::block(block.object_offset).objects);
        let is_planar = planar::is_planar(&payload.objects);
        let carried = open.carried_spans().map(|spans| (spans[0].event_id, spans[0].descriptor));
        assert_eq!(carried, is_planar.then_some((3, 9)));
        is_planar
    };
    blocks.map(|request| is_planar(&request.body)).collect()
}

fn flush(sink: &HttpSink) {
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
}

/// Sends blocks one after the other to a server with this script, and returns which attempts were
/// planar.
fn attempts(script: &[Behaviour], block_count: i64) -> Vec<bool> {
    let server = Server::start(script);
    let (sink, stream) = started(&server);
    for index in 0..block_count {
        sink.on_block(&stream, block(100 * index));
        flush(&sink);
    }
    assert_eq!(sink.stats().dropped.total(), 0);
    assert_eq!(sink.stats().delivered.traces, 100 * block_count.unsigned_abs());
    planar_attempts(&server)
}

#[test]
fn a_server_that_does_not_ask_for_planar_blocks_never_gets_one() {
    assert_eq!(attempts(&[Accept; 8], 3), [false; 3]);
    // Nor does one that asks for what this client cannot write, or that has not answered yet.
    assert_eq!(attempts(&[Offer("planar/2; lz4"); 8], 2), [false; 2]);
    assert_eq!(attempts(&[Offer("planar/1; other"); 8], 2), [false; 2]);
    assert_eq!(attempts(&[Hang, Hang, Accept, Accept, Hang, Accept], 1), [false; 2]);
}

#[test]
fn one_that_does_gets_them_from_the_first_block_on() {
    assert_eq!(attempts(&[Offer(LZ4); 8], 3), [true; 3]);
    assert_eq!(attempts(&[Offer("planar/1; lz4, zstd, other"); 8], 2), [true; 2]);
}

#[test]
fn after_an_answer_without_it_blocks_are_plain_again() {
    // Process, stream, then blocks: the second one's answer offers no more, the fourth's does.
    let script = [Offer(LZ4), Offer(LZ4), Offer(LZ4), Accept, Accept, Offer(LZ4), Offer(LZ4)];
    assert_eq!(attempts(&script, 5), [true, true, false, false, true]);
}

#[test]
fn a_block_that_is_sent_again_suits_the_latest_answer() {
    // Without an answer nothing has changed; a busy server in front has no header; then it is back.
    let script = [Offer(LZ4), Offer(LZ4), Hang, Busy, BusyOffer(LZ4), Offer(LZ4), Offer(LZ4)];
    assert_eq!(attempts(&script, 2), [true, true, false, false, true]);
    // What is refused by a server that does not read it is sent in the form that it reads.
    assert_eq!(attempts(&[Offer(LZ4), Offer(LZ4), Refuse, Accept], 1), [true, false]);
}

#[test]
fn the_block_after_a_dropped_one_still_carries_the_spans() {
    let server = Server::start(&[Offer(LZ4), Offer(LZ4), RefuseOffer(LZ4), Offer(LZ4)]);
    let (sink, stream) = started(&server);
    for index in 0..2 {
        sink.on_block(&stream, block(100 * index));
        flush(&sink);
    }
    let stats = sink.stats();
    assert_eq!((stats.dropped.traces, stats.delivered.traces), (100, 100));
    assert_eq!(planar_attempts(&server), [true, true]);
    let requests = server.requests.lock().expect("not poisoned");
    let last = Bytes::from(requests.last().expect("a request").body.clone());
    assert_eq!(Block::from_cbor(last).expect("a block").skipped_events, 100);
}
