//! A block that arrives before its stream is kept, and visible as soon as the stream is there.

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;

#[test]
fn a_block_that_arrives_before_its_stream_is_visible_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let sender = Sender::new();
    let mut client = LogClient::new();
    let block = client.next_block(&["early".to_owned(), "bird".to_owned()]);

    sender.insert(&server.ingestion_url, "block", &block.to_cbor());
    assert_eq!(server.number("SELECT count(*) FROM log_entries"), 0);
    sender.insert(&server.ingestion_url, "stream", &client.stream());
    assert_eq!(server.number("SELECT count(*) FROM log_entries"), 0);
    sender.insert(&server.ingestion_url, "process", &client.process());

    let messages = server.texts("SELECT msg FROM log_entries ORDER BY time");
    assert_eq!(messages, ["early", "bird"]);
    let blocks = server.texts("SELECT block_id FROM blocks");
    assert_eq!(blocks, [block.block_id.to_string()]);
}
