//! The program that users start takes what the SDK sends, and answers for it in SQL.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::send;

/// A server in a process of its own; it ends with this value.
struct Program {
    child: Child,
    ingestion: SocketAddr,
    query_url: String,
}

fn binary() -> OsString {
    std::env::var_os("MICROMEGAS_SERVER")
        .expect("run `cargo xtask test otel`, which names the binary")
}

impl Program {
    fn start(data_dir: &Path) -> Self {
        let mut child = Command::new(binary())
            .args(["serve", "--disable-auth", "--print-addresses", "--http", "127.0.0.1:0"])
            .args(["--flight", "127.0.0.1:0", "--data-dir"])
            .arg(data_dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let url = |name: &str| addresses[name].as_str().unwrap().to_owned();
        let ingestion = url("ingestion").trim_start_matches("http://").parse().unwrap();
        Self { child, ingestion, query_url: url("query") }
    }

    /// The texts of a query of one column, in their order.
    fn texts(&self, sql: &str) -> Vec<String> {
        let mut command = Command::new(binary());
        command.args(["query", sql, "--url", &self.query_url, "--format", "json"]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        let lines = String::from_utf8(output.stdout).unwrap();
        let text = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            let value = row.as_object().unwrap().values().next().cloned().unwrap();
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        lines.lines().map(text).collect()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_answers_for_what_the_sdk_sends() {
    let directory = tempfile::tempdir().unwrap();
    let program = Program::start(directory.path());
    for protocol in ["http", "grpc"] {
        send(program.ingestion, protocol, "gzip").await;
    }
    let exes = ["sdk/grpc-gzip", "sdk/http-gzip"];
    assert_eq!(program.texts("SELECT DISTINCT exe FROM processes ORDER BY exe"), exes);
    for exe in exes {
        let of = |columns: &str, table: &str| {
            program.texts(&format!("SELECT {columns} FROM {table} WHERE exe = '{exe}' ORDER BY 1"))
        };
        let messages = of("msg", "log_entries");
        assert_eq!(messages.len(), 2, "{messages:?}");
        assert!(messages.iter().any(|text| text.contains("careful: é")), "{messages:?}");
        assert_eq!(of("name", "otel_spans"), ["inner", "outer"]);
        let names = of("DISTINCT name", "measures");
        for name in ["counter", "gauge", "up_down"] {
            assert!(names.iter().any(|found| found == name), "{name} is not in {names:?}");
        }
    }
}
