//! The demo as a stage of CI: a small load through the whole path, from the binary the tests built.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::command;
use crate::workspace::Workspace;

/// How long the demo may take before it is ended; it usually needs a tenth of it.
const TIME_MAX: Duration = Duration::from_secs(180);

/// Runs the demo on the sources of this very program, in a lake of its own below the target folder.
/// It fails by itself when an event is lost.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let lake = workspace.target().join("demo-lake");
    remove_folder(&lake)?;
    let mut demo = Command::new(binary(workspace)?);
    demo.args(["demo", "--seconds", "2", "--path"]).arg(workspace.root().join("xtask"));
    run_within(demo.arg("--data-dir").arg(&lake), TIME_MAX)?;
    remove_folder(&lake)
}

fn remove_folder(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// The `micromegas` binary that the test build has made, by cargo's own account.
///
/// Asking for it with `cargo build` would compile the dependencies again with other features.
pub(crate) fn binary(workspace: &Workspace) -> Result<PathBuf> {
    let arguments =
        ["test", "--workspace", "--no-run", "--message-format", "json-render-diagnostics"];
    let messages = command::output(&mut workspace.cargo(arguments))?;
    find_binary(&messages, "micromegas").context("the test build has no binary `micromegas`")
}

/// One line of cargo's report; lines about anything else than build products lack these members.
#[derive(Deserialize)]
struct Message {
    executable: Option<PathBuf>,
    profile: Option<Profile>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
    name: String,
}

fn find_binary(messages: &str, name: &str) -> Option<PathBuf> {
    messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok()).find_map(
        |Message { executable, profile, target }| {
            let (profile, target) = (profile?, target?);
            let is_binary = target.kind.iter().any(|kind| kind == "bin") && !profile.test;
            executable.filter(|_| is_binary && target.name == name)
        },
    )
}

fn run_within(program: &mut Command, time_max: Duration) -> Result<()> {
    let line = command::shown(program);
    eprintln!("$ {line}");
    let mut child = program.spawn().with_context(|| format!("cannot start `{line}`"))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            if !status.success() {
                bail!("`{line}` failed ({status})");
            }
            return Ok(());
        }
        if start.elapsed() > time_max {
            child.kill()?;
            child.wait()?;
            bail!("`{line}` was still running after {} s", time_max.as_secs());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_binary_is_found_beside_its_own_unit_tests() {
        let messages = r#"
            {"reason":"compiler-artifact","target":{"kind":["lib"],"name":"micromegas"},"profile":{"test":false},"executable":null}
            {"reason":"compiler-artifact","target":{"kind":["bin"],"name":"micromegas"},"profile":{"test":true},"executable":"/t/deps/micromegas-1"}
            {"reason":"compiler-artifact","target":{"kind":["bin"],"name":"instrument"},"profile":{"test":false},"executable":"/t/instrument"}
            {"reason":"compiler-artifact","target":{"kind":["bin"],"name":"micromegas"},"profile":{"test":false},"executable":"/t/micromegas"}
            {"reason":"build-finished","success":true}"#;
        assert_eq!(find_binary(messages, "micromegas"), Some(PathBuf::from("/t/micromegas")));
        assert_eq!(find_binary(messages, "other"), None);
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let mut program = Command::new("sleep");
        let error = run_within(program.arg("60"), Duration::from_millis(60)).unwrap_err();
        assert_eq!(error.to_string(), "`sleep 60` was still running after 0 s");
    }
}
