//! Running the targets.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::report::{Outcome, Report};
use super::target::{self, Target};
use super::{build, keep};
use crate::command;
use crate::workspace::Workspace;

/// An input that keeps a target busy for longer is a finding.
const INPUT_SECONDS_MAX: u32 = 10;
/// A target that needs more memory, sanitizer included, is a finding.
const MEMORY_MIB_MAX: u32 = 2048;

#[derive(Args)]
pub(crate) struct Options {
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// Run this target only
    #[arg(long)]
    target: Option<String>,
    /// Afterwards keep the smallest set of inputs that reaches as much code as seeds
    #[arg(long)]
    keep: bool,
}

/// Builds and runs the targets one after the other; fails if one of them found something.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let targets = target::list(&workspace.root().join(build::FOLDER), options.target.as_deref())?;
    let programs = build::all(workspace)?;
    let mut report = Report::default();
    for target in &targets {
        let outcome = run_one(&programs, target, options.seconds)?;
        eprintln!("{}: {outcome}", target.name);
        report.add(&target.name, outcome);
    }
    if options.keep {
        for target in &targets {
            keep::smallest(&programs, target)?;
        }
    }
    println!("{report}");
    if report.has_findings() {
        bail!(
            "inputs that fail are in fuzz/artifacts; `fuzz/regressions/TARGET` is where to keep \
             them once they are understood"
        );
    }
    Ok(())
}

fn run_one(programs: &Path, target: &Target, seconds: u32) -> Result<Outcome> {
    let known = target.files("artifacts")?;
    let artifacts = target.made_folder("artifacts")?;
    let mut fuzzer = Command::new(programs.join(&target.name));
    fuzzer
        // Constants of SQLite that the linker has merged look like one that is defined twice.
        .env("ASAN_OPTIONS", "detect_odr_violation=0")
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={INPUT_SECONDS_MAX}"))
        .arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}"))
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg(target.made_folder("corpus")?)
        .arg(target.made_folder("seeds")?)
        .arg(target.made_folder("regressions")?);
    eprintln!("$ {}", command::shown(&fuzzer));
    let output = fuzzer.output().with_context(|| format!("cannot start {}", target.name))?;
    let log = String::from_utf8_lossy(&output.stderr);
    let mut found = target.files("artifacts")?;
    found.retain(|file| !known.contains(file));
    if !output.status.success() {
        // The last lines say what went wrong and where.
        let lines: Vec<_> = log.lines().collect();
        let from = lines.len().saturating_sub(60);
        eprintln!("{}", lines[from..].join("\n"));
    }
    Ok(Outcome::read(&log, output.status.success(), found))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Runs a target whose program is this shell script.
    fn outcome(script: &str) -> Outcome {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("Cargo.toml"), "[[bin]]\nname = 'made-up'").unwrap();
        let program = folder.path().join("made-up");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let targets = target::list(folder.path(), None).unwrap();
        run_one(folder.path(), &targets[0], 7).unwrap()
    }

    #[test]
    fn a_target_gets_its_time_and_its_folders() {
        let script = r#"
            [ "$1" = -max_total_time=7 ] || exit 1
            shift 5
            for folder; do [ -d "$folder" ] || exit 1; done
            echo 'stat::number_of_executed_units: 12' >&2"#;
        let outcome = outcome(script);
        assert_eq!(outcome.to_string(), "12 executions, 0/s, nothing found");
    }

    #[test]
    fn a_target_that_fails_is_a_finding_with_its_input() {
        let script = r#"
            for argument; do case $argument in
                -artifact_prefix=*) printf x > "${argument#-artifact_prefix=}crash-1";;
            esac; done
            exit 77"#;
        let text = outcome(script).to_string();
        assert!(text.contains("FAILED") && text.ends_with("artifacts/made-up/crash-1"), "{text}");
    }
}
