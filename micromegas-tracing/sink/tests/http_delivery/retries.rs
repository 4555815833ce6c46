//! Which blocks are sent again, which first, and how long the end may take.

use std::time::{Duration, Instant};

use bytes::Bytes;
use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::EventSink;
use micromegas_transit::{Block, StreamInfo};

use crate::fixtures::{block, process, stream};
use crate::server::Behaviour::{Accept, Busy, Fail, Refuse};
use crate::server::{Behaviour, Server};

fn sink(server: &Server) -> HttpSink {
    let options = HttpOptions {
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(2),
        ..HttpOptions::default()
    };
    let sink = HttpSink::new(&server.url(), &options).expect("a sink");
    sink.on_process(&process());
    sink
}

/// Streams of the blocks that the server was sent, in order.
fn sent(server: &Server) -> Vec<Block> {
    let requests = server.requests_to("insert_block");
    let block = |body: Vec<u8>| Block::from_cbor(Bytes::from(body)).expect("a block");
    requests.into_iter().map(|request| block(request.body)).collect()
}

#[test]
fn after_an_outage_logs_arrive_before_metrics_and_these_before_traces() {
    let server = Server::start(&[Busy; 1]);
    let sink = sink(&server);
    let [traces, metrics, logs] = ["cpu", "metrics", "log"].map(stream);
    // While the process's description waits for a second, all of these do.
    for index in 0..2 {
        for stream in [&traces, &metrics, &logs] {
            sink.on_block(stream, block(100 * index));
        }
    }
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    let expected = [&logs, &logs, &metrics, &metrics, &traces, &traces];
    let id = |stream: &&std::sync::Arc<StreamInfo>| stream.stream_id;
    let sent = sent(&server);
    assert_eq!(
        sent.iter().map(|block| block.stream_id).collect::<Vec<_>>(),
        expected.iter().map(id).collect::<Vec<_>>()
    );
    let offsets: Vec<_> = sent.iter().map(|block| block.object_offset).collect();
    assert_eq!(offsets, [0, 100, 0, 100, 0, 100]);
}

#[test]
fn a_block_over_which_the_server_always_fails_lets_others_pass_at_last() {
    let mut script = vec![Accept, Accept];
    script.extend([Fail; 20]);
    let server = Server::start(&script);
    let sink = sink(&server);
    let stream = stream("cpu");
    (0..2).for_each(|index| sink.on_block(&stream, block(100 * index)));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    let stats = sink.stats();
    assert_eq!(
        (stats.rejected.traces, stats.dropped.traces, stats.delivered.traces),
        (100, 100, 100)
    );
    let sent = sent(&server);
    assert_eq!(sent.len(), 21);
    assert_eq!((sent[20].object_offset, sent[20].skipped_events), (100, 100));
}

#[test]
fn a_server_that_is_overloaded_is_asked_as_often_as_it_takes() {
    let mut script = vec![Accept, Accept];
    script.extend([Behaviour::BusyOffer(""); 60]);
    let server = Server::start(&script);
    let sink = sink(&server);
    sink.on_block(&stream("cpu"), block(0));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    assert_eq!((sink.stats().retries, sink.stats().delivered.traces), (60, 100));
}

#[test]
fn refused_descriptions_are_counted_and_blocks_are_sent_anyway() {
    let server = Server::start(&[Refuse, Refuse]);
    let sink = sink(&server);
    sink.on_block(&stream("cpu"), block(0));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
    assert_eq!((sink.stats().refused_descriptions, sink.stats().delivered.traces), (2, 100));
}

#[test]
fn servers_that_are_none_of_ours_get_blocks_once_a_minute() {
    let ours = Server::start(&[Behaviour::Offer("planar/1; lz4"); 8]);
    let other = Server::start(&[]);
    let period = |server: &Server| {
        let sink = HttpSink::new(&server.url(), &HttpOptions::default()).expect("a sink");
        assert_eq!(sink.flush_period(), None, "before there is an answer");
        sink.on_process(&process());
        assert!(sink.on_flush(Instant::now() + Duration::from_secs(30)));
        sink.flush_period()
    };
    assert_eq!(period(&ours), None);
    assert_eq!(period(&other), Some(Duration::from_secs(60)));
}

#[test]
fn the_end_comes_within_its_deadline_whatever_the_server_does() {
    // Nobody answers on this socket.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let sink = HttpSink::new(&url, &HttpOptions::default()).expect("a sink");
    sink.on_process(&process());
    sink.on_block(&stream("cpu"), block(0));
    std::thread::sleep(Duration::from_millis(50));
    let begin = Instant::now();
    sink.on_shutdown(begin + Duration::from_millis(500));
    assert!(begin.elapsed() < Duration::from_millis(900), "{:?}", begin.elapsed());
}
