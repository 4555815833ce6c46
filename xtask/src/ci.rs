//! `cargo xtask ci`: everything a change has to pass, in the order that fails soonest.

use anyhow::Result;

use crate::stages::Stages;
use crate::suite::Suite;
use crate::target_folder::{Environment, TargetFolder};
use crate::workspace::Workspace;
use crate::{command, demo, otel, suite, targets, test, tidy};

/// Runs all stages, stops at the first that fails, and closes with a table of times.
pub(crate) fn run(workspace: Workspace) -> Result<()> {
    let folder = TargetFolder::choose(&workspace, &Environment::of_this_process());
    eprintln!("target folder: {} ({})", folder.path().display(), folder.reason());
    let workspace = workspace.with_target(folder.path().to_path_buf());
    if folder.is_shared() {
        // Cargo compares ages of files, which says nothing between checkouts: of a shared folder
        // only the registry's crates are taken, which never change.
        command::run(&mut workspace.cargo(["clean", "--quiet", "--workspace"]))?;
    }
    let mut stages = Stages::default();
    let outcome = run_stages(&mut stages, &workspace);
    eprintln!("\n{stages}");
    outcome
}

fn run_stages(stages: &mut Stages, workspace: &Workspace) -> Result<()> {
    stages.run("fmt", || command::run(&mut workspace.cargo(["fmt", "--all", "--check"])))?;
    stages.run("tidy", || tidy::run(workspace))?;
    stages.run("clippy", || {
        let all = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
        command::run(&mut workspace.cargo(all))
    })?;
    stages.run("targets", || targets::check(workspace))?;
    stages.run("docs", || {
        // With examples among the targets, of which there are none, cargo chooses the features of
        // development builds, and so reads what clippy has checked.
        let own = ["doc", "--workspace", "--no-deps", "--lib", "--bins", "--examples"];
        command::run(workspace.cargo(own).env("RUSTDOCFLAGS", "--deny warnings"))
    })?;
    stages.run("build tests", || test::build(workspace))?;
    stages.run("tests", || test::run(workspace, &[]))?;
    stages.run("asan", || suite::run(workspace, Suite::Asan, &[]))?;
    stages.run("compat", || suite::run(workspace, Suite::Compat, &[]))?;
    stages.run("peers", || suite::run(workspace, Suite::Peers, &[]))?;
    stages.run("loom", || suite::run(workspace, Suite::Loom, &[]))?;
    stages.run("miri", || suite::run(workspace, Suite::Miri, &[]))?;
    stages.run("tsan", || suite::run(workspace, Suite::Tsan, &[]))?;
    stages.run("otel", || otel::run(workspace, &[]))?;
    stages.run("cpp", || suite::run(workspace, Suite::Cpp, &[]))?;
    stages.run("demo", || demo::run(workspace))
}
