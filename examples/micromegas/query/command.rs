//! The command: what it can be told, and what it does.

use std::io::BufWriter;

use anyhow::Result;
use chrono::Utc;
use clap::{Parser, ValueEnum};
use futures::TryStreamExt;

use crate::query::output::Output;
use crate::query::{Instant, QueryClient, TimeRange};

/// Ask a server something in SQL
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The SQL to run
    sql: String,

    /// The FlightSQL address of the server
    #[arg(long, env = "MICROMEGAS_QUERY_URL", default_value = "http://127.0.0.1:50051")]
    url: String,

    /// The key or token to ask with
    #[arg(long, env = "MICROMEGAS_QUERY_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,

    /// Only what happened from here on: RFC 3339, or how long ago (30s, 15m, 1h, 7d)
    #[arg(long, value_name = "TIME")]
    begin: Option<Instant>,

    /// Only what happened before this: RFC 3339, or how long ago
    #[arg(long, value_name = "TIME")]
    end: Option<Instant>,

    /// How to print the rows
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

const EXAMPLES: &str = "\
Examples:
  micromegas query \"SELECT exe, computer, start_time FROM processes\"
  micromegas query \"SELECT time, level, target, msg FROM log_entries ORDER BY time DESC LIMIT 20\" --begin 15m
  micromegas query \"SELECT name, avg(value) FROM measures GROUP BY name\" --format csv > averages.csv
  micromegas query \"SELECT * FROM streams\" --format json | jq .properties
  micromegas query \"SHOW TABLES\"

Formats: table is for reading and holds all rows in memory; csv, json (one object a line) and
arrow (an IPC stream) print rows as they arrive, however many there are.";

/// How rows are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Columns under headings, for reading
    Table,
    /// Comma separated values with a heading
    Csv,
    /// One JSON object a line
    Json,
    /// An Arrow IPC stream
    Arrow,
}

/// Runs the query and prints its rows on the standard output.
pub(crate) async fn run(args: Args) -> Result<()> {
    let range = TimeRange::new(args.begin, args.end, Utc::now())?;
    let mut client = QueryClient::connect(&args.url).await?;
    if let Some(key) = &args.api_key {
        client.authorize(key)?;
    }
    let mut rows = client.query(&args.sql, range).await?;
    let stdout = BufWriter::new(std::io::stdout().lock());
    let mut output = Output::try_new(args.format, rows.schema(), stdout)?;
    while let Some(batch) = rows.try_next().await? {
        output.write(&batch)?;
    }
    output.finish()
}
