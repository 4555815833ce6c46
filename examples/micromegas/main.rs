//! `micromegas`: record cheaply, keep everything, ask with SQL. All the crates in one binary.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod access;
mod actor;
mod age;
mod control;
mod demo;
mod failure;
mod http;
mod index;
mod keys;
mod lake;
mod materialize;
mod open;
mod own_telemetry;
mod place;
mod query;
mod redaction;
mod serve;
mod server;
mod soak;
mod storage;
mod tenant_limits;

/// Telemetry in one binary: take it, keep it, ask it with SQL.
#[derive(Debug, Parser)]
#[command(name = "micromegas", version, about, after_help = FIRST_STEPS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const FIRST_STEPS: &str = "\
First steps:
  micromegas serve --disable-auth                          start a server in this directory, for everyone
  MICROMEGAS_TELEMETRY_URL=http://127.0.0.1:9000 instrument   send something to it
  micromegas query \"SELECT * FROM log_entries LIMIT 10\"     see what came

`micromegas help COMMAND` has examples for each command.";

#[derive(Debug, Subcommand)]
enum Command {
    /// See the whole of it at work: serve, record real work, ask
    Demo(demo::Args),
    /// Run the whole server: ingestion, lake, materialisation and SQL
    Serve(serve::Args),
    /// Make, list and revoke the keys with which programs and people come in
    Keys(keys::Args),
    /// Turn live processes up or down, for a while
    Control(control::Args),
    /// Let data leave a lake: by age, because it must be forgotten, or into a file; see what was done
    Lake(lake::Args),
    /// Write views down as Parquet: once over a range, or all the time beside other servers
    Materialize(materialize::Args),
    /// Ask a server something in SQL
    Query(query::Args),
    /// Read what programs left in their spools, without a server
    Open(open::Args),
    /// Index the files of a directory: the instrumented program of the demo, by itself
    Index(index::Args),
    /// Record hard and long, and account for every event
    Soak(soak::Args),
}

fn main() -> ExitCode {
    // Usage errors end here with status 2 and clap's own words.
    let cli = Cli::parse();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}

#[tokio::main]
async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve(args) => serve::run(args).await,
        Command::Keys(args) => keys::run(args).await,
        Command::Control(args) => control::run(args).await,
        Command::Lake(args) => lake::run(args).await,
        Command::Materialize(args) => materialize::run(args).await,
        Command::Query(args) => query::run(args).await,
        Command::Open(args) => open::run(args).await,
        Command::Index(args) => index::run(args).await,
        Command::Soak(args) => soak::run(args).await,
    }
}
