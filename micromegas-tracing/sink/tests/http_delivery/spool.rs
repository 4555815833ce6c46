//! What cannot be sent waits on disk, survives its process, and is sent by the next one.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use micromegas_telemetry_sink::{HttpOptions, HttpSink, SpoolOptions, SpoolReader, SpoolRecord};
use micromegas_tracing::EventSink;
use micromegas_transit::{Block, StreamInfo};

use crate::fixtures::{block, process, stream};
use crate::server::Behaviour::{Accept, Refuse};
use crate::server::Server;

const SECRET: &str = "hush-hush";

fn options(folder: &Path, bytes_max: u64) -> HttpOptions {
    HttpOptions {
        api_key: Some(SECRET.to_owned()),
        spool: Some(SpoolOptions { bytes_max, ..SpoolOptions::new(folder) }),
        backoff_min: Duration::from_millis(1),
        backoff_max: Duration::from_millis(20),
        ..HttpOptions::default()
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("can be read");
    let paths = entries.map(|entry| entry.expect("can be read").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The blocks in a file, each after its process and stream.
fn blocks(path: &Path) -> Vec<Block> {
    let (mut known, mut blocks) = (HashSet::new(), Vec::new());
    for record in SpoolReader::open(path).expect("a spool file") {
        match record.expect("a whole record") {
            SpoolRecord::Process(process) => {
                known.insert(process.process_id);
            }
            SpoolRecord::Stream(stream) => {
                assert!(known.contains(&stream.process_id));
                known.insert(stream.stream_id);
            }
            SpoolRecord::Block(block) => {
                assert!(known.contains(&block.stream_id));
                blocks.push(block);
            }
        }
    }
    blocks
}

fn wait_until(what: &str, is_it: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_it() {
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A server that is not there yet, and what comes to be at its address.
fn address() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address")
}

fn offsets(server: &Server, stream: &StreamInfo) -> Vec<i64> {
    let requests = server.requests_to("insert_block");
    let blocks = requests
        .into_iter()
        .map(|request| Block::from_cbor(Bytes::from(request.body)).expect("a block"));
    blocks
        .filter(|block| block.stream_id == stream.stream_id)
        .map(|block| block.object_offset)
        .collect()
}

#[test]
fn an_outage_is_spent_on_disk_and_what_waits_is_sent_in_order_after_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = address();
    let url = format!("http://{address}");
    let sink = HttpSink::new(&url, &options(folder.path(), 1 << 20)).expect("a sink");
    let (logs, traces) = (stream("log"), stream("cpu"));
    sink.on_process(&process());
    for index in 0..5 {
        sink.on_block(&traces, block(100 * index));
        sink.on_block(&logs, block(100 * index));
    }
    wait_until("all are on disk", || {
        files(folder.path()).iter().map(|path| blocks(path).len()).sum::<usize>() == 10
    });
    assert!(sink.stats().spool_bytes > 0);
    // As if killed now: everything can be read without a server, and nothing secret.
    for path in files(folder.path()) {
        let bytes = fs::read(&path).expect("can be read");
        assert!(!bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes()));
    }
    let server = Server::start_at(address, &[]);
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(20)));
    assert_eq!(offsets(&server, &logs), [0, 100, 200, 300, 400]);
    assert_eq!(offsets(&server, &traces), [0, 100, 200, 300, 400]);
    let stats = sink.stats();
    assert_eq!((stats.delivered.total(), stats.dropped.total()), (1000, 0));
    wait_until("the file is empty", || sink.stats().spool_bytes == 0);
    drop(sink);
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn the_next_start_sends_what_the_last_one_had_to_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let address = address();
    let url = format!("http://{address}");
    let first = HttpSink::new(&url, &options(folder.path(), 1 << 20)).expect("a sink");
    let left = stream("cpu");
    first.on_process(&process());
    (0..3).for_each(|index| first.on_block(&left, block(100 * index)));
    let begin = Instant::now();
    first.on_shutdown(begin + Duration::from_secs(5));
    // What is safe on disk is not waited for.
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    let stats = first.stats();
    assert_eq!((stats.left_in_spool.traces, stats.dropped.total()), (300, 0));
    drop(first);

    let server = Server::start_at(address, &[]);
    let second = HttpSink::new(&url, &options(folder.path(), 1 << 20)).expect("a sink");
    second.on_process(&process());
    wait_until("what was left is sent", || second.stats().adopted_delivered.traces == 300);
    assert_eq!(offsets(&server, &left), [0, 100, 200]);
    // With what is needed to understand it.
    let streams = server.requests_to("insert_stream");
    assert_eq!(streams.len(), 1);
    assert_eq!(second.stats().delivered.total(), 0);
    wait_until("nothing is left", || files(folder.path()).is_empty());
}

