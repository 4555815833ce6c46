//! Keeping what fuzzing has gathered: the fewest inputs that reach as much code, as seeds.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::target::Target;
use crate::command;

/// Longer inputs are left out: seeds are in git.
const SEED_BYTES_MAX: u32 = 1024;
/// What counts is which code an input reaches, not how often or how nearly: otherwise there would
/// be four times as many.
const REACH_ONLY: [&str; 2] = ["-use_counters=0", "-use_cmp=0"];
/// Seeds made of the goldens, which `cargo xtask bless` writes, begin with this.
const MADE_OF_GOLDENS: &str = "golden-";

/// Replaces the seeds that are not made of goldens.
pub(super) fn smallest(programs: &Path, target: &Target) -> Result<()> {
    let seeds = target.made_folder("seeds")?;
    for file in target.files("seeds")? {
        if !is_made_of_golden(&file) {
            fs::remove_file(file)?;
        }
    }
    let mut merge = Command::new(programs.join(&target.name));
    merge
        .args(["-merge=1", "-verbosity=0"])
        .args(REACH_ONLY)
        .arg(format!("-max_len={SEED_BYTES_MAX}"))
        .arg(&seeds)
        .arg(target.made_folder("corpus")?);
    command::output(&mut merge).with_context(|| format!("cannot merge {}", target.name))?;
    Ok(())
}

fn is_made_of_golden(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(MADE_OF_GOLDENS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_of_goldens_are_known_by_name() {
        assert!(is_made_of_golden(Path::new("seeds/envelope/golden-own-log")));
        assert!(!is_made_of_golden(Path::new("seeds/golden-x/0123abcd")));
    }
}
