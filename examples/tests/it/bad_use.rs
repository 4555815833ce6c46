//! What people do wrong: one clear sentence, a status that scripts can see, no backtrace.

use std::net::TcpListener;

use crate::server::Server;
use crate::started::{Ended, INSTRUMENT, MICROMEGAS, run};

impl Ended {
    /// One line on the standard error that has all these words, and nothing printed.
    #[track_caller]
    fn assert_failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.status.code(), Some(code), "{self:#?}");
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is missing: {self:#?}");
        }
        for word in ["panicked", "backtrace", "Error {", "src/"] {
            assert!(!self.stderr.contains(word), "{word:?} in {self:#?}");
        }
        assert_eq!(self.stdout, "");
    }
}

fn serve(args: &[&str]) -> Ended {
    let ports = ["serve", "--disable-auth", "--http", "127.0.0.1:0", "--flight", "127.0.0.1:0"];
    run(MICROMEGAS, &[&ports, args].concat())
}

#[test]
fn a_port_in_use_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().to_str().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (http, flight, option) in [(taken.as_str(), free, "--http"), (free, &taken, "--flight")] {
        let args =
            ["serve", "--disable-auth", "--data-dir", dir, "--http", http, "--flight", flight];
        run(MICROMEGAS, &args).assert_failed(1, &[taken.as_str(), "in use", option]);
    }
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "not a directory").unwrap();
    let below = file.join("data");
    let below = below.to_str().unwrap();
    serve(&["--data-dir", below]).assert_failed(1, &["data directory", file.to_str().unwrap()]);
}

#[test]
fn hashes_of_properties_need_a_secret() {
    let dir = tempfile::tempdir().unwrap();
    let args = ["--data-dir", dir.path().to_str().unwrap(), "--redact", "user=hash"];
    serve(&args).assert_failed(1, &["MICROMEGAS_REDACTION_KEY", "drop"]);
}

#[test]
fn a_directory_that_another_server_has_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let _server = Server::start(dir.path());
    let path = dir.path().to_str().unwrap();
    serve(&["--data-dir", path]).assert_failed(1, &["in use", path, "another"]);
}

#[test]
fn mistakes_in_a_query_are_explained() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    server.query("SELEKT 1", &[]).assert_failed(1, &["SELEKT"]);
    server.query("SELECT 1 FROM nowhere", &[]).assert_failed(1, &["nowhere", "log_entries"]);
    server.query("SELECT colour FROM log_entries", &[]).assert_failed(1, &["colour"]);
    let unknown_view = "SELECT 1 FROM view_instance('colours', 'x')";
    server.query(unknown_view, &[]).assert_failed(1, &["colours"]);
    server.query("", &[]).assert_failed(1, &[]);
    let divided = "SELECT 1 / (count(*) - count(*)) FROM processes";
    server.query(divided, &[]).assert_failed(1, &["ivide by zero"]);
    assert_eq!(server.number("SELECT 1"), 1);
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let args = ["query", "SELECT 1", "--url", &url];
    run(MICROMEGAS, &args).assert_failed(1, &[&url, "micromegas serve", "--url"]);
}

#[test]
fn an_address_of_another_kind_of_server_is_explained() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let args = ["query", "SELECT 1", "--url", &server.ingestion_url];
    run(MICROMEGAS, &args).assert_failed(1, &[]);
}

#[test]
fn wrong_usage_is_status_two() {
    for args in [
        &["serve", "--prot", "1"][..],
        &["query"],
        &["query", "SELECT 1", "--begin", "yesterday"],
        &["query", "SELECT 1", "--format", "xml"],
        &["serve", "--http", "nowhere"],
        &["serve", "--disable-auth", "--key-file", "keys.json"],
        &["keys", "create"],
        &["keys", "create", "x", "--rights", "everything"],
        &["keys", "create", "x", "--tenant", "a/b"],
        &["keys", "create", "x", "--expires", "soon"],
        &["fly"],
    ] {
        let ended = run(MICROMEGAS, args);
        assert_eq!(ended.status.code(), Some(2), "{args:?}: {ended:#?}");
        assert!(ended.stderr.contains("--help"), "{args:?}: {ended:#?}");
    }
    let ended = run(INSTRUMENT, &[]);
    assert_eq!(ended.status.code(), Some(2), "{ended:#?}");
}

#[test]
fn a_range_that_ends_before_it_begins_is_explained() {
    let args = ["query", "SELECT 1", "--begin", "1h", "--end", "2h"];
    run(MICROMEGAS, &args).assert_failed(1, &["--begin", "--end"]);
}
