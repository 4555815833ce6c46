//! A server that is killed at any instant: what it has answered is there, once, and nothing is
//! half there.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use micromegas_lakehouse::{
    Durability, Lake, LakeOptions, Lakehouse, ObjectStoreOptions, PostgresOptions, PostgresStore,
    Result, Tenant, open_object_store,
};

use crate::cluster::Cluster;
use crate::fixture::{block, blocks, payload, process, stream};
use crate::s3_server::{S3Server, mixed_faults};

/// Tells a child what to do: a directory and its durability or a database and an object store, the
/// window in milliseconds, the first block.
const ORDER: &str = "MICROMEGAS_TEST_WRITER";

fn order() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the way from a test to its child")]
    std::env::var(ORDER).ok()
}

/// The server that is killed: it stores blocks and says so, without an end. Without an order it is
/// an empty test.
#[tokio::test(flavor = "multi_thread")]
async fn writer() {
    let Some(order) = order() else { return };
    let order: Vec<&str> = order.split(' ').collect();
    let [place, how, window, first] = order[..] else { panic!("{order:?}") };
    let lakehouse = open(place, how).await;
    let segment_window = Duration::from_millis(window.parse().unwrap());
    let lake = Lake::new(lakehouse, LakeOptions { segment_window, ..LakeOptions::default() });
    let tenant = Tenant::default();
    again(|| lake.insert_process(&tenant, process(1))).await;
    again(|| lake.insert_stream(&tenant, stream(2, 1))).await;
    let first: u128 = first.parse().unwrap();
    let clients = (0..16).map(|client| {
        let (lake, tenant) = (lake.clone(), tenant.clone());
        tokio::spawn(async move {
            for number in (first + client..).step_by(16) {
                again(|| lake.insert_block(&tenant, block(number, 2, 1))).await;
                println!("stored {number}");
            }
        })
    });
    join_all(clients).await;
}

/// Does something until it is done, as clients do.
async fn again<F: Future<Output = Result<()>>>(mut attempt: impl FnMut() -> F) {
    while let Err(error) = attempt().await {
        assert!(error.is_retryable(), "{error:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn open(place: &str, how: &str) -> Lakehouse {
    if !place.starts_with("postgres") {
        return Lakehouse::open_local_with(place, how.parse().unwrap()).await.unwrap();
    }
    // A server that starts while the database is away waits for it.
    let store = loop {
        match PostgresStore::connect(place, PostgresOptions::default()).await {
            Ok(store) => break store,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let options =
        ObjectStoreOptions { retry_timeout: Duration::from_secs(2), ..Default::default() };
    Lakehouse::new(Arc::new(store), open_object_store(how, &options).unwrap())
}

fn start_writer(place: &str, how: &str, window: u32, first: u128) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writer", "--nocapture", "--test-threads=1"])
        .env(ORDER, format!("{place} {how} {window} {first}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The blocks that a writer has stored by its own words before it was killed.
fn stored_until_killed(mut writer: Child, answers: usize) -> Vec<u128> {
    let lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut stored = Vec::new();
    let mut is_alive = true;
    // What it said before its death is still in the pipe after it.
    for line in lines.map_while(std::io::Result::ok) {
        let Some((_, number)) = line.split_once("stored ") else { continue };
        stored.extend(number.parse::<u128>().ok());
        if is_alive && stored.len() >= answers {
            writer.kill().unwrap();
            is_alive = false;
        }
    }
    writer.wait().unwrap();
    assert!(!is_alive, "the writer ended by itself");
    stored
}

/// All that was answered is there, nothing is there twice, and all of it can be read.
async fn check(lakehouse: &Lakehouse, answered: &HashSet<u128>) {
    let found = blocks(lakehouse).await;
    let numbers: HashSet<u128> = found.iter().map(|block| block.block_id.as_u128()).collect();
    assert_eq!(numbers.len(), found.len(), "a block is there twice");
    let lost: Vec<_> = answered.difference(&numbers).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), answered.len());
    for block in &found {
        let expected = payload(block.block_id.as_u128());
        assert_eq!(lakehouse.fetch_payload(block).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_server_has_answered_is_there_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut answered = HashSet::new();
    // The first number is the count of answers after which the server is killed.
    let rounds = [
        (1, Durability::Process, 5),
        (97, Durability::Process, 5),
        (333, Durability::Fsync, 5),
        (150, Durability::Process, 0),
        (40, Durability::Fsync, 0),
        (700, Durability::Process, 1),
    ];
    for (round, (answers, durability, window)) in (1u128..).zip(rounds) {
        let first = round * 1_000_000;
        let place = directory.path().to_str().unwrap();
        let writer = start_writer(place, &durability.to_string(), window, first);
        answered.extend(stored_until_killed(writer, answers));
        check(&Lakehouse::open_local(place).await.unwrap(), &answered).await;
    }
    assert!(answered.len() >= 1321);
}

/// Two servers share a database and a bucket. They are killed, requests to the bucket fail, and the
/// database is stopped, or crashes, and is started again.
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_share_a_lake_lose_nothing_when_all_of_it_fails() {
    let cluster = Arc::new(Cluster::start());
    let database = cluster.make_database().await;
    let bucket = S3Server::start().await;
    bucket.set_faults(mixed_faults);
    let mut answered = HashSet::new();
    for round in 1..=2u128 {
        let writers = [0, 500_000].map(|half| {
            let first = round * 1_000_000 + half;
            start_writer(&database, &bucket.url(), 5, first)
        });
        let restarted = Arc::clone(&cluster);
        let restart = tokio::task::spawn_blocking(move || {
            std::thread::sleep(Duration::from_millis(500));
            if round == 1 {
                restarted.stop()
            } else {
                restarted.crash()
            }
            restarted.restart();
        });
        let killed = writers.into_iter().zip([30, 45]).map(|(writer, answers)| {
            tokio::task::spawn_blocking(move || stored_until_killed(writer, answers))
        });
        for stored in join_all(killed).await {
            answered.extend(stored.unwrap());
        }
        restart.await.unwrap();
        let lakehouse = open(&database, &bucket.url()).await;
        check(&lakehouse, &answered).await;
    }
    assert!(answered.len() >= 150);
}
