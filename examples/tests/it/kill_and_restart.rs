//! `kill -9` of the server under load, several times: what was answered with 200 is there, once.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use uuid::Uuid;

use crate::documents::LogClient;
use crate::sender::{Answer, Sender};
use crate::server::Server;
use crate::started::SOON;

const SENDERS: usize = 4;
const KILLS: usize = 3;
const ENTRIES_PER_BLOCK: usize = 20;
const ANSWERS_BETWEEN_KILLS: usize = 60;

/// What the senders share with the one who kills.
#[derive(Debug, Default)]
struct Load {
    /// Where the server of the moment is.
    url: Mutex<String>,
    answered: AtomicUsize,
    finished: AtomicBool,
}

#[test]
fn everything_answered_before_a_kill_is_there_once_after_the_restart() {
    let dir = tempfile::tempdir().unwrap();
    let mut server = Server::start(dir.path());
    let load = Arc::new(Load::default());
    *load.url.lock().unwrap() = server.ingestion_url.clone();
    let senders: Vec<_> = (0..SENDERS).map(|n| start_sender(n, Arc::clone(&load))).collect();

    for kill in 1..=KILLS {
        wait_for_answers(&load, kill * ANSWERS_BETWEEN_KILLS);
        server.program.kill();
        server = Server::start(dir.path());
        *load.url.lock().unwrap() = server.ingestion_url.clone();
    }
    wait_for_answers(&load, (KILLS + 1) * ANSWERS_BETWEEN_KILLS);
    load.finished.store(true, Ordering::SeqCst);
    let answered: Vec<Uuid> = senders.into_iter().flat_map(|it| it.join().unwrap()).collect();

    assert_stored_once(&server, &answered);
    wait_until_written_down(&server);
    assert_stored_once(&server, &answered);
    server.program.kill();
    assert_stored_once(&Server::start(dir.path()), &answered);
}

/// A sender goes on only after an answer, so what was answered and lost would be missing here.
#[track_caller]
fn assert_stored_once(server: &Server, answered: &[Uuid]) {
    let stored = server.texts("SELECT block_id FROM blocks");
    let distinct: BTreeSet<String> = stored.iter().cloned().collect();
    assert_eq!(distinct.len(), stored.len(), "a block is there twice");
    assert_eq!(distinct, answered.iter().map(Uuid::to_string).collect());

    let entries = (answered.len() * ENTRIES_PER_BLOCK) as i64;
    assert_eq!(server.number("SELECT count(*) FROM log_entries"), entries);
    assert_eq!(server.number("SELECT count(DISTINCT msg) FROM log_entries"), entries);
}

/// Waits until no log entry is read from a block any more, but all from partitions.
fn wait_until_written_down(server: &Server) {
    // A killed daemon's lease has to expire first.
    let deadline = Instant::now() + 2 * SOON;
    let explain = "EXPLAIN SELECT msg FROM log_entries";
    while server.query(explain, &[]).output().contains("FreshBlocks") {
        assert!(Instant::now() < deadline, "the daemon does not write the view down");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Sends block after block, each until it is answered, and tells which blocks those were.
fn start_sender(number: usize, load: Arc<Load>) -> JoinHandle<Vec<Uuid>> {
    let send = move || {
        let sender = Sender::new();
        let mut client = LogClient::new();
        send_until_answered(&sender, &load, "process", &client.process());
        send_until_answered(&sender, &load, "stream", &client.stream());
        let mut answered = Vec::new();
        while !load.finished.load(Ordering::SeqCst) {
            let entry = |n| format!("sender {number}, block {}, entry {n}", answered.len());
            let messages: Vec<String> = (0..ENTRIES_PER_BLOCK).map(entry).collect();
            let block = client.next_block(&messages);
            send_until_answered(&sender, &load, "block", &block.to_cbor());
            answered.push(block.block_id);
            load.answered.fetch_add(1, Ordering::SeqCst);
        }
        answered
    };
    Builder::new().name(format!("sender-{number}")).spawn(send).unwrap()
}

fn send_until_answered(sender: &Sender, load: &Load, kind: &str, body: &[u8]) {
    let deadline = Instant::now() + SOON;
    loop {
        let url = format!("{}/ingestion/insert_{kind}", load.url.lock().unwrap());
        match sender.post(&url, body) {
            Some(Answer { status: 200, .. }) => return,
            Some(Answer { status: 500.., .. }) | None => {}
            Some(refused) => panic!("insert_{kind} was refused: {refused:?}"),
        }
        assert!(Instant::now() < deadline, "no server took the {kind}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn wait_for_answers(load: &Load, count: usize) {
    let deadline = Instant::now() + SOON;
    while load.answered.load(Ordering::SeqCst) < count {
        assert!(Instant::now() < deadline, "too few answers: {load:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
