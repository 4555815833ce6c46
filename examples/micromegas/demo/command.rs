//! The command line of the demo, and its course.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use chrono::Utc;
use clap::Parser;
use micromegas_ingestion::LimitOptions;
use micromegas_lakehouse::{LakeOptions, Redaction, RetentionPolicy};
use tokio::process::Command;

use super::{corpus, report};
use crate::access::Access;
use crate::index::Summary;
use crate::query::QueryClient;
use crate::serve::stop_signal;
use crate::server::{Server, ServerConfig};
use crate::storage::Storage;

/// What `micromegas demo` can be told.
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The directory whose files are indexed [default: the sources of the crates cargo unpacked]
    #[arg(long)]
    path: Option<PathBuf>,

    /// How long the instrumented program works
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,

    /// Where the lake is kept [default: a fresh directory among the temporary files]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,

    /// Leave the server running at the end, until Ctrl-C
    #[arg(long)]
    keep_running: bool,
}

const EXAMPLES: &str = "\
Examples:
  micromegas demo
      Ten seconds of work on the sources of some hundred crates.
  micromegas demo --path ~/src --seconds 60
      A minute of work on your own files.
  micromegas demo --keep-running
      And then ask the server yourself.";

/// Serves, records, and asks.
pub(crate) async fn run(args: Args) -> Result<()> {
    let path = args.path.map_or_else(corpus::default_path, Ok)?;
    ensure!(path.is_dir(), "{} is no directory; name one with --path", path.display());
    let data_dir = args.data_dir.unwrap_or_else(fresh_directory);
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = ServerConfig {
        storage: Storage::directory(data_dir.clone()),
        http: any_port,
        flight: any_port,
        // For the time of the demo, on loopback.
        access: Access::for_everyone(),
        retention: RetentionPolicy::default(),
        limits: LimitOptions::default(),
        redaction: Redaction::default(),
        segment_window: LakeOptions::default().segment_window,
        own_telemetry: None,
    };
    let mut server = Server::start(config).await?;
    println!("A server of all roles keeps its lake in {}", data_dir.display());
    println!("An instrumented indexer works on {} for {} s …", path.display(), args.seconds);

    let summary = index(&path, args.seconds, &server.ingestion_url()).await?;
    println!("{}", summary.sentence());
    let mut client = QueryClient::connect(&server.query_url()).await?;
    let intact = report::print(&mut client, &summary).await;

    if args.keep_running {
        report::print_next_steps(&server.query_url(), &summary);
        println!("The server goes on until Ctrl-C.");
        let stop = stop_signal()?;
        tokio::select! {
            () = stop => {}
            error = server.failed() => return Err(error),
        }
    } else {
        report::print_how_to_serve(&data_dir);
        report::print_next_steps("http://127.0.0.1:50051", &summary);
    }
    server.shutdown().await?;
    intact
}

fn fresh_directory() -> PathBuf {
    std::env::temp_dir().join(format!("micromegas-demo-{}", Utc::now().format("%Y%m%dT%H%M%S%.3f")))
}

/// Runs the indexer as a process of its own, as any instrumented program would run.
async fn index(path: &Path, seconds: u64, url: &str) -> Result<Summary> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let output = Command::new(program)
        .arg("index")
        .arg(path)
        .args(["--json", "--seconds", &seconds.to_string(), "--url", url])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .output()
        .await
        .context("the indexer cannot be started")?;
    if !output.status.success() {
        bail!("the indexer failed ({})", output.status);
    }
    serde_json::from_slice(&output.stdout).context("the indexer's summary cannot be read")
}