#[test]
fn at_the_quota_the_oldest_traces_go_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes_max = 12_000;
    let address = address();
    let url = format!("http://{address}");
    let sink = HttpSink::new(&url, &options(folder.path(), bytes_max)).expect("a sink");
    let (logs, traces) = (stream("log"), stream("cpu"));
    sink.on_process(&process());
    let size = || {
        let files = files(folder.path());
        files.iter().map(|path| fs::metadata(path).map_or(0, |file| file.len())).sum::<u64>()
    };
    for index in 0..40 {
        sink.on_block(&traces, block(100 * index));
        sink.on_block(&logs, block(100 * index));
        std::thread::sleep(Duration::from_millis(5));
        assert!(size() <= bytes_max, "{}", size());
    }
    wait_until("traces were dropped", || sink.stats().dropped.traces > 0);
    let server = Server::start_at(address, &[]);
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(20)));
    let stats = sink.stats();
    assert_eq!(stats.delivered.traces + stats.dropped.traces, 4000);
    // The traces that are left are the latest; logs were lost after all traces only.
    let kept: Vec<_> = offsets(&server, &traces);
    let first = 4000 - 100 * kept.len() as i64;
    assert_eq!(kept, (first..4000).step_by(100).collect::<Vec<_>>());
    assert!(stats.dropped.logs == 0 || kept.is_empty(), "{stats:?}");
    // And the first of them says what is missing.
    let declared: u64 = server
        .requests_to("insert_block")
        .into_iter()
        .map(|request| Block::from_cbor(Bytes::from(request.body)).expect("a block"))
        .map(|block| block.skipped_events)
        .sum();
    assert_eq!(declared, stats.dropped.total());
}

#[test]
fn what_the_server_refuses_for_good_is_kept_aside_and_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&[Accept, Accept, Refuse]);
    let sink = HttpSink::new(&server.url(), &options(folder.path(), 1 << 20)).expect("a sink");
    let stream: Arc<StreamInfo> = stream("cpu");
    sink.on_process(&process());
    (0..2).for_each(|index| sink.on_block(&stream, block(100 * index)));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(20)));
    let stats = sink.stats();
    assert_eq!(
        (stats.rejected.traces, stats.dropped.traces, stats.delivered.traces),
        (100, 100, 100)
    );
    drop(sink);
    let left = files(folder.path());
    assert_eq!(left.len(), 1);
    assert!(left[0].parent().is_some_and(|folder| folder.ends_with("rejected")));
    let offsets: Vec<_> = blocks(&left[0]).iter().map(|block| block.object_offset).collect();
    assert_eq!(offsets, [0]);
}

#[test]
fn a_server_that_answers_at_once_leaves_the_disk_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start(&[]);
    let sink = HttpSink::new(&server.url(), &options(folder.path(), 1 << 20)).expect("a sink");
    let stream = stream("cpu");
    sink.on_process(&process());
    (0..20).for_each(|index| sink.on_block(&stream, block(100 * index)));
    assert!(sink.on_flush(Instant::now() + Duration::from_secs(20)));
    assert_eq!(files(folder.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_folder_that_cannot_be_used_is_an_error_unless_the_host_does_not_mind() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let spool = SpoolOptions::new(file.path());
    let sink = |spool| {
        let options = HttpOptions { spool: Some(spool), ..HttpOptions::default() };
        HttpSink::new("http://127.0.0.1:9", &options)
    };
    assert!(sink(spool.clone()).is_err());
    let sink = sink(SpoolOptions { is_optional: true, ..spool }).expect("a sink");
    assert!(sink.stats().last_spool_failure.is_some());
}
