//! Rules on the command line, and limits of tenants.

use serde_json::Value;

use crate::access::make_key;
use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;
use crate::started::{Ended, MICROMEGAS, run};

fn control(server: &Server, key: &str, args: &[&str]) -> Ended {
    let place = ["--url", &server.ingestion_url, "--api-key", key];
    run(MICROMEGAS, &[&["control"], args, &place].concat())
}

fn lines(ended: Ended) -> Vec<Value> {
    ended.output().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_rule_is_set_listed_and_ended() {
    let dir = tempfile::tempdir().unwrap();
    let place = ["--data-dir", dir.path().to_str().unwrap()];
    let key = make_key(&place, "operators", &["--rights", "control"]);
    let sending = make_key(&place, "games", &[]);
    let server = Server::start_with(dir.path(), &[]);
    let set = ["set", "--exe", "game", "--level", "debug", "--reason", "slow logins"];
    let [rule] = &lines(control(&server, &key, &set))[..] else { panic!("one rule") };
    assert_eq!(rule["settings"]["level"], "debug");
    assert_eq!(rule["settings"]["ttl_seconds"], 300);
    let id = rule["id"].as_str().unwrap();
    let listed = lines(control(&server, &key, &["list"]));
    assert_eq!(listed.iter().map(|rule| rule["id"].as_str()).collect::<Vec<_>>(), [Some(id)]);
    assert_eq!(control(&server, &key, &["end", id]).output(), "");
    assert!(lines(control(&server, &key, &["list"])).is_empty());
    // It was set, listed, ended and listed.
    assert_eq!(lines(control(&server, &key, &["audit"])).len(), 4);

    for (key, args, reason) in [
        (&sending, &["list"][..], "403"),
        (&key, &["end", id], "404"),
        (&key, &["set", "--level", "debug"], "400"),
        (&key, &["set", "--exe", "game", "--level", "loud"], "400"),
    ] {
        let ended = control(&server, key, args);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(reason), "{args:?}: {ended:?}");
    }
}

#[test]
fn a_tenant_is_held_to_what_the_command_line_says() {
    let dir = tempfile::tempdir().unwrap();
    let place = ["--data-dir", dir.path().to_str().unwrap()];
    let limited = make_key(&place, "limited", &["--tenant", "team-a"]);
    let free = make_key(&place, "free", &["--tenant", "team-b"]);
    // Ten seconds' worth may come at once.
    let server = Server::start_with(dir.path(), &["--tenant-limits", "team-a:requests=1"]);
    let url = format!("{}/ingestion/insert_process", server.ingestion_url);
    let statuses = |key: &str| {
        let sender = Sender::new();
        let send = |_| sender.post_with_key(&url, key, &LogClient::new().process()).unwrap().status;
        (0..40).map(send).collect::<Vec<_>>()
    };
    assert!(statuses(&free).iter().all(|status| *status == 200));
    let limited = statuses(&limited);
    assert_eq!(limited[..10], [200; 10]);
    assert!(limited.contains(&429), "{limited:?}");
}
