//! Runs the benches of a budget and prints its lines.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::budget::estimates::Estimates;
use crate::budget::limits::{Better, Budget, Budgets, Measure};
use crate::budget::peers;
use crate::budget::report::{Line, Outcome};
use crate::workspace::Workspace;
use crate::{command, cpp, prerequisites};

/// Prints one line for each limit of the budget. The exit code is 0 when all are kept, 1 when one
/// is missed, 2 when none is missed but nothing measures some. `scale` is how much of its data a
/// bench makes, if it makes a lot.
pub(crate) fn run(workspace: &Workspace, name: &str, scale: Option<f64>) -> Result<ExitCode> {
    let budgets = Budgets::load(workspace)?;
    let budget = budgets.0.get(name).with_context(|| {
        let names: Vec<_> = budgets.0.keys().map(String::as_str).collect();
        format!("there is no budget `{name}`; there are {}", names.join(", "))
    })?;
    let estimates = run_benches(workspace, budget, scale)?;
    if let Some(table) = peers::Table::read(&estimates, budget)? {
        println!("{table}");
    }
    let mut lines = Vec::new();
    for row in &budget.rows {
        let value = row.measure.as_ref().map(|measure| estimates.value(measure)).transpose()?;
        lines.push(Line { row, value });
    }
    for line in &lines {
        if line.value.is_some() {
            println!("{line}");
        } else {
            eprintln!("{line}");
        }
    }
    Ok(ExitCode::from(Outcome::of(&lines) as u8))
}

/// Runs every bench target that the budget needs, after removing what earlier runs left.
fn run_benches(workspace: &Workspace, budget: &Budget, scale: Option<f64>) -> Result<Estimates> {
    let folder = workspace.target().join("criterion");
    let measures = budget.rows.iter().filter_map(|row| row.measure.as_ref());
    for target in measures.flat_map(Measure::targets).collect::<BTreeSet<_>>() {
        let old = folder.join(target);
        if old.exists() {
            fs::remove_dir_all(&old).with_context(|| format!("cannot remove {}", old.display()))?;
        }
        if target == cpp::BENCH {
            cpp::bench(workspace, &folder)?;
            continue;
        }
        if target == peers::BENCH {
            peers::bench(workspace, &folder)?;
            continue;
        }
        if matches!(target, "ingest" | "metadata") {
            prerequisites::provide()?;
        }
        let mut bench = workspace.cargo(["bench"]);
        match package_of(target) {
            Some(package) => bench.args(["--package", package]),
            None => bench.arg("--workspace"),
        };
        if let Some(scale) = scale {
            bench.env("MICROMEGAS_BENCH_SCALE", scale.to_string());
        }
        bench.arg("--bench");
        // Criterion's own report goes beside our messages, so that the lines can be piped.
        bench.arg(target).env("CRITERION_HOME", &folder).stdout(io::stderr());
        command::run(&mut bench)?;
    }
    Ok(Estimates::in_folder(folder))
}

/// The package that a bench is part of: some need servers that are built beside them. One needs the
/// reference binary, whose dependencies are those of the release build if they are asked for by the
/// same packages, which are all.
fn package_of(target: &str) -> Option<&'static str> {
    match target {
        "freshness" => None,
        "ingest" => Some("micromegas-ingestion"),
        "metadata" => Some("micromegas-lakehouse"),
        _ => Some("micromegas-benches"),
    }
}

/// Prints every budget with its limits.
pub(crate) fn list(workspace: &Workspace) -> Result<()> {
    for (name, budget) in Budgets::load(workspace)?.0 {
        println!("{name}: {}", budget.about);
        for row in budget.rows {
            let sign = match row.better {
                Better::Lower => "<=",
                Better::Higher => ">=",
            };
            let state = if row.measure.is_some() { "" } else { "  (nothing measures this yet)" };
            match row.limit {
                Some(limit) => println!("  {} {sign} {limit} {}{state}", row.name, row.unit),
                None => println!("  {} is reported in {}", row.name, row.unit),
            }
            println!("      {}", row.what);
            if let Some(seen) = row.seen {
                println!("      seen elsewhere: {seen}");
            }
        }
    }
    Ok(())
}
