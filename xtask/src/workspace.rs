//! Where the checkout and its build products are, and how cargo is called there.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The checkout this command works on.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
}

impl Workspace {
    /// Finds the checkout that `cargo xtask` was started in.
    ///
    /// `cargo run` tells the manifest's folder in the environment. The folder known at compile time
    /// would be wrong for a binary that several checkouts share through one target folder.
    pub(crate) fn locate() -> Result<Self> {
        let manifest_dir = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest_dir.parent().context("xtask lies in the root of the checkout")?;
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot open the checkout at {}", root.display()))?;
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        Ok(Self { target: root.join(target), root })
    }

    /// The same checkout, building into another folder.
    pub(crate) fn with_target(self, target: PathBuf) -> Self {
        Self { target, ..self }
    }

    /// The root folder of the checkout.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that cargo builds into.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// A cargo command that runs in the root and builds into the target folder.
    ///
    /// `cargo run` describes xtask's own package in the environment. Build scripts watch these
    /// variables: handed on, they would make each change between `cargo test` and `cargo xtask`
    /// build half of the dependencies again.
    pub(crate) fn cargo<const N: usize>(&self, arguments: [&str; N]) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments).current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        for (name, _) in env::vars_os() {
            let is_of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"]
                .iter()
                .any(|prefix| name.to_string_lossy().starts_with(prefix));
            if is_of_package {
                command.env_remove(name);
            }
        }
        command
    }
}
