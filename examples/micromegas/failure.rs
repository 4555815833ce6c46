//! How the program ends when something went wrong: one line that says what to do, and status 1.

use std::io::ErrorKind;
use std::process::ExitCode;

/// Says what went wrong in one line on the standard error.
///
/// Nobody is left to read when the reader of our output has gone away (`| head`), so that ends
/// quietly.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    if is_broken_pipe(error) {
        return ExitCode::SUCCESS;
    }
    eprintln!("micromegas: {}", one_line(error));
    ExitCode::FAILURE
}

/// The error and its causes in one line. A cause that its effect already quotes is not repeated.
fn one_line(error: &anyhow::Error) -> String {
    let mut line = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if line.contains(&text) {
            continue;
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&text);
    }
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn an_error_and_its_causes_are_one_line_without_repetition() {
        let error = anyhow!("the disk\n is full").context("cannot write: the disk\n is full");
        assert_eq!(
            one_line(&error.context("giving up")),
            "giving up: cannot write: the disk is full"
        );
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure() {
        let gone = std::io::Error::from(ErrorKind::BrokenPipe);
        let error = Err::<(), _>(gone).context("cannot write").unwrap_err();
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow!("broken pipe, but only in words")));
    }
}
