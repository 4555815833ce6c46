//! Planar blocks go to servers that say they read them, and to no others.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chrono::Utc;
use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::planar::{self, CarriedSpan};
use micromegas_transit::types::{BeginThreadSpanEvent, SpanRecord, thread, thread_stream_layout};
use micromegas_transit::{
    Block, Limits, ProcessInfo, RecordQueue, StreamInfo, StreamPlan, TickRange,
};
use uuid::Uuid;

use crate::server::Behaviour::{Accept, Busy, BusyOffer, Hang, Offer, Refuse, RefuseOffer};
use crate::server::{Behaviour, Server};

const LZ4: &str = "planar/1; lz4";

fn process() -> Arc<ProcessInfo> {
    Arc::new(ProcessInfo {
        process_id: Uuid::nil(),
        exe: String::new(),
        username: String::new(),
        realname: String::new(),
        computer: String::new(),
        distro: String::new(),
        cpu_brand: String::new(),
        tsc_frequency: 0,
        start_time: Utc::now(),
        start_ticks: 0,
        parent_process_id: None,
        properties: BTreeMap::new(),
    })
}

fn stream() -> Arc<StreamInfo> {
    Arc::new(StreamInfo {
        process_id: Uuid::nil(),
        stream_id: Uuid::new_v4(),
        layout: thread_stream_layout(),
        tags: vec!["cpu".to_owned()],
        properties: BTreeMap::new(),
    })
}

/// A block of spans that begin, and one that was open before.
fn block(object_offset: i64) -> EventBlock {
    let mut dependencies = RecordQueue::new();
    dependencies
        .push(thread::SPAN, &SpanRecord { id: 9, name: 1, target: 1, file: 1, line: 1, lod: 1 });
    let mut objects = RecordQueue::new();
    for time in 0..100 {
        objects.push(0, &BeginThreadSpanEvent { thread_span_desc: 9, time: time + object_offset });
    }
    EventBlock {
        block_id: Uuid::new_v4(),
        begin_time: Utc::now(),
        begin_ticks: 0,
        end_time: Utc::now(),
        end_ticks: 0,
        dependencies: dependencies.into_bytes(),
        objects: objects.into_bytes(),
        object_offset,
        event_count: 100,
        event_ticks: TickRange { least: 0, greatest: 0 },
        skipped_events: 0,
        carried_spans: Some(vec![CarriedSpan { event_id: 3, descriptor: 9, begin: -5 }]),
    }
}

/// A sink that sends to the server, with the process and a stream announced.
fn started(server: &Server) -> (HttpSink, Arc<StreamInfo>) {
    let options = HttpOptions {
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(5),
        ..HttpOptions::default()
    };
    let sink = HttpSink::new(&format!("http://{}", server.address), &options).expect("a sink");
    let stream = stream();
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
        assert_eq!(open.object_bytes(), self::block(block.object_offset).objects);
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
