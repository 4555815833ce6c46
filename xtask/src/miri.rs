//! Recording under Miri, which watches every access to memory for what Rust does not define.
//!
//! Miri is a component of nightly toolchains. The project needs none, so where there is none this
//! says so and passes.

use std::env;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// Where buffers, records, what writes them and what empties them are tested.
const WATCHED: [&str; 4] = ["buffer::", "flusher::", "record::", "recording::"];

/// Miri takes minutes to fill buffers of megabytes.
const TOO_LONG: [&str; 1] = ["buffers_double_while_the_flusher_stays_away"];

/// The clock is the system's, and what a process keeps until its end is no leak.
const FLAGS: &str = "-Zmiri-disable-isolation -Zmiri-ignore-leaks";

/// Runs the unit tests of recording that touch raw memory, if Miri is installed.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    if !is_installed() {
        eprintln!("not run, because Miri is not installed; this installs it:");
        eprintln!("  rustup toolchain install nightly --profile minimal --component miri,rust-src");
        return Ok(());
    }
    let mut miri = nightly();
    miri.args(["test", "--package", "micromegas-tracing", "--lib"]).args(arguments).arg("--");
    miri.args(WATCHED).args(TOO_LONG.iter().flat_map(|name| ["--skip", name]));
    miri.current_dir(workspace.root()).env("MIRIFLAGS", FLAGS);
    command::run(miri.env("CARGO_TARGET_DIR", workspace.target().join("miri")))
}

fn is_installed() -> bool {
    let mut version = nightly();
    let silent = version.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// `cargo miri` of the nightly toolchain, without what this process knows of its own.
fn nightly() -> Command {
    let mut rustup = Command::new("rustup");
    rustup.args(["run", "nightly", "cargo", "miri"]);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO", "RUST"].iter().any(|prefix| text.starts_with(prefix)) && text != "CARGO_HOME" && text != "RUSTUP_HOME" {
            rustup.env_remove(name);
        }
    }
    rustup
}
