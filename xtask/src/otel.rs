//! `cargo xtask test otel`: the OpenTelemetry SDK from PyPI sends to our server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{command, demo};

const REQUIREMENTS: &str = "micromegas-ingestion/tests/sdk/requirements.txt";

/// Makes a virtual environment with the SDK, and runs the tests with it.
///
/// The whole workspace is named, so that cargo chooses the features that other test runs have built.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let python = environment(&workspace.root().join(REQUIREMENTS), workspace.target())?;
    let features = ["--features", "micromegas-ingestion/sdk-tests"];
    let mut cargo = workspace.cargo(["test", "--workspace", "--test", "sdk"]);
    cargo.args(features).args(arguments).env("MICROMEGAS_TEST_PYTHON", python);
    command::run(cargo.env("MICROMEGAS_SERVER", demo::binary(workspace)?))
}

/// The interpreter of an environment that has what is required, made if it is not there.
fn environment(requirements: &Path, target: &Path) -> Result<PathBuf> {
    let folder = target.join("otel-sdk");
    let python = folder.join("bin").join("python");
    let installed = folder.join("installed.txt");
    let required = fs::read_to_string(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    if fs::read_to_string(&installed).is_ok_and(|installed| installed == required) {
        return Ok(python);
    }
    let clear = ["-m", "venv", "--clear"];
    command::run(Command::new("python3").args(clear).arg(&folder))
        .context("install Python 3 with venv (Debian: python3-venv)")?;
    let install = ["-m", "pip", "install", "--quiet", "--requirement"];
    command::run(Command::new(&python).args(install).arg(requirements))?;
    fs::write(&installed, required)?;
    Ok(python)
}
