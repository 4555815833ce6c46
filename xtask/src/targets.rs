//! Whether recording compiles for every system it is meant for.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{command, sanitized};

/// Where recording runs.
const TARGETS: [&str; 6] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-pc-windows-msvc",
    "aarch64-pc-windows-msvc",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
];

/// Checks recording for each target whose standard library is installed, and names the others.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let sysroot = command::output(Command::new(rustc).args(["--print", "sysroot"]))?;
    let (installed, missing) = split(Path::new(sysroot.trim()));
    let host = sanitized::host()?;
    // What is built for the host is checked by all else.
    for target in installed.into_iter().filter(|target| *target != host) {
        let features = ["--features", "http,log,tokio,tracing"];
        let own = ["check", "--package", "micromegas-tracing", "--lib", "--target", target];
        command::run(workspace.cargo(own).args(features).env("RUSTFLAGS", "--deny warnings"))?;
    }
    for target in missing {
        eprintln!("not checked, because its standard library is not installed: {target}");
    }
    Ok(())
}

/// The targets whose standard library lies in a sysroot, and those whose does not.
fn split(sysroot: &Path) -> (Vec<&'static str>, Vec<&'static str>) {
    TARGETS.into_iter().partition(|target| library(sysroot, target).is_dir())
}

fn library(sysroot: &Path, target: &str) -> PathBuf {
    sysroot.join("lib/rustlib").join(target).join("lib")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_installed_where_its_library_lies() {
        let sysroot = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(library(sysroot.path(), TARGETS[4])).unwrap();
        let (installed, missing) = split(sysroot.path());
        assert_eq!(installed, [TARGETS[4]]);
        assert_eq!(missing.len(), TARGETS.len() - 1);
    }
}
