//! Who may send and ask: keys on the command line, and what a server makes of them.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;
use crate::started::{MICROMEGAS, SOON, run};

/// Makes a key as its user would, and reads it from the standard output.
#[track_caller]
pub(crate) fn make_key(place: &[&str], name: &str, more: &[&str]) -> String {
    let output = run(MICROMEGAS, &[&["keys", "create", name], place, more].concat()).output();
    let key = output.trim_end();
    assert!(key.starts_with("mmk_") && output.lines().count() == 1, "{output}");
    key.to_owned()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_server_that_nobody_could_use_says_how_to_let_somebody_in() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["serve", "--data-dir", text(dir.path()), "--http", "127.0.0.1:0", "--flight"];
    let ended = run(MICROMEGAS, &[&args[..], &["127.0.0.1:0"]].concat());
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    for word in ["keys create", "--oidc-file", "--disable-auth"] {
        assert!(ended.stderr.contains(word), "{ended:?}");
    }
}

#[test]
fn keys_open_what_they_are_for_until_they_are_revoked() {
    let dir = tempfile::tempdir().unwrap();
    let place = ["--data-dir", text(dir.path())];
    let sending = make_key(&place, "game servers", &[]);
    let server = Server::start_with(dir.path(), &[]);
    // Made while the server runs.
    let asking = make_key(&place, "dashboards", &["--rights", "query"]);

    let sender = Sender::new();
    let mut client = LogClient::new();
    let url = |kind: &str| format!("{}/ingestion/insert_{kind}", server.ingestion_url);
    let send = |key: &str, kind: &str, body: &[u8]| {
        sender.post_with_key(&url(kind), key, body).unwrap().status
    };
    assert_eq!(sender.post(&url("process"), &client.process()).unwrap().status, 401);
    assert_eq!(send("mmk_wrong", "process", &client.process()), 401);
    assert_eq!(send(&asking, "process", &client.process()), 403);
    assert_eq!(send(&sending, "process", &client.process()), 200);
    assert_eq!(send(&sending, "stream", &client.stream()), 200);
    let block = client.next_block(&["hello".to_owned()]);
    assert_eq!(send(&sending, "block", &block.to_cbor()), 200);
    for probe in ["health", "ready"] {
        let answer = sender.get(&format!("{}/{probe}", server.ingestion_url)).unwrap();
        assert_eq!(answer.status, 200, "{probe}");
    }

    let ask = |more: &[&str]| server.query("SELECT msg FROM log_entries", more);
    for more in [&[][..], &["--api-key", "mmk_wrong"], &["--api-key", &sending]] {
        let refused = ask(more);
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(refused.stderr.contains("not allowed"), "{refused:?}");
        assert!(!refused.stderr.contains(&sending[12..]), "{refused:?}");
    }
    assert!(ask(&["--api-key", &asking]).output().contains("hello"));

    let list = run(MICROMEGAS, &[&["keys", "list"], &place[..]].concat()).output();
    for shown in ["game servers", "dashboards", &sending[..12], "ingest", "valid"] {
        assert!(list.contains(shown), "{list}");
    }
    assert!(!list.contains(&sending[12..]), "{list}");
    run(MICROMEGAS, &[&["keys", "revoke", "game servers"], &place[..]].concat()).output();
    let list = run(MICROMEGAS, &[&["keys", "list"], &place[..]].concat()).output();
    assert!(list.contains("revoked"), "{list}");
    let start = Instant::now();
    while send(&sending, "process", &client.process()) != 401 {
        assert!(start.elapsed() < SOON, "the key is still accepted");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn keys_in_a_file_are_another_way_in() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("keys.json");
    let key = make_key(&["--key-file", text(&file)], "all", &["--rights", "all"]);
    let data_dir = dir.path().join("data");
    let server = Server::start_with(&data_dir, &["--key-file", text(&file)]);
    let answer = server.query("SELECT count(*) AS n FROM processes", &["--api-key", &key]);
    assert!(answer.output().contains('0'));
}

#[test]
fn tenants_on_one_server_do_not_see_each_other() {
    let dir = tempfile::tempdir().unwrap();
    let place = ["--data-dir", text(dir.path())];
    let keys = ["red", "blue"]
        .map(|tenant| make_key(&place, tenant, &["--tenant", tenant, "--rights", "ingest,query"]));
    let server = Server::start_with(dir.path(), &[]);
    let sender = Sender::new();
    // Both say they are the same process.
    let client = LogClient::new();
    for (key, message) in keys.iter().zip(["red secret", "blue secret"]) {
        let mut client = client.clone();
        let block = client.next_block(&[message.to_owned()]).to_cbor();
        for (kind, body) in
            [("process", client.process()), ("stream", client.stream()), ("block", block)]
        {
            let url = format!("{}/insert_{kind}", server.ingestion_url);
            assert_eq!(sender.post_with_key(&url, key, &body).unwrap().status, 200);
        }
    }
    let sql = "SELECT msg FROM log_entries";
    let seen = keys.map(|key| server.query(sql, &["--api-key", &key, "--format", "csv"]).output());
    for (seen, (own, other)) in seen.iter().zip([("red", "blue"), ("blue", "red")]) {
        assert!(seen.contains(own) && !seen.contains(other), "{seen}");
    }
}
