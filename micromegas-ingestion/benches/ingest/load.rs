//! Clients that send blocks: as fast as they are answered, or at a given rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::blocks::{Documents, Events, Parts};

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

/// One connection.
struct Client {
    documents: Documents,
    connection: SendRequest<Parts>,
}

impl Client {
    async fn connect(server: SocketAddr, events: &Events) -> Self {
        let socket = TcpStream::connect(server).await.expect("a server that listens");
        socket.set_nodelay(true).expect("a socket");
        let (connection, driver) = handshake(TokioIo::new(socket)).await.expect("a connection");
        tokio::spawn(driver);
        let mut client = Self { documents: Documents::new(events), connection };
        let (process, stream) = (client.documents.process.clone(), client.documents.stream.clone());
        client.send("process", Parts::new([process])).await;
        client.send("stream", Parts::new([stream])).await;
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
            let block = self.documents.next_block();
            self.send("block", block).await;
            answer_times.push(due.elapsed());
        }
        answer_times
    }

    async fn send(&mut self, kind: &str, body: Parts) {
        let request = Request::post(format!("/ingestion/insert_{kind}"))
            .header(header::HOST, "localhost")
            .body(body)
            .expect("a request");
        self.connection.ready().await.expect("an open connection");
        let answer = self.connection.send_request(request).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
    }
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
        client.send("process", Parts::new([document])).await;
        answer_times.push(sent.elapsed());
        tokio::time::sleep(PROBE_PAUSE).await;
    }
    let block_count = answer_times.len();
    Outcome { blocks_per_second: 0.0, block_count, answer_times }.quantile_ms(0.99)
}
