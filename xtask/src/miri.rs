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

/// What writes much into one buffer takes Miri minutes.
const TOO_LONG: [&str; 4] = [
    "a_copy_is_the_same_bytes",
    "a_long_message_is_cut_between_characters_and_says_how_much",
    "buffers_double_while_the_flusher_stays_away",
    "what_never_ends_is_given_up",
];

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
        let is_of_toolchain = text.starts_with("CARGO") || text.starts_with("RUST");
        if is_of_toolchain && !["CARGO_HOME", "RUSTUP_HOME"].contains(&&*text) {
            rustup.env_remove(name);
        }
    }
    rustup
}
