//! Sixteen threads record as fast as they can while first the sink and then the server stand still:
//! memory stays within what buffers and queue may take, and every event is accounted for. One test,
//! since a process has one dispatch and one amount of memory.

use micromegas_telemetry_sink::{HttpOptions, HttpSink};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventBlock, EventSink, stats};
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, Builder};
use std::time::{Duration, Instant};

const MIB: usize = 1024 * 1024;
const BUFFER_BYTES: usize = 20 * MIB;
const QUEUE_BYTES: usize = 20 * MIB;
/// For the block being made, the one being encoded, the one being sent and the one being counted,
/// for what waits to hold the next, for stacks of threads, and for what an allocator keeps of all
/// that.
const WORK_BYTES: usize = 28 * MIB;

/// How long memory may take to fill up.
const FILL_TIME_MAX: Duration = Duration::from_secs(60);
/// How often it does.
const ROUNDS: usize = 2;

/// Whoever comes here stays while it is closed.
#[derive(Clone, Default)]
struct Barrier(Arc<AtomicBool>);

impl Barrier {
    fn pass(&self) {
        while self.0.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Closed until something is full.
    fn close_until(&self, what: &str, is_full: impl Fn() -> bool) {
        self.0.store(true, Ordering::Relaxed);
        let begin = Instant::now();
        while !is_full() {
            assert!(begin.elapsed() < FILL_TIME_MAX, "{what} is never full");
            thread::sleep(Duration::from_millis(1));
        }
        thread::sleep(Duration::from_millis(200));
        self.0.store(false, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(200));
    }
}

/// A server that counts the events of the blocks it takes.
fn server(barrier: Barrier) -> (SocketAddr, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let events = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&events);
    let accept = move || {
        listener.incoming().flatten().for_each(|it| drop(serve(it, &barrier, &counted)));
    };
    Builder::new().name("server".to_owned()).spawn(accept).expect("a thread");
    (address, events)
}

fn serve(connection: TcpStream, barrier: &Barrier, events: &AtomicU64) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let mut body = vec![0; length.and_then(|text| text.parse().ok()).unwrap_or(0)];
        reader.read_exact(&mut body)?;
        barrier.pass();
        if head.starts_with("post /ingestion/insert_block") {
            let block = Block::from_cbor(body.into()).map_err(std::io::Error::other)?;
            events.fetch_add(block.event_count as u64, Ordering::Relaxed);
        }
        let answer =
            "HTTP/1.1 200 OK\r\nMicromegas-Accept: planar/1; lz4\r\nContent-Length: 0\r\n\r\n";
        reader.get_mut().write_all(answer.as_bytes())?;
    }
}

struct StallingSink {
    http: HttpSink,
    barrier: Barrier,
}

impl EventSink for StallingSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.http.on_process(process);
    }

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        self.http.on_stream(stream);
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        self.barrier.pass();
        self.http.on_block(stream, block);
    }

    fn on_flush(&self, deadline: Instant) -> bool {
        self.http.on_flush(deadline)
    }

    fn on_shutdown(&self, deadline: Instant) {
        self.http.on_shutdown(deadline);
    }
}

/// Records until it is over, and counts what it made: much of it is noise that cannot be compressed.
fn record(mut noise: u64, is_over: &AtomicBool) -> u64 {
    let mut events = 0;
    while !is_over.load(Ordering::Relaxed) {
        let mut random = || {
            noise ^= noise << 13;
            noise ^= noise >> 7;
            noise ^= noise << 17;
            noise
        };
        info!("{:x}{:x}{:x}{:x}", random(), random(), random(), random());
        imetric!("noise", "count", random());
        for _ in 0..4 {
            span_scope!("outer");
            span_scope!("inner");
        }
        events += 2 + 16;
    }
    events
}

/// A line of what the system says of this process, in bytes.
#[cfg(target_os = "linux")]
fn memory(name: &str) -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("a system with /proc");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("such a line");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
}

#[test]
fn memory_is_bounded_and_every_event_accounted_for_whatever_stands_still() {
    let (at_sink, at_server) = (Barrier::default(), Barrier::default());
    let (address, arrived) = server(at_server.clone());
    let options = HttpOptions {
        queue_bytes_max: QUEUE_BYTES,
        queue_trace_bytes_max: QUEUE_BYTES / 4 * 3,
        request_timeout: 2 * FILL_TIME_MAX,
        ..HttpOptions::default()
    };
    let http = HttpSink::new(&format!("http://{address}"), &options).expect("threads can start");
    let sink = Arc::new(StallingSink { http, barrier: at_sink.clone() });
    #[cfg(target_os = "linux")]
    let before = memory("VmRSS:");
    let config = Config::default().with_buffer_bytes_max(BUFFER_BYTES);
    let guard = micromegas_tracing::init(config, Arc::<StallingSink>::clone(&sink))
        .expect("the first dispatch");
    let is_over = Arc::new(AtomicBool::new(false));
    let threads = (1..=16).map(|number| {
        let is_over = Arc::clone(&is_over);
        let name = format!("load-{number}");
        Builder::new().name(name).spawn(move || record(number, &is_over)).expect("a thread")
    });
    let threads: Vec<_> = threads.collect();
    for _ in 0..ROUNDS {
        let dropped = stats().dropped.total();
        at_sink.close_until("the buffers", || stats().dropped.total() > dropped);
        let is_full = || sink.http.stats().waiting_bytes > QUEUE_BYTES / 8 * 7;
        at_server.close_until("the queue", is_full);
    }
    is_over.store(true, Ordering::Relaxed);
    let made: u64 = threads.into_iter().map(|it| it.join().expect("no panic")).sum();
    assert!(guard.flush(FILL_TIME_MAX));

    let (recorded, dropped) = (stats().recorded.total(), stats().dropped.total());
    assert_eq!(made, recorded + dropped);
    let delivery = sink.http.stats();
    let total = |counts: micromegas_telemetry_sink::EventCounts| {
        counts.logs + counts.metrics + counts.traces
    };
    assert_eq!(recorded, total(delivery.delivered) + total(delivery.dropped));
    assert_eq!(total(delivery.delivered), arrived.load(Ordering::Relaxed));
    #[cfg(target_os = "linux")]
    {
        let growth = memory("VmHWM:") - before;
        let bound = BUFFER_BYTES + QUEUE_BYTES + WORK_BYTES;
        println!("{} MiB of {}", growth / MIB, bound / MIB);
        assert!(growth >= BUFFER_BYTES, "{growth} bytes: the buffers were not full");
        assert!(growth <= bound, "{growth} bytes, which is more than {bound}");
    }
}
