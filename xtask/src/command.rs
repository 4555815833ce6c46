//! Running other programs: shown before they start, an error when they fail.

use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// Shows the command, runs it with this process's input and output, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = shown(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs the command and returns what it printed; its messages stay visible.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = shown(command);
    let Output { status, stdout, .. } = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    String::from_utf8(stdout).with_context(|| format!("`{line}` printed something else than text"))
}

/// The command as one would type it, with the program's name instead of its path.
pub(crate) fn shown(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_an_error_that_names_it() {
        let error = run(Command::new("sh").args(["-c", "exit 3"])).unwrap_err();
        assert!(error.to_string().starts_with("`sh -c exit 3` failed"), "{error}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-program-here`");
    }

    #[test]
    fn what_a_command_prints_is_returned() {
        let text = output(Command::new("sh").args(["-c", "printf 42"])).unwrap();
        assert_eq!(text, "42");
    }

    #[test]
    fn the_path_of_the_program_is_not_shown() {
        assert_eq!(shown(Command::new("/usr/bin/env").arg("x")), "env x");
    }
}
