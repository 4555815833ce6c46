//! A file holds one idea: its name says which, its length stays readable.

use crate::tidy::finding::Finding;
use crate::tidy::source::Source;

const LINES_LOOK_AGAIN: usize = 500;
const LINES_MAX: usize = 600;
const EMPTY_WORDS: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "manager", "misc", "impl", "impls"];

/// Checks the length of a Rust file.
pub(crate) fn check_length(source: &Source<'_>) -> Option<Finding> {
    let line_count = source.text.lines().count();
    let finding = || {
        let message = format!("{line_count} lines: is this one idea?");
        Finding::in_file("length", source.file, message)
    };
    match line_count {
        0..LINES_LOOK_AGAIN => None,
        LINES_LOOK_AGAIN..=LINES_MAX => Some(finding().into_warning()),
        _ => Some(finding()),
    }
}

/// Checks the name of any file and of the folders it lies in.
pub(crate) fn check_name(file: &str) -> Option<Finding> {
    let parts = file.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let mut words = parts.flat_map(|part| part.split(['_', '-']));
    let word = words.find(|word| EMPTY_WORDS.contains(&word.to_ascii_lowercase().as_str()))?;
    let message = format!("`{word}` says nothing about what is inside");
    Some(Finding::in_file("name", file, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(line_count: usize) -> Option<bool> {
        let text = "x\n".repeat(line_count);
        check_length(&Source::new("a.rs", &text)).map(|finding| finding.is_warning)
    }

    #[test]
    fn long_files_are_warned_about_and_longer_ones_refused() {
        assert_eq!(length(499), None);
        assert_eq!(length(500), Some(true));
        assert_eq!(length(600), Some(true));
        assert_eq!(length(601), Some(false));
    }

    #[test]
    fn empty_names_are_found_in_files_and_folders() {
        for file in ["src/utils.rs", "src/common/mod.rs", "a/view_manager.rs", "a-misc/b.toml"] {
            assert!(check_name(file).is_some(), "{file}");
        }
        for file in ["src/manage.rs", "src/implicit.rs", "README.md"] {
            assert!(check_name(file).is_none(), "{file}");
        }
    }
}
