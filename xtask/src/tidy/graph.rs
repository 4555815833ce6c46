//! What the rules about crates need of `cargo metadata`.

use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, Metadata, Package as CargoPackage, TargetKind};

use crate::command;
use crate::workspace::Workspace;

/// The workspace's crates, and every package of the resolved graph.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) members: Vec<Member>,
    pub(crate) packages: Vec<Package>,
}

/// A crate of the workspace.
#[derive(Debug, Default)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Its manifest, relative to the root of the checkout.
    pub(crate) manifest: String,
    pub(crate) manifest_text: String,
    pub(crate) description: Option<String>,
    pub(crate) license: Option<String>,
    /// Direct, normal dependencies.
    pub(crate) dependencies: Vec<Dependency>,
    /// The root files of its library and binaries, relative to the root of the checkout.
    pub(crate) roots: Vec<String>,
    /// The names of its integration test binaries.
    pub(crate) test_binaries: Vec<String>,
}

/// A direct, normal dependency.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) is_optional: bool,
}

/// A package of the resolved graph.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
}

impl Graph {
    /// Asks cargo about the workspace with all features on.
    pub(crate) fn load(workspace: &Workspace) -> Result<Self> {
        let arguments = ["metadata", "--format-version", "1", "--all-features"];
        let text = command::output(&mut workspace.cargo(arguments))?;
        let metadata: Metadata = serde_json::from_str(&text).context("cannot read metadata")?;
        let members = metadata
            .workspace_packages()
            .into_iter()
            .map(|package| Member::of(package, workspace.root()))
            .collect::<Result<_>>()?;
        let packages = metadata.packages.iter().map(|package| Package {
            name: package.name.to_string(),
            version: package.version.to_string(),
            license: package.license.clone(),
        });
        Ok(Self { members, packages: packages.collect() })
    }
}

impl Member {
    fn of(package: &CargoPackage, root: &Path) -> Result<Self> {
        let relative = |path: &Path| {
            let path = path.strip_prefix(root).unwrap_or(path);
            path.to_string_lossy().replace('\\', "/")
        };
        let dependencies = package
            .dependencies
            .iter()
            .filter(|dependency| dependency.kind == DependencyKind::Normal)
            .map(|dependency| Dependency {
                name: dependency.name.clone(),
                is_optional: dependency.optional,
            });
        let is_root = |kind: &TargetKind| {
            matches!(kind, TargetKind::Lib | TargetKind::ProcMacro | TargetKind::Bin)
        };
        let roots = package.targets.iter().filter(|target| target.kind.iter().any(is_root));
        let tests = package.targets.iter().filter(|target| target.is_test());
        Ok(Self {
            name: package.name.to_string(),
            manifest: relative(package.manifest_path.as_std_path()),
            manifest_text: std::fs::read_to_string(&package.manifest_path)?,
            description: package.description.clone(),
            license: package.license.clone(),
            dependencies: dependencies.collect(),
            roots: roots.map(|target| relative(target.src_path.as_std_path())).collect(),
            test_binaries: tests.map(|target| target.name.clone()).collect(),
        })
    }
}
