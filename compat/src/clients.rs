//! The clients, each in a process of its own: what they record with is one per process.

use std::env;
use std::process::Command;

use anyhow::{Result, bail, ensure};

use crate::own_client;
use crate::sent::{Sent, sort};
use crate::server::Server;

/// What a client records: the lines of each tag.
pub(crate) type Expected = &'static [(&'static str, &'static [&'static str])];

/// Clients of the published crates.
pub(crate) const PUBLISHED: [(&str, Expected); 2] =
    [("rust-0.20", client_20::EXPECTED), ("rust-0.33", client_33::EXPECTED)];

/// Our own client.
pub(crate) const OWN: (&str, Expected) = ("own", own_client::EXPECTED);

/// Is the client of this name.
pub(crate) fn record(client: &str, url: &str) -> Result<()> {
    match client {
        "rust-0.20" => client_20::record(url),
        "rust-0.33" => client_33::record(url),
        "own" => own_client::record(url),
        other => bail!("there is no client `{other}`"),
    }
}

/// Starts the client and gathers what it sends.
pub(crate) fn run(client: &str) -> Result<Vec<Sent>> {
    let server = Server::start()?;
    let status = Command::new(env::current_exe()?)
        .args(["record", client, server.url()])
        .env("MICROMEGAS_ENABLE_CPU_TRACING", "true")
        .env_remove("MICROMEGAS_TELEMETRY_PARENT_PROCESS")
        .env_remove("MICROMEGAS_TELEMETRY_URL")
        .status()?;
    let requests = server.stop()?;
    ensure!(status.success(), "the client {client} failed ({status})");
    sort(client, requests)
}
