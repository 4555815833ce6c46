//! The C++ library below `unreal/`: its builds, tests and bench.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{command, demo, prerequisites};

/// The name of the bench among those of `benches/budget.toml`.
pub(crate) const BENCH: &str = "cpp";

/// One way to build the library and its tests.
struct Build {
    name: &'static str,
    compiler: &'static str,
    options: &'static [&'static str],
    targets: &'static [&'static str],
    /// Which tests are run, as ctest selects them: all, or those that need no service. Sanitizers
    /// do not go together with crashes and with libraries that are unloaded.
    tests: &'static str,
}

const WITHOUT_SERVICE: &str = "^(core|goldens|unreal)$";
const TARGETS_WITHOUT_SERVICE: &[&str] = &["core_test", "golden_test", "unreal_test"];

const BUILDS: [Build; 3] = [
    Build { name: "gcc", compiler: "g++", options: &[], targets: &["all"], tests: "." },
    Build {
        name: "clang-asan",
        compiler: "clang++",
        options: &["-DMICROMEGAS_SANITIZE=address,undefined"],
        targets: TARGETS_WITHOUT_SERVICE,
        tests: WITHOUT_SERVICE,
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
    let [build, ..] = &BUILDS;
    let folder = configure(workspace, &Build { name: "bench", ..*build }, "Release")?;
    make(&folder, &["recording_bench"])?;
    command::run(Command::new(folder.join("bench/recording_bench")).arg(results.join(BENCH)))
}

fn make(folder: &Path, targets: &[&str]) -> Result<()> {
    command::run(Command::new("cmake").arg("--build").arg(folder).arg("--target").args(targets))
}

fn configure(workspace: &Workspace, build: &Build, kind: &str) -> Result<PathBuf> {
    let folder = workspace.target().join("cpp").join(build.name);
    let mut cmake = Command::new("cmake");
    cmake.arg("-S").arg(workspace.root().join("unreal/Core")).arg("-B").arg(&folder);
    cmake.args(["-G", "Ninja", "-DMICROMEGAS_TESTS=ON", "-DMICROMEGAS_UNREAL_TESTS=ON"]);
    cmake.arg(format!("-DCMAKE_BUILD_TYPE={kind}")).args(build.options);
    command::run(cmake.env("CXX", build.compiler))?;
    Ok(folder)
}
