//! `cargo xtask bless`: golden files are rewritten by the tests that read them.

use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{command, test};

/// Tests that compare with a golden file rewrite it instead when this variable is set to `1`.
const BLESS: &str = "MICROMEGAS_BLESS";

/// Runs the tests with the request to rewrite golden files, then shows which files changed.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    command::run(test::cargo_test(workspace, arguments).env(BLESS, "1"))?;
    command::run(Command::new("git").args(["status", "--short"]).current_dir(workspace.root()))
}
