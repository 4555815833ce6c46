//! What a server records about itself is in its own lake, if it is told so.

use std::time::{Duration, Instant};

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;

const OWN: &str = "SELECT count(*) FROM processes WHERE exe LIKE '%micromegas%'";

#[test]
fn a_server_tells_about_itself_where_it_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start_with(dir.path(), &["--disable-auth", "--own-telemetry"]);
    let client = LogClient::new();
    Sender::new().insert(&server.ingestion_url, "process", &client.process());
    let metric = "SELECT count(*) FROM measures WHERE name = 'ingestion_request_size'";
    let deadline = Instant::now() + Duration::from_secs(90);
    while server.number(OWN) == 0 || server.number(metric) == 0 {
        assert!(Instant::now() < deadline, "nothing of the server is in its lake");
        std::thread::sleep(Duration::from_millis(500));
    }
    // Its own documents do not come as requests, and are none of those that are measured.
    assert_eq!(server.number(metric), 1);
}

#[test]
fn a_server_keeps_to_itself_otherwise() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(server.number(OWN), 0);
}
