//! The C++ library below `unreal/`: its builds, tests and bench.

use std::env;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::workspace::Workspace;
use crate::{command, demo, prerequisites, sanitized};

/// The name of the bench among those of `benches/budget.toml`.
pub(crate) const BENCH: &str = "cpp";

/// One way to build the library and its tests.
struct Build<'a> {
    name: &'a str,
    compiler: &'a str,
    options: &'a [&'a str],
    targets: &'a [&'a str],
    /// Which tests are run, as ctest selects them: all, or those that need no service. Sanitizers
    /// do not go together with crashes and with libraries that are unloaded.
    tests: &'a str,
}

const WITHOUT_SERVICE: &str = "^(core|goldens|unreal)$";
const TARGETS_WITHOUT_SERVICE: &[&str] = &["core_test", "golden_test", "unreal_test"];

const BUILDS: [Build<'static>; 4] = [
    Build { name: "gcc", compiler: "g++", options: &[], targets: &["all"], tests: "." },
    Build {
        name: "clang",
        compiler: "clang++",
        options: &[],
        targets: &["locks_test", "crash_test", "reload_test", "unreal_reload_test"],
        tests: "^(locks|crash|reload|unreal_reload)$",
    },
    Build {
        name: "clang-asan",
        compiler: "clang++",
        options: &["-DMICROMEGAS_SANITIZE=address,undefined"],
        targets: &["core_test", "golden_test", "ingestion_test", "unreal_test"],
        tests: "^(core|goldens|ingestion|unreal)$",
    },
    Build {
        name: "gcc-tsan",
        compiler: "g++",
        options: &["-DMICROMEGAS_SANITIZE=thread"],
        targets: TARGETS_WITHOUT_SERVICE,
        tests: WITHOUT_SERVICE,
    },
];

/// Names the service's binary: by default the one that the test build has made.
const SERVER: &str = "MICROMEGAS_SERVER";

/// Builds the library in all ways and runs its tests; the arguments go to ctest.
pub(crate) fn test(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    prerequisites::provide_cpp()?;
    let server = match env::var_os(SERVER) {
        Some(path) => PathBuf::from(path),
        None => demo::binary(workspace)?,
    };
    for build in &BUILDS {
        let folder = configure(workspace, build, "Debug")?;
        make(&folder, build.targets)?;
        let mut tests = Command::new("ctest");
        tests.args(["--output-on-failure", "--tests-regex", build.tests]).args(arguments);
        command::run(tests.current_dir(&folder).env(SERVER, &server))?;
    }
    Ok(())
}

/// Runs the bench, which leaves its values in a folder of its name in `results`.
pub(crate) fn bench(workspace: &Workspace, results: &Path) -> Result<()> {
    prerequisites::provide_cpp()?;
    let tracy = format!("-DMICROMEGAS_TRACY={}", tracy_sources(workspace)?.display());
    let [build, ..] = &BUILDS;
    let build = Build { name: "bench", options: &[&tracy], ..*build };
    let folder = configure(workspace, &build, "Release")?;
    make(&folder, &["recording_bench"])?;
    // Tracy's client listens at the port that it is given. Where that is taken, it discards what it
    // recorded instead of keeping all of it for whoever may connect.
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no port is free")?;
    let port = taken.local_addr().context("the port has no number")?.port();
    let mut bench = Command::new(folder.join("bench/recording_bench"));
    command::run(bench.arg(results.join(BENCH)).env("TRACY_PORT", port.to_string()))
}

/// What cargo says of a workspace's packages.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
}

/// The crate that has the C++ sources of Tracy's client inside, and where.
const TRACY: (&str, &str) = ("tracy-client-sys", "tracy");

/// Downloads the peer's sources, unless they are here, into cargo's own folder.
fn tracy_sources(workspace: &Workspace) -> Result<PathBuf> {
    let arguments = ["metadata", "--locked", "--format-version=1", "--features=tracy"];
    let mut cargo = workspace.cargo(arguments);
    cargo.args(["--manifest-path=peers/Cargo.toml", "--filter-platform"]);
    let text = command::output(cargo.arg(sanitized::host()?))?;
    sources_in(&text)
}

fn sources_in(metadata: &str) -> Result<PathBuf> {
    let metadata: Metadata =
        serde_json::from_str(metadata).context("cannot read cargo's metadata")?;
    let is_it = |package: &Package| package.name == TRACY.0;
    let found = metadata.packages.into_iter().find(is_it);
    let manifest = found.with_context(|| format!("{} is no peer", TRACY.0))?.manifest_path;
    Ok(manifest.with_file_name(TRACY.1))
}

fn make(folder: &Path, targets: &[&str]) -> Result<()> {
    command::run(Command::new("cmake").arg("--build").arg(folder).arg("--target").args(targets))
}

fn configure(workspace: &Workspace, build: &Build<'_>, kind: &str) -> Result<PathBuf> {
    let folder = workspace.target().join("cpp").join(build.name);
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(workspace.root().join("unreal/Core")).arg("-B").arg(&folder);
    cmake.args(["-G", "Ninja", "-DMICROMEGAS_TESTS=ON", "-DMICROMEGAS_UNREAL_TESTS=ON"]);
    cmake.arg(format!("-DCMAKE_BUILD_TYPE={kind}")).args(build.options);
    command::run(cmake.env("CXX", build.compiler))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peer_is_found_beside_its_manifest() {
        let package = |name: &str| {
            format!(
                r#"{{"name":"{name}","version":"1.0.0","manifest_path":"/r/{name}/Cargo.toml"}}"#
            )
        };
        let metadata = |names: &[&str]| {
            let packages: Vec<_> = names.iter().map(|name| package(name)).collect();
            format!(r#"{{"packages":[{}],"version":1}}"#, packages.join(","))
        };
        let found = sources_in(&metadata(&["cc", "tracy-client-sys"])).unwrap();
        assert_eq!(found, Path::new("/r/tracy-client-sys/tracy"));
        assert!(sources_in(&metadata(&["cc"])).is_err());
    }
}
