//! Clients that send blocks: as fast as they are answered, or at a given rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::blocks::{Documents, Events};

/// Between two processes that are sent to see what a commit takes.
const PROBE_PAUSE: Duration = Duration::from_millis(5);

/// What clients send, how many there are and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Load {
    pub(crate) events: Events,
    /// Each connection is a process of its own and waits for an answer before it sends again.
    pub(crate) connections: usize,
    pub(crate) time: Duration,
    /// Blocks a second of all connections together; without it they send without a pause.
    pub(crate) rate: Option<f64>,
}

/// How a load went.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) blocks_per_second: f64,
    pub(crate) block_count: usize,
    answer_times: Vec<Duration>,
}

impl Load {
    /// Sends to a server, all of whose answers have to be 200.
    pub(crate) async fn run(&self, server: SocketAddr) -> Outcome {
        let mut clients = Vec::new();
        for _ in 0..self.connections {
            clients.push(Client::connect(server, &self.events).await);
        }
        let start = Instant::now();
        let load = Arc::new(self.clone());
        let mut running = JoinSet::new();
        for (place, client) in clients.into_iter().enumerate() {
            running.spawn(client.run(Arc::clone(&load), start, place));
        }
        let answer_times: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
        let seconds = start.elapsed().as_secs_f64();
        let block_count = answer_times.len();
        Outcome { blocks_per_second: block_count as f64 / seconds, block_count, answer_times }
    }
}

impl Outcome {
    /// The time within which this part of the blocks was answered, in milliseconds. With a rate it
    /// counts from when the block was due, whether or not the client could send it then.
    pub(crate) fn quantile_ms(&self, part: f64) -> f64 {
        let mut times = self.answer_times.clone();
        times.sort();
        let place = (times.len() as f64 * part) as usize;
        times.get(place.min(times.len().saturating_sub(1))).map_or(0.0, |t| t.as_secs_f64() * 1e3)
    }
}

/// One connection. Its requests are made beforehand, but for the id of a block, and of an answer
/// no more is read than what says how it went: what clients need of the processors is not what is
/// measured, and they share those of the server.
struct Client {
    documents: Documents,
    /// What comes before the body of a block, all of which have one length.
    head_of_block: Bytes,
    socket: TcpStream,
    answer: BytesMut,
}

impl Client {
    async fn connect(server: SocketAddr, events: &Events) -> Self {
        let socket = TcpStream::connect(server).await.expect("a server that listens");
        socket.set_nodelay(true).expect("a socket");
        let documents = Documents::new(events);
        let head_of_block = head("block", documents.block_length());
        let answer = BytesMut::with_capacity(1024);
        let mut client = Self { documents, head_of_block, socket, answer };
        for (kind, document) in [
            ("process", client.documents.process.clone()),
            ("stream", client.documents.stream.clone()),
        ] {
            client.send(head(kind, document.len()).chain(document)).await;
        }
        client
    }

    async fn run(mut self, load: Arc<Load>, start: Instant, place: usize) -> Vec<Duration> {
        let end = start + load.time;
        let period = load.rate.map(|rate| load.connections as f64 / rate);
        let mut answer_times = Vec::new();
        for number in 0u32.. {
            let due = match period {
                Some(period) => {
                    let phase = place as f64 / load.connections as f64;
                    let due = start + Duration::from_secs_f64(period * (f64::from(number) + phase));
                    sleep_until(due).await;
                    due
                }
                None => Instant::now(),
            };
            if due >= end {
                break;
            }
            let [before_id, id, after_id] = self.documents.next_block();
            let head = self.head_of_block.clone();
            self.send(head.chain(before_id).chain(id).chain(after_id)).await;
            answer_times.push(due.elapsed());
        }
        answer_times
    }

    /// Sends a request, and waits for the answer, which has to be 200 without a body.
    async fn send(&mut self, mut request: impl Buf) {
        self.socket.write_all_buf(&mut request).await.expect("an open connection");
        self.answer.clear();
        while !self.answer.ends_with(b"\r\n\r\n") {
            let count = self.socket.read_buf(&mut self.answer).await.expect("an answer");
            assert!(count > 0, "the connection was closed: {:?}", self.answer);
        }
        let is_empty = self.answer.windows(19).any(|part| part == b"content-length: 0\r\n");
        assert!(self.answer.starts_with(b"HTTP/1.1 200 ") && is_empty, "{:?}", self.answer);
    }
}

/// What comes before the body of a request.
fn head(kind: &str, length: usize) -> Bytes {
    let request = format!("POST /ingestion/insert_{kind} HTTP/1.1\r\nhost: localhost\r\n");
    format!("{request}content-length: {length}\r\n\r\n").into()
}

/// Sends processes for so long, one after the other; tells the 99th percentile of the answer times
/// in milliseconds.
pub(crate) async fn probe(server: SocketAddr, events: &Events, time: Duration) -> f64 {
    let mut client = Client::connect(server, events).await;
    let start = Instant::now();
    let mut answer_times = Vec::new();
    while start.elapsed() < time {
        let document = Documents::new(events).process;
        let sent = Instant::now();
        client.send(head("process", document.len()).chain(document)).await;
        answer_times.push(sent.elapsed());
        tokio::time::sleep(PROBE_PAUSE).await;
    }
    let block_count = answer_times.len();
    Outcome { blocks_per_second: 0.0, block_count, answer_times }.quantile_ms(0.99)
}
