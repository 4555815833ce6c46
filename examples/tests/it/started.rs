//! Programs under test: started, read, waited for within a bound, and gone with the test.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How long anything that should happen soon may take on a busy machine.
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) const MICROMEGAS: &str = env!("CARGO_BIN_EXE_micromegas");
pub(crate) const INSTRUMENT: &str = env!("CARGO_BIN_EXE_instrument");
pub(crate) const MOUNT_INGESTION: &str = env!("CARGO_BIN_EXE_mount-ingestion");
pub(crate) const REGISTER_TABLES: &str = env!("CARGO_BIN_EXE_register-tables");

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Started {
    pub(crate) fn new(program: &str, args: &[&str]) -> Self {
        Self::spawn(Command::new(program).args(args))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        // Settings of the one who runs the tests must not reach the programs under test.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("MICROMEGAS_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let stdout = child.stdout.take().expect("the standard output is piped");
        let mut stderr = child.stderr.take().expect("the standard error is piped");
        let (sender, lines) = channel();
        Builder::new()
            .name("read stdout".to_owned())
            .spawn(move || {
                for line in BufReader::new(stdout).lines() {
                    let Ok(line) = line else { return };
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            })
            .unwrap();
        let stderr = Builder::new()
            .name("read stderr".to_owned())
            .spawn(move || {
                let mut text = String::new();
                // What could be read until the pipe broke is all there is to show.
                let _ = stderr.read_to_string(&mut text);
                text
            })
            .unwrap();
        Self { child, lines, stderr: Some(stderr) }
    }

    /// The next line of the standard output.
    pub(crate) fn next_line(&mut self) -> String {
        match self.lines.recv_timeout(SOON) {
            Ok(line) => line,
            Err(_) => {
                self.kill();
                panic!("no line came; the standard error says: {}", self.stderr_text())
            }
        }
    }

    /// Kills the program as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        // A program that has ended already cannot be killed, and need not be.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Sends a signal by name, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(status.success(), "kill -{name} {pid} failed");
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Ended {
        let deadline = Instant::now() + SOON;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > deadline {
                self.kill();
                let printed: Vec<String> = self.lines.try_iter().collect();
                panic!("it did not end; it printed {printed:?} and said {}", self.stderr_text());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let stdout = self.lines.iter().map(|line| line + "\n").collect();
        Ended { status, stdout, stderr: self.stderr_text() }
    }

    fn stderr_text(&mut self) -> String {
        self.stderr.take().map(|reader| reader.join().unwrap()).unwrap_or_default()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Runs a program to its end.
#[track_caller]
pub(crate) fn run(program: &str, args: &[&str]) -> Ended {
    Started::new(program, args).wait()
}

impl Ended {
    /// The standard output of a program that ended well.
    #[track_caller]
    pub(crate) fn output(self) -> String {
        assert!(self.status.success(), "{self:#?}");
        self.stdout
    }
}
