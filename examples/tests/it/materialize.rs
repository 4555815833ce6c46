//! `micromegas materialize --once`: a job with an exit code.

use std::path::Path;

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;
use crate::started::{Ended, MICROMEGAS, run};

fn materialize(dir: &Path, args: &[&str]) -> Ended {
    let place = ["--data-dir", dir.to_str().unwrap()];
    run(MICROMEGAS, &[&["materialize", "--once"], args, &place].concat())
}

#[test]
fn a_job_writes_down_what_it_is_told_and_says_what_it_did() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let (sender, mut client) = (Sender::new(), LogClient::new());
    sender.insert(&server.ingestion_url, "process", &client.process());
    sender.insert(&server.ingestion_url, "stream", &client.stream());
    let block = client.next_block(&["hello".to_owned()]);
    sender.insert(&server.ingestion_url, "block", &block.to_cbor());
    server.program.signal("TERM");
    server.program.wait();

    // Nothing came before yesterday.
    let told = materialize(dir.path(), &["--view", "log_entries", "--end", "1d"]).output();
    assert_eq!(told, "log_entries: 0 blocks written down in all\n");
    let told = materialize(dir.path(), &["--view", "log_entries", "--begin", "1h"]).output();
    assert!(told.contains("1 blocks with 1 rows written down in 1 partitions"), "{told}");
    assert!(told.ends_with("log_entries: 1 blocks written down in all\n"), "{told}");
    let again = materialize(dir.path(), &[]).output();
    assert!(again.contains("log_entries: 0 blocks written down in all"), "{again}");
    assert!(again.contains("measures: 0 blocks written down in all"), "{again}");

    let server = Server::start(dir.path());
    assert_eq!(server.number("SELECT count(*) FROM log_entries"), 1);
    let sql = "SELECT num_rows FROM list_partitions() WHERE view_set_name = 'log_entries'";
    assert_eq!(server.number(sql), 1);
}

#[test]
fn a_job_that_cannot_be_done_ends_with_an_error() {
    let dir = tempfile::tempdir().unwrap();
    for (args, reason) in [
        (["--view", "mesures", "--end", "1d"], "did you mean \"measures\"?"),
        (["--begin", "1h", "--end", "2h"], "before it begins"),
    ] {
        let ended = materialize(dir.path(), &args);
        assert_eq!(ended.status.code(), Some(1), "{ended:?}");
        assert!(ended.stderr.contains(reason), "{ended:?}");
    }
}
