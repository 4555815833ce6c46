//! A server that is killed at any instant: what it has answered is there, once, and nothing is
//! half there.

use std::collections::HashSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use futures::future::join_all;
use micromegas_lakehouse::{Durability, Lake, LakeOptions, Lakehouse, Tenant};

use crate::fixture::{block, blocks, payload, process, stream};

/// Tells a child what to do: the directory, the window in milliseconds, the first block.
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
    let [directory, durability, window, first] = order[..] else { panic!("{order:?}") };
    let lakehouse =
        Lakehouse::open_local_with(directory, durability.parse().unwrap()).await.unwrap();
    let segment_window = Duration::from_millis(window.parse().unwrap());
    let lake = Lake::new(lakehouse, LakeOptions { segment_window, ..LakeOptions::default() });
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    let first: u128 = first.parse().unwrap();
    let clients = (0..16).map(|client| {
        let (lake, tenant) = (lake.clone(), tenant.clone());
        tokio::spawn(async move {
            for number in (first + client..).step_by(16) {
                lake.insert_block(&tenant, block(number, 2, 1)).await.unwrap();
                println!("stored {number}");
            }
        })
    });
    join_all(clients).await;
}

fn start_writer(directory: &Path, durability: Durability, window: u32, first: u128) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kill::writer", "--nocapture", "--test-threads=1"])
        .env(ORDER, format!("{} {durability} {window} {first}", directory.display()))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The blocks that a writer has stored by its own words before it was killed.
fn stored_until_killed(mut writer: Child, answers: usize) -> Vec<u128> {
    let mut lines = BufReader::new(writer.stdout.take().unwrap()).lines();
    let mut stored = Vec::new();
    let mut is_alive = true;
    // What it said before its death is still in the pipe after it.
    while let Some(Ok(line)) = lines.next() {
        let Some((_, number)) = line.split_once("stored ") else { continue };
        if let Ok(number) = number.parse() {
            stored.push(number);
        }
        if is_alive && stored.len() >= answers {
            writer.kill().unwrap();
            is_alive = false;
        }
    }
    writer.wait().unwrap();
    assert!(!is_alive, "the writer ended by itself");
    stored
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
        let writer = start_writer(directory.path(), durability, window, first);
        answered.extend(stored_until_killed(writer, answers));
        let lakehouse = Lakehouse::open_local(directory.path()).await.unwrap();
        let found = blocks(&lakehouse).await;
        let numbers: HashSet<u128> = found.iter().map(|block| block.block_id.as_u128()).collect();
        assert_eq!(numbers.len(), found.len(), "a block is there twice");
        let lost: Vec<_> = answered.difference(&numbers).collect();
        assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), answered.len());
        for block in &found {
            let expected = payload(block.block_id.as_u128());
            assert_eq!(lakehouse.fetch_payload(block).await.unwrap(), expected);
        }
    }
    assert!(answered.len() >= 1321);
}
