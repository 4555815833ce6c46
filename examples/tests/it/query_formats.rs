//! The formats of `micromegas query`, and its time range.

use std::io::Read;
use std::process::{Command, Stdio};

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;

use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;
use crate::started::{MICROMEGAS, Started};

#[test]
fn the_same_rows_are_printed_in_every_format() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let sql = "SELECT 1 AS number, 'a,b' AS words UNION ALL SELECT 2, 'c' ORDER BY number";
    let print = |format| server.query(sql, &["--format", format]).output();
    assert_eq!(print("csv"), "number,words\n1,\"a,b\"\n2,c\n");
    assert_eq!(print("json"), "{\"number\":1,\"words\":\"a,b\"}\n{\"number\":2,\"words\":\"c\"}\n");
    let table = print("table");
    assert!(table.contains("| 1      | a,b   |"), "{table}");
    assert!(table.ends_with("2 rows\n"), "{table}");

    let mut arrow = Command::new(MICROMEGAS)
        .args(["query", sql, "--url", &server.query_url, "--format", "arrow"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut bytes = Vec::new();
    arrow.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
    assert!(arrow.wait().unwrap().success());
    let reader = arrow::ipc::reader::StreamReader::try_new(bytes.as_slice(), None).unwrap();
    let batches: Vec<_> = reader.map(|batch| batch.unwrap()).collect();
    let numbers: Vec<i64> = batches
        .iter()
        .flat_map(|batch| batch.column(0).as_primitive::<Int64Type>().values().to_vec())
        .collect();
    assert_eq!(numbers, [1, 2]);
}

#[test]
fn an_answer_without_rows_still_has_its_columns() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let print =
        |format| server.query("SELECT msg, level FROM log_entries", &["--format", format]).output();
    assert_eq!(print("csv"), "msg,level\n");
    assert_eq!(print("json"), "");
    assert!(print("table").contains("| msg | level |"));
}

#[test]
fn a_range_leaves_out_what_is_outside_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let sender = Sender::new();
    let mut client = LogClient::new();
    sender.insert(&server.ingestion_url, "process", &client.process());
    sender.insert(&server.ingestion_url, "stream", &client.stream());
    let block = client.next_block(&["a minute ago".to_owned()]);
    sender.insert(&server.ingestion_url, "block", &block.to_cbor());
    let count = |range: &[&str]| {
        let counted = server
            .query("SELECT count(*) FROM log_entries", &[range, &["--format", "csv"]].concat());
        counted.output().lines().nth(1).unwrap().to_owned()
    };
    assert_eq!(count(&[]), "1");
    assert_eq!(count(&["--begin", "1h"]), "1");
    assert_eq!(count(&["--begin", "1h", "--end", "30m"]), "0");
    assert_eq!(count(&["--end", "30m"]), "0");
    assert_eq!(count(&["--begin", "2020-01-01T00:00:00Z", "--end", "2020-01-02T00:00:00Z"]), "0");
}

#[test]
fn a_reader_that_goes_away_ends_the_query_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    // More than a pipe holds, so that the query is still printing when its reader goes away.
    let sql = "SELECT value AS n FROM generate_series(1, 100000)";
    for format in ["csv", "json", "arrow", "table"] {
        // The shell's status is that of `head`, so the query's own goes to the standard output.
        let script = format!(
            "('{MICROMEGAS}' query '{sql}' --url {} --format {format}; echo status $? >&2) \
             | head -c 10 > /dev/null",
            server.query_url
        );
        let ended = Started::new("sh", &["-c", &script]).wait();
        assert_eq!(ended.stderr, "status 0\n", "{format}");
    }
}
