//! PostgreSQL clusters of the tests' own.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

/// A running cluster, which ends when this value or the test process does.
pub(crate) struct Cluster {
    directory: String,
    script: Mutex<Script>,
    database_count: AtomicU32,
}

struct Script {
    _child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The cluster that tests share, each with databases of its own.
pub(crate) fn shared() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(Cluster::start)
}

impl Cluster {
    /// Makes and starts a cluster that does not sync to the disk.
    pub(crate) fn start() -> Self {
        Self::start_with("off")
    }

    /// The same with this setting of `fsync`. PostgreSQL refuses to run as root, so root lets
    /// another user run it.
    pub(crate) fn start_with(fsync: &str) -> Self {
        let script = include_str!("cluster.sh");
        let mut shell = if is_root() {
            let mut shell = Command::new("setpriv");
            shell.args(["--reuid", "postgres", "--regid", "postgres", "--init-groups", "sh"]);
            shell
        } else {
            Command::new("sh")
        };
        let mut child = shell
            .args(["-c", script, "cluster.sh", fsync])
            .current_dir("/tmp")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect(
                "PostgreSQL is missing: run `cargo xtask test`, or `apt-get install postgresql`",
            );
        let commands = child.stdin.take().unwrap();
        let mut answers = BufReader::new(child.stdout.take().unwrap());
        let directory = line(&mut answers);
        assert!(
            directory.starts_with('/'),
            "PostgreSQL is missing: run `cargo xtask test`, or `apt-get install postgresql`"
        );
        let script = Script { _child: child, commands, answers };
        Self { directory, script: Mutex::new(script), database_count: AtomicU32::new(0) }
    }

    /// Stops the server as an operator would: clients lose their connections.
    pub(crate) fn stop(&self) {
        self.command("stop");
    }

    /// Stops the server without giving it the time to put anything in order.
    pub(crate) fn crash(&self) {
        self.command("crash");
    }

    /// Starts it again.
    pub(crate) fn restart(&self) {
        self.command("start");
    }

    fn command(&self, command: &str) {
        let mut script = self.script.lock().unwrap();
        writeln!(script.commands, "{command}").unwrap();
        assert_eq!(line(&mut script.answers), "done");
    }

    /// An empty database, as the URL to connect to.
    pub(crate) async fn make_database(&self) -> String {
        let name = format!("test_{}", self.database_count.fetch_add(1, Ordering::Relaxed));
        let mut connection = PgConnection::connect(&self.url("postgres")).await.unwrap();
        let statement = format!("CREATE DATABASE {name}");
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        self.url(&name)
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@localhost/{database}?host={}", self.directory)
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("directory", &self.directory).finish_non_exhaustive()
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn line(answers: &mut impl BufRead) -> String {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    line.trim().to_owned()
}
