//! Told to stop, the server finishes and ends well; started again, it has everything.

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;

#[test]
fn a_server_that_is_told_to_stop_ends_well_and_keeps_everything() {
    let dir = tempfile::tempdir().unwrap();
    for (round, signal) in ["TERM", "INT"].into_iter().enumerate() {
        let server = Server::start(dir.path());
        let sender = Sender::new();
        let mut client = LogClient::new();
        sender.insert(&server.ingestion_url, "process", &client.process());
        sender.insert(&server.ingestion_url, "stream", &client.stream());
        let block = client.next_block(&[format!("round {round}")]);
        sender.insert(&server.ingestion_url, "block", &block.to_cbor());
        assert_eq!(server.number("SELECT count(*) FROM log_entries"), round as i64 + 1);
        server.program.signal(signal);
        let ended = server.program.wait();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    }
}
