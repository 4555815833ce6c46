//! Suites of tests that are built apart from the others: `cargo xtask test SUITE`.

use std::process::Command;

use anyhow::Result;
use clap::ValueEnum;

use crate::workspace::Workspace;
use crate::{command, cpp, invariant, miri, otel, prerequisites, sanitized, targets};

/// A suite with a build of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Suite {
    /// Processes in which a panic aborts
    Abort,
    /// micromegas-transit's tests under the address sanitizer
    Asan,
    /// Blocks exchanged with the published crates, both ways; `-- write` rewrites their goldens
    Compat,
    /// The C++ library and the engine's modules: with two compilers, sanitizers, and the service
    Cpp,
    /// The same query gives the same rows whatever happened: random cases, as many as told
    Invariant,
    /// Models of recording's hand-over between threads, in all interleavings
    Loom,
    /// Recording under Miri, where it is installed
    Miri,
    /// Recording compiled out, and bounded at compile time
    Off,
    /// The OpenTelemetry SDK of Python sends over HTTP and gRPC
    Otel,
    /// How spans are timed beside other libraries
    Peers,
    /// Recording, checked for all targets whose standard library is installed
    Targets,
    /// Recording from many threads at once under the thread sanitizer
    Tsan,
}

/// Runs one suite; the arguments go to the program behind it.
pub(crate) fn run(workspace: &Workspace, suite: Suite, arguments: &[String]) -> Result<()> {
    prerequisites::provide()?;
    match suite {
        Suite::Abort => abort(workspace, arguments),
        Suite::Asan => {
            let tests = ["test", "--package", "micromegas-transit", "--lib", "--tests"];
            let mut cargo = workspace.cargo(tests);
            sanitized::address(&mut cargo, &[])?;
            cargo.env("CARGO_TARGET_DIR", workspace.target().join("asan"));
            // What the compiler refuses has nothing to do with sanitizers.
            command::run(cargo.args(arguments).args(["--", "--skip", "compile_time"]))
        }
        Suite::Compat => {
            let mut cargo = apart(workspace, "compat", &["--"]);
            let task = if arguments.is_empty() { &["check".to_owned()] } else { arguments };
            command::run(cargo.args(task))
        }
        Suite::Cpp => cpp::test(workspace, arguments),
        Suite::Invariant => invariant::run(workspace, &invariant::Scale::default(), arguments),
        Suite::Loom => {
            let mut cargo = apart(workspace, "races", &["--package", "micromegas-models"]);
            command::run(cargo.args(arguments))
        }
        Suite::Miri => miri::run(workspace, arguments),
        Suite::Off => off(workspace, arguments),
        Suite::Otel => otel::run(workspace, arguments),
        Suite::Peers => peers(workspace, arguments),
        Suite::Targets => targets::check(workspace),
        Suite::Tsan => {
            let mut cargo = apart(workspace, "races", &["--package", "micromegas-stress"]);
            sanitized::thread(&mut cargo, &["--cfg", "watched_by_tsan"])?;
            cargo.env("CARGO_TARGET_DIR", workspace.target().join("tsan"));
            let suppressions = workspace.root().join("races/tsan.supp");
            cargo.env("TSAN_OPTIONS", format!("suppressions={}", suppressions.display()));
            command::run(cargo.args(arguments))
        }
    }
}

/// Tests what is left where recording is compiled out, then where it is bounded by features.
pub(crate) fn off(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let manifest = "micromegas-tracing/off/Cargo.toml";
    for features in [&[][..], &["--features", "bounds"]] {
        let mut cargo = workspace.cargo(["test", "--locked", "--manifest-path", manifest]);
        cargo.env("CARGO_TARGET_DIR", workspace.target().join("off"));
        command::run(cargo.args(features).args(arguments))?;
    }
    Ok(())
}

/// Runs the processes in which a panic aborts, each of which ends within seconds.
pub(crate) fn abort(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut cargo = apart(workspace, "micromegas-tracing/abort", &["--"]);
    cargo.env("CARGO_TARGET_DIR", workspace.target().join("abort"));
    command::run(cargo.args(arguments))
}

/// Tests the program that times spans, which is built with the peers' libraries.
fn peers(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    let mut cargo = workspace.cargo(["test", "--locked", "--manifest-path", "peers/Cargo.toml"]);
    cargo.env("CARGO_TARGET_DIR", workspace.target().join("peers"));
    command::run(cargo.args(arguments))
}

/// Runs the program of a workspace of its own, built into a folder of its own.
fn apart(workspace: &Workspace, folder: &str, arguments: &[&str]) -> Command {
    let manifest = format!("{folder}/Cargo.toml");
    let mut cargo = workspace.cargo(["run", "--locked", "--manifest-path", &manifest]);
    cargo.args(arguments).env("CARGO_TARGET_DIR", workspace.target().join(folder));
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_called_by_their_names() {
        let names: Vec<_> = Suite::value_variants()
            .iter()
            .map(|suite| suite.to_possible_value().unwrap().get_name().to_owned())
            .collect();
        assert_eq!(
            names,
            [
                "abort",
                "asan",
                "compat",
                "cpp",
                "invariant",
                "loom",
                "miri",
                "off",
                "otel",
                "peers",
                "targets",
                "tsan"
            ]
        );
    }
}
