//! The project's own commands.
//!
//! | command | does |
//! |---|---|
//! | `cargo xtask ci` | everything a change has to pass, stage by stage, with times |
//! | `cargo xtask test` | the tests, after seeing to what they need |
//! | `cargo xtask test SUITE` | tests that are built apart: `abort`, `asan`, `compat`, `cpp`, `invariant`, `loom`, `off`, `otel`, `targets`, `tsan` |
//! | `cargo xtask fuzz` | the fuzz targets, one after the other, with the address sanitizer |
//! | `cargo xtask torture ingest` | servers killed and stores failing for five minutes, and what has to be true then |
//! | `cargo xtask tidy` | the rules of the house that a program can check |
//! | `cargo xtask budget NAME` | runs the benches of a budget and compares them with `benches/budget.toml` |
//! | `cargo xtask bless` | rewrites the golden files from what the code does now |
#![forbid(unsafe_code)]

mod bless;
mod budget;
mod ci;
mod command;
mod cpp;
mod demo;
mod fuzz;
mod invariant;
mod miri;
mod otel;
mod prerequisites;
mod sanitized;
mod stages;
mod suite;
mod target_folder;
mod targets;
mod test;
mod tidy;
mod torture;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::suite::Suite;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "The project's own commands")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run everything a change has to pass: fmt, tidy, clippy, docs, tests, demo
    Ci,
    /// Run the tests, after installing or naming what they need
    Test {
        /// A suite that is built apart from the other tests
        suite: Option<Suite>,
        #[command(flatten)]
        scale: invariant::Scale,
        /// Passed on to `cargo test` (for example `-- -p micromegas-transit`)
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Check the rules of the house: floors, versions, unsafe code, names, lengths
    Tidy,
    /// Run the fuzz targets, one after the other, and say what they found
    Fuzz(fuzz::Options),
    /// Run the benches of one budget and compare them with its limits; without a name, list them
    Budget {
        /// A budget of benches/budget.toml, such as `recording`
        name: Option<String>,
        /// How much of the whole data to make, where that takes long: 0.01 for a hundredth
        #[arg(long)]
        scale: Option<f64>,
    },
    /// Let things fail for minutes, and check what has to be true all the same
    Torture(torture::Options),
    /// Rewrite the golden files from what the code does now, then show what changed
    Bless {
        /// Passed on to `cargo test` (for example `-- -p micromegas-transit`)
        #[arg(last = true)]
        arguments: Vec<String>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = Workspace::locate().and_then(|workspace| match arguments.task {
        Task::Ci => ci::run(workspace).map(|()| ExitCode::SUCCESS),
        Task::Test { suite: Some(Suite::Invariant), scale, arguments } => {
            invariant::run(&workspace, &scale, &arguments).map(|()| ExitCode::SUCCESS)
        }
        Task::Test { suite, scale, .. } if !scale.is_default() => {
            let suite = suite.map_or("all tests".to_owned(), |suite| format!("{suite:?}"));
            Err(anyhow::anyhow!("--cases, --seed and --names are for `invariant`, not for {suite}"))
        }
        Task::Test { suite: Some(suite), arguments, .. } => {
            suite::run(&workspace, suite, &arguments).map(|()| ExitCode::SUCCESS)
        }
        Task::Test { suite: None, arguments, .. } => {
            test::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS)
        }
        Task::Fuzz(options) => fuzz::run(&workspace, &options).map(|()| ExitCode::SUCCESS),
        Task::Torture(options) => torture::run(&workspace, &options).map(|()| ExitCode::SUCCESS),
        Task::Tidy => tidy::run(&workspace).map(|()| ExitCode::SUCCESS),
        Task::Budget { name: Some(name), scale } => budget::run(&workspace, &name, scale),
        Task::Budget { name: None, .. } => budget::list(&workspace).map(|()| ExitCode::SUCCESS),
        Task::Bless { arguments } => bless::run(&workspace, &arguments).map(|()| ExitCode::SUCCESS),
    });
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
