//! Inputs of the fuzz targets as ordinary tests: the seeds, and what once failed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::untrusted::TARGETS;

const FUZZ: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz");

/// The files of a folder, which need not exist.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn seeds_and_regressions_hold() {
    for (name, target) in TARGETS {
        let seeds = files(&Path::new(FUZZ).join("seeds").join(name));
        assert!(!seeds.is_empty(), "no seeds for {name}");
        let regressions = files(&Path::new(FUZZ).join("regressions").join(name));
        for file in seeds.iter().chain(&regressions) {
            let input = fs::read(file).unwrap();
            let outcome = std::panic::catch_unwind(|| target(&input));
            assert!(outcome.is_ok(), "{} fails", file.display());
        }
    }
}

/// Cuts and flips of whole inputs: what a fuzzer would try first.
#[test]
fn damaged_seeds_hold() {
    for (name, target) in TARGETS {
        for file in files(&Path::new(FUZZ).join("seeds").join(name)) {
            if !is_made_of_golden(&file) {
                continue;
            }
            let input = fs::read(file).unwrap();
            for at in (0..input.len()).step_by(1 + input.len() / 48) {
                target(&input[..at]);
                let mut flipped = input.clone();
                flipped[at] ^= 1 << (at % 8);
                target(&flipped);
                flipped[at] = 0xff;
                target(&flipped);
            }
        }
    }
}

fn is_made_of_golden(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("golden-"))
}
