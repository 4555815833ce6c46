//! Which files the demo indexes when nobody says.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The sources of the crates that cargo has unpacked to build this program,
/// else the directory the program was started in.
pub(crate) fn default_path() -> Result<PathBuf> {
    let unpacked = cargo_home().map(|home| home.join("registry").join("src"));
    match unpacked {
        Some(sources) if sources.is_dir() => Ok(sources),
        _ => std::env::current_dir().context("the current directory cannot be read; give --path"),
    }
}

fn cargo_home() -> Option<PathBuf> {
    std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
}
