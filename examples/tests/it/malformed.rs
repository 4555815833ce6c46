//! Requests that no client should make: the server refuses them, stays up, keeps what it had.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;

#[test]
fn bad_requests_are_refused_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let sender = Sender::new();
    let mut client = LogClient::new();
    let before = client.next_block(&["before".to_owned()]).to_cbor();
    sender.insert(&server.ingestion_url, "process", &client.process());
    sender.insert(&server.ingestion_url, "stream", &client.stream());
    sender.insert(&server.ingestion_url, "block", &before);

    let oversized = vec![0xA0; 101 * 1024 * 1024];
    let truncated = &before[..before.len() / 2];
    let bodies: [(u16, &[u8]); 5] =
        [(400, b""), (400, b"hello"), (400, truncated), (400, &[0x9F; 50_000]), (413, &oversized)];
    for kind in ["process", "stream", "block"] {
        for (status, body) in bodies {
            let url = format!("{}/ingestion/insert_{kind}", server.ingestion_url);
            let answer = sender.post(&url, body).expect("an answer");
            assert_eq!(answer.status, status, "{kind}, {} bytes: {answer:?}", body.len());
            assert!(!answer.text.is_empty() && !answer.text.contains('\n'), "{answer:?}");
        }
    }
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /ingestion/insert_block HTTP/1.1\r\nContent-Length: 1000\r\n\r\nshort",
        b"POST /ingestion/insert_block HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ] {
        send_raw(&server.ingestion_url, garbage);
        send_raw(&server.query_url, garbage);
    }

    let after = client.next_block(&["after".to_owned()]).to_cbor();
    sender.insert(&server.ingestion_url, "block", &after);
    assert_eq!(server.texts("SELECT msg FROM log_entries ORDER BY time"), ["before", "after"]);
}

#[test]
fn a_payload_that_cannot_be_decoded_costs_only_itself() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let sender = Sender::new();
    let mut client = LogClient::new();
    sender.insert(&server.ingestion_url, "process", &client.process());
    sender.insert(&server.ingestion_url, "stream", &client.stream());
    let mut corrupt = client.next_block(&["lost".to_owned()]);
    let payload = micromegas_transit::Payload {
        dependencies: bytes::Bytes::from_static(b"not a frame"),
        objects: bytes::Bytes::from_static(b"not a frame either"),
    };
    corrupt.payload = payload.to_raw();
    sender.insert(&server.ingestion_url, "block", &corrupt.to_cbor());
    let good = client.next_block(&["kept".to_owned()]);
    sender.insert(&server.ingestion_url, "block", &good.to_cbor());
    assert_eq!(server.texts("SELECT msg FROM log_entries"), ["kept"]);
}

/// Writes bytes to the port, says that no more come, and reads whatever is answered.
fn send_raw(url: &str, bytes: &[u8]) {
    let address = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream.write_all(bytes).unwrap();
    // The server may close first; that it does not answer is as good as a refusal.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
}
