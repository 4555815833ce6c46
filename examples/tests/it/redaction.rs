//! Properties that nobody is to see.

use std::process::Command;

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;
use crate::started::{MICROMEGAS, Started};

const SQL: &str = "SELECT DISTINCT jsonb_format_json(process_properties) FROM log_entries";

#[test]
fn rules_of_the_command_line_hold_for_what_was_stored_before() {
    let dir = tempfile::tempdir().unwrap();
    let mut client = LogClient::new();
    for (name, value) in [("email", "ada@example.org"), ("token", "abc"), ("build", "7")] {
        client.properties.insert(name.to_owned(), value.to_owned());
    }
    {
        let server = Server::start(dir.path());
        let sender = Sender::new();
        sender.insert(&server.ingestion_url, "process", &client.process());
        sender.insert(&server.ingestion_url, "stream", &client.stream());
        let block = client.next_block(&["hello".to_owned()]).to_cbor();
        sender.insert(&server.ingestion_url, "block", &block);
        let sent = r#"{"build":"7","email":"ada@example.org","token":"abc"}"#;
        assert_eq!(server.texts(SQL), [sent]);
    }
    let mut command = Command::new(MICROMEGAS);
    command.args(["serve", "--disable-auth", "--print-addresses", "--http", "127.0.0.1:0"]);
    command.args(["--flight", "127.0.0.1:0", "--redact", "email=hash,token=drop", "--data-dir"]);
    command.arg(dir.path()).env("MICROMEGAS_REDACTION_KEY", "a secret");
    let server = Server::of(Started::spawn(&mut command));
    let texts = server.texts(SQL);
    let [text] = texts.as_slice() else { panic!("{texts:?}") };
    assert!(text.starts_with(r#"{"build":"7","email":"sha256:"#), "{text}");
    assert!(!text.contains("token"), "{text}");
    let found = "SELECT count(*) FROM log_entries \
                 WHERE property_get(process_properties, 'email') = 'ada@example.org'";
    assert_eq!(server.number(found), 0);
}
