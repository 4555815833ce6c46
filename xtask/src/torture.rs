//! `cargo xtask torture`: long runs of what tests do briefly, with everything failing.

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::workspace::Workspace;
use crate::{command, prerequisites};

/// The test that is run for longer.
const TEST: &str = "torture::run::what_was_answered_is_there_once_whatever_fails";

#[derive(Args)]
pub(crate) struct Options {
    /// What is tortured
    subject: Subject,
    /// What happens follows from this, up to the timing of the machine
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how long
    #[arg(long, default_value_t = 300)]
    seconds: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Subject {
    /// Servers that take telemetry: killed, with stores that fail, stall and come back
    Ingest,
}

/// Runs the torture, after seeing to what it needs.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    prerequisites::provide()?;
    let Subject::Ingest = options.subject;
    // The whole workspace is named, so that cargo takes what other test runs have built.
    let tests = ["test", "--workspace", "--test", "it", "--"];
    let mut cargo = workspace.cargo(tests);
    cargo.args(["--exact", TEST, "--nocapture"]);
    cargo.env("MICROMEGAS_TORTURE_SEED", options.seed.to_string());
    cargo.env("MICROMEGAS_TORTURE_SECONDS", options.seconds.to_string());
    command::run(cargo.env("RUST_BACKTRACE", "1"))
}
