//! The command line of the indexer, and its course.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use micromegas_telemetry_sink::{SpoolOptions, TelemetryBuilder, TelemetryGuard};
use micromegas_tracing::Config;
use micromegas_tracing::prelude::*;
use tokio::sync::mpsc;

use super::progress;
use super::summary::Summary;
use super::workers::{self, Job};
use super::writer::{self, Index};

/// Entries that may wait for the writer.
const ENTRIES_WAITING_MAX: usize = 1024;

/// How long the last events may take to reach the server.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(60);

/// What `micromegas index` can be told.
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// The directory whose files are indexed
    #[arg(default_value = ".")]
    path: PathBuf,

    /// Go round again until so many seconds are over; 0: go round once
    #[arg(long, default_value_t = 0)]
    seconds: u64,

    /// Worker threads [default: as many as processors]
    #[arg(long)]
    threads: Option<usize>,

    /// Where to write the index, one line a file [default: nowhere]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// The server that takes the telemetry
    #[arg(long, env = "MICROMEGAS_TELEMETRY_URL", default_value = "http://127.0.0.1:9000")]
    url: String,

    /// The key to send telemetry with
    #[arg(long, env = "MICROMEGAS_INGESTION_API_KEY", hide_env_values = true, value_name = "KEY")]
    api_key: Option<String>,

    /// Keep in files below DIR what cannot be sent, also after a crash, for the next run or `micromegas open`
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,

    /// Print what was done as one JSON object
    #[arg(long)]
    json: bool,
}

const EXAMPLES: &str = "\
Examples:
  micromegas index src                       index a directory once, telemetry to the local server
  micromegas index . --seconds 60            again and again for a minute
  micromegas index . --output index.tsv      keep the index: hash, size, compressed size, lines, path";

/// Indexes the directory, and says what was done.
pub(crate) async fn run(args: Args) -> Result<()> {
    let mut telemetry = TelemetryBuilder::new()
        .with_config(Config::default().with_max_level(LevelFilter::Debug))
        .with_url(args.url.as_str());
    if let Some(key) = args.api_key {
        telemetry = telemetry.with_api_key(key);
    }
    if let Some(folder) = args.spool {
        telemetry = telemetry.with_spool(SpoolOptions::new(folder)).with_crash_handler(true);
    }
    let telemetry = telemetry.build().context("telemetry cannot be started")?;
    let files = list_files(&args.path)?;
    ensure!(!files.is_empty(), "{} holds no file to index", args.path.display());
    info!("indexing {} files below {}", files.len(), args.path.display());

    let job = Arc::new(Job::new(files, Duration::from_secs(args.seconds)));
    let index = open_index(args.output.as_deref()).await?;
    let (entries, receiver) = mpsc::channel(ENTRIES_WAITING_MAX);
    let writer = tokio::spawn(writer::write_index(receiver, index));
    let thread_count = args.threads.unwrap_or_else(processor_count).max(1);
    let progress = progress::start(&job);
    let workers = {
        let job = Arc::clone(&job);
        tokio::task::spawn_blocking(move || workers::run(&job, thread_count, entries))
    };
    workers.await??;
    writer.await?.context("the index cannot be written")?;
    progress.finish();
    info!("indexed {} files in {} rounds", job.file_count(), job.round_count());

    let summary = deliver(telemetry, &job)?;
    if args.json { summary.print_json() } else { summary.print_text() }
}

/// Waits until the server has everything, then takes stock.
fn deliver(telemetry: TelemetryGuard, job: &Job) -> Result<Summary> {
    let delivered = telemetry.flush(DELIVERY_TIMEOUT);
    let summary = Summary::new(job, micromegas_tracing::stats());
    ensure!(
        delivered,
        "the server did not take everything within {} s; is one running? start it with \
         `micromegas serve`, or name another with --url",
        DELIVERY_TIMEOUT.as_secs()
    );
    Ok(summary)
}

async fn open_index(output: Option<&Path>) -> Result<Index> {
    let Some(path) = output else { return Ok(Box::new(tokio::io::sink())) };
    let file = tokio::fs::File::create(path).await;
    Ok(Box::new(file.with_context(|| format!("cannot write the index to {}", path.display()))?))
}

/// All files below a directory, in the order of their names.
#[span_fn]
fn list_files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for item in walkdir::WalkDir::new(directory).sort_by_file_name() {
        match item {
            Ok(item) if item.file_type().is_file() => files.push(item.into_path()),
            Ok(_) => {}
            Err(error) if error.depth() == 0 => {
                return Err(error).context("there is nothing to index");
            }
            Err(error) => warn!("left out: {error}"),
        }
    }
    Ok(files)
}

fn processor_count() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}
