//! Programs and headers that the build and the tests need beside the Rust toolchain.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, bail};

use crate::command;

/// A program or a header, the Debian package that holds it, and what it is needed for.
struct Prerequisite {
    program: &'static str,
    package: &'static str,
    reason: &'static str,
}

const PREREQUISITES: [Prerequisite; 2] = [
    Prerequisite {
        program: "cc",
        package: "build-essential",
        reason: "compiles the bundled SQLite and zstd",
    },
    Prerequisite {
        program: "initdb",
        package: "postgresql",
        reason: "makes the throw-away PostgreSQL clusters of the tests",
    },
];

/// What the C++ library and its tests need.
const CPP: [Prerequisite; 7] = [
    Prerequisite { program: "g++", package: "g++", reason: "compiles the C++ library" },
    Prerequisite { program: "clang++", package: "clang", reason: "compiles it with sanitizers" },
    Prerequisite { program: "cmake", package: "cmake", reason: "plans the build of the library" },
    Prerequisite { program: "ninja", package: "ninja-build", reason: "builds the library" },
    Prerequisite {
        program: "nlohmann/json.hpp",
        package: "nlohmann-json3-dev",
        reason: "writes the library's CBOR documents",
    },
    Prerequisite {
        program: "lz4frame.h",
        package: "liblz4-dev",
        reason: "compresses the library's blocks",
    },
    Prerequisite {
        program: "curl-config",
        package: "libcurl4-openssl-dev",
        reason: "delivers the library's blocks",
    },
];

/// Where headers lie that belong to no architecture.
const HEADERS_FOLDER: &str = "/usr/include";

/// Debian keeps the programs of PostgreSQL's server out of the way, in `VERSION/bin` of this.
const POSTGRES_FOLDER: &str = "/usr/lib/postgresql";

/// Makes sure that every prerequisite is there: installs what is missing on Debian as root or with
/// sudo, and elsewhere fails with the command that would.
pub(crate) fn provide() -> Result<()> {
    provide_all(&PREREQUISITES)
}

/// The same for the C++ library and its tests.
pub(crate) fn provide_cpp() -> Result<()> {
    provide_all(&CPP)
}

fn provide_all(needs: &[Prerequisite]) -> Result<()> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = env::split_paths(&path).collect();
    folders.extend(postgres_folders());
    folders.push(PathBuf::from(HEADERS_FOLDER));
    let is_there = |program: &str| folders.iter().any(|folder| folder.join(program).is_file());
    let missing: Vec<_> = needs.iter().filter(|need| !is_there(need.program)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for need in &missing {
        eprintln!("missing: {} ({})", need.program, need.reason);
    }
    let packages: Vec<_> = missing.iter().map(|need| need.package).collect();
    let host = Host {
        has_apt: is_there("apt-get") && Path::new("/etc/debian_version").exists(),
        is_root: command::output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0"),
        has_sudo: is_there("sudo") && sudo_asks_nothing(),
    };
    match host.plan(&packages) {
        Plan::Install(commands) => commands.into_iter().try_for_each(|words| {
            let mut install = Command::new(words[0]);
            install.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
            command::run(&mut install)
        }),
        Plan::Tell(advice) => bail!("{advice}"),
    }
}

fn postgres_folders() -> Vec<PathBuf> {
    let Ok(versions) = fs::read_dir(POSTGRES_FOLDER) else {
        return Vec::new();
    };
    versions.flatten().map(|version| version.path().join("bin")).collect()
}

/// Whether sudo works without a password: a test run must not stop at a prompt.
fn sudo_asks_nothing() -> bool {
    Command::new("sudo").args(["-n", "true"]).output().is_ok_and(|output| output.status.success())
}

/// What this machine allows.
struct Host {
    has_apt: bool,
    is_root: bool,
    has_sudo: bool,
}

#[derive(Debug, PartialEq)]
enum Plan<'a> {
    Install(Vec<Vec<&'a str>>),
    Tell(String),
}

impl Host {
    fn plan<'a>(&self, packages: &[&'a str]) -> Plan<'a> {
        let list = packages.join(" ");
        if !self.has_apt {
            return Plan::Tell(format!(
                "install what Debian calls `{list}` with this system's package manager"
            ));
        }
        let prefix: &[&str] = match (self.is_root, self.has_sudo) {
            (true, _) => &[],
            (false, true) => &["sudo", "-n"],
            (false, false) => {
                return Plan::Tell(format!("run `sudo apt-get install --yes {list}` first"));
            }
        };
        let command = |words: &[&'a str]| [prefix, &["apt-get"], words].concat();
        let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
        Plan::Install(vec![command(&["update"]), command(&install)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEBIAN: Host = Host { has_apt: true, is_root: false, has_sudo: false };

    fn installs(host: &Host) -> Vec<String> {
        match host.plan(&["build-essential", "clang"]) {
            Plan::Install(commands) => commands.iter().map(|words| words.join(" ")).collect(),
            Plan::Tell(advice) => panic!("{advice}"),
        }
    }

    #[test]
    fn root_on_debian_installs() {
        let commands = installs(&Host { is_root: true, ..DEBIAN });
        let install = "apt-get install --yes --no-install-recommends build-essential clang";
        assert_eq!(commands, ["apt-get update", install]);
    }

    #[test]
    fn a_user_with_sudo_installs_without_a_prompt() {
        let commands = installs(&Host { has_sudo: true, ..DEBIAN });
        assert!(commands.iter().all(|line| line.starts_with("sudo -n apt-get ")), "{commands:?}");
    }

    #[test]
    fn others_are_told_the_exact_command() {
        let plan = DEBIAN.plan(&["build-essential"]);
        let advice = "run `sudo apt-get install --yes build-essential` first";
        assert_eq!(plan, Plan::Tell(advice.to_owned()));
        let plan = Host { has_apt: false, is_root: true, has_sudo: true }.plan(&["clang"]);
        assert!(matches!(plan, Plan::Tell(advice) if advice.contains("`clang`")));
    }

    #[test]
    fn what_built_this_test_is_found() {
        provide().unwrap();
    }
}
