//! `cargo xtask test`: what the README names as the test command.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{command, prerequisites, suite};

/// Sees to what the tests need, then runs the tests of the whole workspace, documentation included.
///
/// What is left where recording is compiled out is built apart, because the rest of the workspace
/// asks for recording; so are processes in which a panic aborts, because tests unwind. With arguments, those select what `cargo test` runs in place of all that.
pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    prerequisites::provide()?;
    command::run(cargo_test(workspace, arguments).env("RUST_BACKTRACE", "1"))?;
    if !arguments.is_empty() {
        return Ok(());
    }
    suite::off(workspace, &[])?;
    suite::abort(workspace, &[])
}

/// Builds the tests without running them.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    prerequisites::provide()?;
    command::run(workspace.cargo(["test", "--workspace", "--no-run"]).env("RUST_BACKTRACE", "1"))
}

/// The `cargo test` command for the whole workspace, or for what the arguments select.
pub(crate) fn cargo_test(workspace: &Workspace, arguments: &[String]) -> std::process::Command {
    let mut cargo = workspace.cargo(["test"]);
    if !arguments.iter().any(|argument| selects_packages(argument)) {
        cargo.arg("--workspace");
    }
    cargo.args(arguments);
    cargo
}

fn selects_packages(argument: &str) -> bool {
    argument.starts_with("-p") || argument.starts_with("--package") || argument == "--workspace"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(arguments: &[&str]) -> String {
        let workspace = Workspace::locate().unwrap();
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        command::shown(&cargo_test(&workspace, &arguments))
    }

    #[test]
    fn the_whole_workspace_is_tested_unless_a_package_is_named() {
        assert_eq!(line(&[]), "cargo test --workspace");
        assert_eq!(line(&["a_name"]), "cargo test --workspace a_name");
        assert_eq!(line(&["-p", "micromegas-transit"]), "cargo test -p micromegas-transit");
        assert_eq!(line(&["--package=xtask"]), "cargo test --package=xtask");
    }
}
