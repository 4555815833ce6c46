//! `micromegas serve` on free ports, and questions to it through `micromegas query`.

use std::path::Path;

use serde_json::Value;

use crate::started::{Ended, MICROMEGAS, Started, run};

/// A server in a process of its own. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) program: Started,
    pub(crate) ingestion_url: String,
    pub(crate) query_url: String,
}

impl Server {
    /// Starts a server for everyone on this directory; it answers when this returns.
    pub(crate) fn start(data_dir: &Path) -> Self {
        Self::start_with(data_dir, &["--disable-auth"])
    }

    /// Starts a server on this directory that lets in who may.
    pub(crate) fn start_with(data_dir: &Path, access: &[&str]) -> Self {
        let data_dir = data_dir.to_str().unwrap();
        let place = ["serve", "--data-dir", data_dir, "--print-addresses"];
        let ports = ["--http", "127.0.0.1:0", "--flight", "127.0.0.1:0"];
        let args = [&place[..], &ports[..], access].concat();
        Self::of(Started::new(MICROMEGAS, &args))
    }

    /// A server that was started to print its addresses.
    pub(crate) fn of(mut program: Started) -> Self {
        let addresses: Value = serde_json::from_str(&program.next_line()).unwrap();
        let url = |name: &str| addresses[name].as_str().unwrap().to_owned();
        Self { program, ingestion_url: url("ingestion"), query_url: url("query") }
    }

    /// Runs `micromegas query` against it.
    #[track_caller]
    pub(crate) fn query(&self, sql: &str, more: &[&str]) -> Ended {
        run(MICROMEGAS, &[&["query", sql, "--url", &self.query_url], more].concat())
    }

    /// The rows of an answer.
    #[track_caller]
    pub(crate) fn rows(&self, sql: &str) -> Vec<Value> {
        let lines = self.query(sql, &["--format", "json"]).output();
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one number of an answer of one row and one column.
    #[track_caller]
    pub(crate) fn number(&self, sql: &str) -> i64 {
        let rows = self.rows(sql);
        let [Value::Object(row)] = rows.as_slice() else { panic!("not one row: {rows:?}") };
        assert_eq!(row.len(), 1, "not one column: {rows:?}");
        row.values().next().and_then(Value::as_i64).unwrap_or_else(|| panic!("{rows:?}"))
    }

    /// The texts of an answer of one column.
    #[track_caller]
    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        let text = |row: &Value| {
            let mut values = row.as_object().unwrap().values();
            values.next().and_then(Value::as_str).map(str::to_owned).unwrap()
        };
        self.rows(sql).iter().map(text).collect()
    }
}
