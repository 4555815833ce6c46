//! Building the targets the way cargo-fuzz does, without cargo-fuzz.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{command, prerequisites, sanitized};

/// Where the fuzz workspace lies in the checkout.
pub(super) const FOLDER: &str = "fuzz";

/// What libFuzzer needs to see of the code: counters, comparisons, and unfolded branches. Debug
/// assertions and overflow checks find what a release build would compute wrongly in silence.
const FLAGS: [&str; 11] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
    "-Ccodegen-units=1",
    "-Cdebug-assertions",
    "-Coverflow-checks",
    "--cfg",
    "fuzzing",
];

/// Builds all targets; returns the folder with their programs.
pub(super) fn all(workspace: &Workspace) -> Result<PathBuf> {
    prerequisites::provide()?;
    let target_folder = workspace.target().join(FOLDER);
    let manifest = format!("{FOLDER}/Cargo.toml");
    let build = ["build", "--locked", "--release", "--bins", "--manifest-path", &manifest];
    let mut cargo = workspace.cargo(build);
    sanitized::address(&mut cargo, &FLAGS)?;
    command::run(cargo.env("CARGO_TARGET_DIR", &target_folder))?;
    Ok(target_folder.join(sanitized::host()?).join("release"))
}
