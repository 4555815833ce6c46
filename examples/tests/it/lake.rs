//! What an operator does to a lake: clean it, forget processes, and see what was done.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;
use crate::started::{Ended, MICROMEGAS, run};

fn lake(dir: &Path, args: &[&str]) -> Ended {
    let place = ["--data-dir", dir.to_str().unwrap()];
    run(MICROMEGAS, &[&["lake"], args, &place].concat())
}

/// A directory whose lake has one block of each of two processes; the first one's id.
fn filled() -> (tempfile::TempDir, LogClient, LogClient) {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let (sender, mut clients) = (Sender::new(), [LogClient::new(), LogClient::new()]);
    for client in &mut clients {
        sender.insert(&server.ingestion_url, "process", &client.process());
        sender.insert(&server.ingestion_url, "stream", &client.stream());
        let block = client.next_block(&["hello".to_owned()]);
        sender.insert(&server.ingestion_url, "block", &block.to_cbor());
    }
    server.program.signal("TERM");
    server.program.wait();
    let [first, second] = clients;
    (dir, first, second)
}

#[test]
fn a_forgotten_process_is_in_the_lake_no_more_and_sends_in_vain() {
    let (dir, mut gone, _stays) = filled();
    let id = gone.process_id.to_string();
    let told = lake(dir.path(), &["forget", &id, "--dry-run"]).output();
    assert_eq!(told, format!("{id}: 1 streams, 1 blocks\n"));
    let told = lake(dir.path(), &["forget", &id]).output();
    assert!(told.starts_with(&format!("{id}: forgot 1 streams, 1 blocks\n")), "{told}");

    let server = Server::start(dir.path());
    for table in ["processes", "streams", "blocks"] {
        assert_eq!(server.number(&format!("SELECT count(*) FROM {table}")), 1, "{table}");
    }
    let late = gone.next_block(&["late".to_owned()]).to_cbor();
    let url = format!("{}/ingestion/insert_block", server.ingestion_url);
    assert_eq!(Sender::new().post(&url, &late).unwrap().status, 400);
    let sql = "SELECT action FROM audit_log WHERE target = '{}' ORDER BY number";
    let actions = server.texts(&sql.replace("{}", &id));
    assert_eq!(actions, ["process.forget", "process.forgotten"]);
    server.program.signal("TERM");
    server.program.wait();

    assert!(lake(dir.path(), &["allow", &id]).output().contains("let in again"));
    let log = lake(dir.path(), &["audit"]).output();
    let last: Value = serde_json::from_str(log.lines().last().unwrap()).unwrap();
    assert_eq!((&last["action"], &last["target"]), (&"process.allow".into(), &id.into()));
    assert!(last["actor"].as_str().unwrap().starts_with("command line: "), "{last}");
}

#[test]
fn cleaning_takes_what_is_too_old_by_tag() {
    let (dir, ..) = filled();
    let clean = |args: &[&str]| lake(dir.path(), &[&["clean"], args].concat()).output();
    assert!(clean(&[]).starts_with("removed 0 blocks "));
    assert!(clean(&["--retention", "1d"]).starts_with("removed 0 blocks "));
    std::thread::sleep(Duration::from_millis(1_100));
    let would = clean(&["--retention-tag", "log=1s,cpu=forever", "--dry-run"]);
    assert!(would.starts_with("would remove 2 blocks "), "{would}");
    let done = clean(&["--retention-tag", "log=1s", "--retention-tag", "cpu=forever"]);
    assert!(done.starts_with("removed 2 blocks "), "{done}");
    let server = Server::start(dir.path());
    assert_eq!(server.number("SELECT count(*) FROM blocks"), 0);
    // A process that is silent for a moment may go on.
    assert_eq!(server.number("SELECT count(*) FROM streams"), 2);
}

#[test]
fn a_process_goes_into_another_lake_as_a_file() {
    let (dir, client, other) = filled();
    let id = client.process_id.to_string();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("process.tar");
    let file = file.to_str().unwrap();
    let told = lake(dir.path(), &["export", &id, file]).output();
    assert!(told.starts_with(&format!("{id}: 1 streams, 1 blocks of ")), "{told}");
    let refused = lake(dir.path(), &["export", &other.process_id.to_string(), file]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");

    let there = elsewhere.path().join("lake");
    for _ in 0..2 {
        let told = lake(&there, &["import", file]).output();
        assert!(told.starts_with(&format!("{id}: 1 streams, 1 blocks of ")), "{told}");
    }
    let log = lake(&there, &["audit"]).output();
    let actions = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let actions: Vec<_> = actions.map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions[..2], ["process.import", "process.imported"]);
    let server = Server::start(&there);
    assert_eq!(server.texts("SELECT process_id FROM processes"), [id]);
    assert_eq!(server.texts("SELECT msg FROM log_entries"), ["hello"]);
    let names: Vec<_> = std::fs::read_dir(elsewhere.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(!names.iter().any(|name| name.ends_with(".unfinished")), "{names:?}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let id = "00000000-0000-0000-0000-000000000001";
    for args in [
        &["forget"][..],
        &["forget", "nonsense"],
        &["forget", id, "--user", "ada"],
        &["clean", "--retention-tag", "log"],
        &["clean", "--retention", "forever"],
    ] {
        assert_eq!(lake(dir.path(), args).status.code(), Some(2), "{args:?}");
    }
    let ended = lake(dir.path(), &["adopt"]);
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    assert!(ended.stderr.contains("--database"), "{ended:?}");
}
