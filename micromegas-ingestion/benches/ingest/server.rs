//! The server under load, in a process of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use micromegas_ingestion::{IngestionOptions, IngestionService, LimitLayer, LimitOptions, router};
use micromegas_lakehouse::Lakehouse;
use tokio::net::TcpListener;

use crate::place::Place;
use crate::timed::{TimedObjects, Times};

/// The first argument of a server's process.
const SERVE: &str = "serve";

/// The place to serve, if this process is to be a server.
pub(crate) fn ordered() -> Option<Place> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (first, rest) = arguments.split_first()?;
    (first == SERVE).then(|| Place::from_arguments(rest))
}

/// Serves until the standard input ends. Each of its lines is answered with what the object store
/// has written since the one before: number of objects, and the 99th percentile of their times.
pub(crate) async fn serve(place: Place) {
    let kept = place.open().await;
    let puts = Times::default();
    let objects = TimedObjects { objects: Arc::clone(kept.objects()), puts: puts.clone() };
    let lakehouse = Lakehouse::new(Arc::clone(kept.store()), Arc::new(objects));
    let service = Arc::new(IngestionService::new(lakehouse, IngestionOptions::default()));
    let app: Router = router(service).layer(LimitLayer::new(LimitOptions::default()));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    println!("{}", listener.local_addr().expect("an address"));
    let questions = tokio::task::spawn_blocking(move || {
        for _ in std::io::stdin().lines().map_while(Result::ok) {
            let (count, p99_ms) = puts.take();
            println!("{count} {p99_ms}");
        }
    });
    let listener = listener.tap_io(|socket| {
        // Without this answers wait for one another.
        let _ = socket.set_nodelay(true);
    });
    tokio::select! {
        served = axum::serve(listener, app) => served.expect("a listener"),
        _ = questions => {}
    }
}

/// A running server; it ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What a server has written to its object store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written {
    pub(crate) object_count: usize,
    pub(crate) put_p99_ms: f64,
}

impl Server {
    pub(crate) fn start(place: &Place) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut process = Command::new(program)
            .arg(SERVE)
            .args(place.arguments())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a server");
        let questions = process.stdin.take().expect("a pipe");
        let mut answers = BufReader::new(process.stdout.take().expect("a pipe"));
        let address = line(&mut answers).parse().expect("an address");
        Self { address, process, questions, answers }
    }

    /// What it has written since this was asked the last time.
    pub(crate) fn written(&mut self) -> Written {
        writeln!(self.questions, "written").expect("a server that runs");
        let answer = line(&mut self.answers);
        let (count, p99_ms) = answer.split_once(' ').expect("two numbers");
        Written {
            object_count: count.parse().expect("a number"),
            put_p99_ms: p99_ms.parse().expect("a number"),
        }
    }

    /// The time that it and this process have had of the processors, in seconds.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        [self.process.id(), std::process::id()].map(cpu_seconds).iter().sum()
    }

    /// The most memory it ever had, in MiB.
    pub(crate) fn memory_peak_mib(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("the status of a process");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|rest| rest.trim().strip_suffix(" kB")).expect("a size in kB");
        kib.trim().parse::<f64>().expect("a number") / 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The time that a process has had of the processors, in its own code and in the system.
fn cpu_seconds(process: u32) -> f64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process");
    // The name, which may contain anything, is in parentheses; two of the numbers after it are
    // times in hundredths of a second.
    let (_, numbers) = text.rsplit_once(')').expect("a name in parentheses");
    let times = numbers.split_whitespace().skip(11).take(2);
    times.map(|ticks| ticks.parse::<f64>().expect("a number") / 100.0).sum()
}

fn line(answers: &mut impl BufRead) -> String {
    let mut line = String::new();
    answers.read_line(&mut line).expect("a server that runs");
    line.trim().to_owned()
}
