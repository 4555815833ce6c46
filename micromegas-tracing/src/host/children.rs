//! Processes that this one starts.

use crate::dispatch::process_id;
use crate::host::environment::PARENT_PROCESS;
use std::process::Command;

/// Lets a child know which process started it, if it records, too: a variable of its environment
/// carries this process's identity. Before recording starts, nothing is
/// changed.
///
/// ```no_run
/// use std::process::Command;
///
/// let mut command = Command::new("compile-shaders");
/// micromegas_tracing::pass_process_id(&mut command).spawn()?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn pass_process_id(command: &mut Command) -> &mut Command {
    if let Some(id) = process_id() {
        command.env(PARENT_PROCESS, id.to_string());
    }
    command
}
