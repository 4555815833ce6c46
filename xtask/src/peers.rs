//! `cargo xtask peers`: other libraries beside ours, in a workspace of their own.

use anyhow::Result;

use crate::command;
use crate::workspace::Workspace;

/// The features of the two programs: everything compiled out that can be, and all of it recording.
const BUILDS: [&[&str]; 2] =
    [&["--no-default-features", "--features", "compiled-out"], &["--features", "recording"]];

/// Prints a table of each.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    for features in BUILDS {
        let manifest = ["run", "--release", "--locked", "--manifest-path", "peers/Cargo.toml"];
        let mut cargo = workspace.cargo(manifest);
        cargo.env("CARGO_TARGET_DIR", workspace.target().join("peers"));
        command::run(cargo.args(features))?;
    }
    Ok(())
}
