//! Builds with a sanitizer.
//!
//! Sanitizers are switched on by unstable options, which the stable compiler accepts when it is
//! asked to bootstrap. So there is no second toolchain to install, and what is tested is what the
//! stable compiler makes.

use std::env;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command;

/// Finds reads and writes outside of what was allocated, and leaks.
const ADDRESS: &str = "-Zsanitizer=address";

/// Finds accesses to the same memory that nothing puts in order. The standard library is compiled
/// without it, which has to be allowed.
const THREAD: &str = "-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer";

/// Builds with the address sanitizer, and these flags besides.
pub(crate) fn address(cargo: &mut Command, flags: &[&str]) -> Result<()> {
    build_with(cargo, flags, ADDRESS)
}

/// Builds with the thread sanitizer, and these flags besides.
pub(crate) fn thread(cargo: &mut Command, flags: &[&str]) -> Result<()> {
    build_with(cargo, flags, THREAD)
}

/// The target is named, so that programs of the build itself go without.
fn build_with(cargo: &mut Command, flags: &[&str], sanitizer: &str) -> Result<()> {
    let flags = [flags, &[sanitizer]].concat().join(" ");
    cargo.args(["--target", &host()?]).env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", flags);
    Ok(())
}

/// The target triple of this machine.
pub(crate) fn host() -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = command::output(Command::new(rustc).arg("-vV"))?;
    find_host(&version).map(str::to_owned).context("rustc does not say what its host is")
}

fn find_host(version: &str) -> Option<&str> {
    version.lines().find_map(|line| line.strip_prefix("host: "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_what_rustc_says() {
        let version = "rustc 1.95.0\nbinary: rustc\nhost: x86_64-unknown-linux-gnu\nrelease: 1.95";
        assert_eq!(find_host(version), Some("x86_64-unknown-linux-gnu"));
        assert_eq!(find_host("rustc 1.95.0"), None);
        assert!(host().unwrap().contains('-'));
    }

    #[test]
    fn the_build_is_told_target_and_flags() {
        let mut cargo = Command::new("cargo");
        address(cargo.arg("build"), &["--cfg", "fuzzing"]).unwrap();
        assert!(command::shown(&cargo).starts_with("cargo build --target "));
        let flags = cargo.get_envs().find(|(name, _)| *name == "RUSTFLAGS").unwrap().1.unwrap();
        assert_eq!(flags, "--cfg fuzzing -Zsanitizer=address");
    }
}
