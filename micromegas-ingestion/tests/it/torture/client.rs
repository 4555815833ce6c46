//! Clients: each sends one process after the other, in any order, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use hyper::client::conn::http1::handshake;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::sync::watch;
use uuid::Uuid;

use super::blocks::{self, Parents};
use super::server::Servers;
use super::told::{Miss, Told};

/// One document of a process.
#[derive(Debug, Clone, Copy)]
enum Document {
    Process(Uuid),
    Stream(Parents),
    Block(Uuid, Parents),
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Attempt {
    Stored,
    Later,
    Unanswered,
}

pub(super) struct Client {
    random: fastrand::Rng,
    servers: Arc<Servers>,
    told: Arc<Told>,
}

impl Client {
    pub(super) fn new(random: fastrand::Rng, servers: Arc<Servers>, told: Arc<Told>) -> Self {
        Self { random, servers, told }
    }

    /// Sends until it is told to stop; a process that was begun is sent to its end.
    pub(super) async fn run(mut self, stopping: watch::Receiver<()>) {
        while stopping.has_changed().is_ok() {
            for document in self.documents() {
                self.deliver(document).await;
            }
        }
    }

    /// The documents of a new process: streams may come before their process, blocks before both.
    fn documents(&mut self) -> Vec<Document> {
        let process_id = self.id();
        let mut documents = vec![Document::Process(process_id)];
        for _ in 0..self.random.u8(1..=3) {
            let parents = Parents { process_id, stream_id: self.id() };
            documents.push(Document::Stream(parents));
            for _ in 0..self.random.u8(1..=12) {
                documents.push(Document::Block(self.id(), parents));
            }
        }
        if self.random.bool() {
            self.random.shuffle(&mut documents);
        }
        documents
    }

    /// Sends a document until it is stored, or, if it is a block, perhaps until it is given up.
    async fn deliver(&mut self, document: Document) {
        self.note_sent(document);
        loop {
            let attempt = self.attempt(document).await;
            match attempt {
                Attempt::Stored => break,
                Attempt::Later => self.told.count(Miss::Later),
                Attempt::Unanswered => self.told.count(Miss::Unanswered),
            }
            if matches!(document, Document::Block(..)) && self.random.u8(..100) < 4 {
                self.told.count(Miss::Abandoned);
                return;
            }
            tokio::time::sleep(Duration::from_millis(self.random.u64(5..60))).await;
        }
        self.note_answered(document);
        if self.random.u8(..100) < 4 {
            self.told.count(Miss::Repeated);
            // Whatever becomes of it, it changes nothing.
            self.attempt(document).await;
        }
    }

    /// Sends a document to some server. Now and then the client hangs up at any moment.
    async fn attempt(&mut self, document: Document) -> Attempt {
        let server = self.servers.any(&mut self.random);
        let patience = match self.random.u8(..100) < 4 {
            true => Duration::from_micros(self.random.u64(..20_000)),
            false => Duration::from_secs(20),
        };
        let Some(server) = server else { return Attempt::Unanswered };
        tokio::time::timeout(patience, send(server, document)).await.unwrap_or(Attempt::Unanswered)
    }

    fn note_sent(&self, document: Document) {
        let mut told = self.told.state();
        match document {
            Document::Process(_) => {}
            Document::Stream(parents) => {
                told.streams.insert(parents.stream_id, parents);
            }
            Document::Block(id, parents) => {
                told.sent.insert(id, parents);
            }
        }
    }

    fn note_answered(&self, document: Document) {
        let mut told = self.told.state();
        match document {
            Document::Process(id) => {
                told.processes.insert(id);
            }
            Document::Stream(_) => {}
            Document::Block(id, _) => {
                told.answered.insert(id);
            }
        }
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u128(self.random.u128(..))
    }
}

async fn send(server: SocketAddr, document: Document) -> Attempt {
    let (kind, body) = match document {
        Document::Process(id) => ("process", blocks::process(id).to_cbor()),
        Document::Stream(parents) => ("stream", blocks::stream(parents).to_cbor()),
        Document::Block(id, parents) => ("block", blocks::block(id, parents).to_cbor()),
    };
    let Ok(socket) = TcpStream::connect(server).await else { return Attempt::Unanswered };
    let Ok((mut connection, driver)) = handshake(TokioIo::new(socket)).await else {
        return Attempt::Unanswered;
    };
    let request = Request::post(format!("/ingestion/insert_{kind}"))
        .header(header::HOST, "localhost")
        .body(Body::from(body))
        .unwrap();
    let sending = connection.send_request(request);
    // The connection ends with this call.
    let answer = tokio::select! {
        answer = sending => answer,
        _ = driver => return Attempt::Unanswered,
    };
    let Ok(answer) = answer else { return Attempt::Unanswered };
    match answer.status() {
        StatusCode::OK => Attempt::Stored,
        StatusCode::SERVICE_UNAVAILABLE => {
            assert!(answer.headers().contains_key(header::RETRY_AFTER));
            Attempt::Later
        }
        other => panic!("a good {kind} was answered with {other}"),
    }
}
