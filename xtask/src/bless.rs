//! `cargo xtask bless`: golden files are rewritten by the tests that read them.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{command, test};

/// Tests that compare with a golden file rewrite it instead when this variable is set to `1`.
const BLESS: &str = "MICROMEGAS_BLESS";

/// The variable by which `trybuild` is told to rewrite the compiler's expected words.
const TRYBUILD: &str = "TRYBUILD";

/// Runs the tests with the request to rewrite golden files, then shows which files changed.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    command::run(
        test::cargo_test(workspace, arguments).env(BLESS, "1").env(TRYBUILD, "overwrite"),
    )?;
    command::run(Command::new("git").args(["status", "--short"]).current_dir(workspace.root()))
}
