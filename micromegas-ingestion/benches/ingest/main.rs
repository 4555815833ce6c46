//! Ingestion over HTTP: a server in a process of its own, and clients here that share its cores.
//!
//! `cargo xtask budget ingest` holds the values against their limits.

mod blocks;
#[expect(dead_code, clippy::unwrap_used, reason = "tests need more of it")]
#[path = "../../../micromegas-lakehouse/tests/it/cluster.rs"]
mod cluster;
mod load;
mod place;
mod remote;
#[expect(dead_code, clippy::unwrap_used, reason = "tests need more of it")]
#[path = "../../../micromegas-lakehouse/tests/it/s3_server.rs"]
mod s3_server;
mod server;
mod throughput;
mod timed;
mod values;

use std::path::Path;

use tokio::runtime::Handle;

use crate::cluster::Cluster;
use crate::place::Place;
use crate::s3_server::S3Server;
use crate::throughput::Subjects;
use crate::values::Values;

/// Values are medians of so many rounds.
const ROUND_COUNT: usize = 3;

fn main() {
    match server::ordered() {
        Some(place) => {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(server::serve(place));
        }
        // Clients have one thread, so that they take no more of the processors than they need.
        None => {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().expect("a runtime");
            let objects = tokio::runtime::Runtime::new().expect("a runtime");
            runtime.block_on(measure(objects.handle())).leave();
        }
    }
}

/// Measures on all stores, or on those that the command line names: `embedded`, `shared`, `remote`.
/// Servers of S3 run on `objects`.
async fn measure(objects: &Handle) -> Values {
    let asked: Vec<String> =
        std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_asked = |stores: &str| asked.is_empty() || asked.iter().any(|word| word == stores);
    let subjects = Subjects::new();
    let mut values = Values::default();
    if is_asked("embedded") {
        embedded(&subjects, &mut values).await;
    }
    if is_asked("shared") || is_asked("remote") {
        // What is committed is on the disk, as in earnest.
        let cluster = Cluster::start_with("on");
        if is_asked("shared") {
            shared(&cluster, objects, &subjects, &mut values).await;
        }
        if is_asked("remote") {
            remote(&cluster, objects, &subjects, &mut values).await;
        }
    }
    values
}

async fn embedded(subjects: &Subjects, values: &mut Values) {
    let mut directories = Vec::new();
    for _ in 0..ROUND_COUNT {
        let directory = tempfile::tempdir().expect("a directory");
        let place = Place::Embedded(directory.path().to_owned());
        throughput::measure(subjects, &place, "embedded", values).await;
        // For minutes after many files were deleted, some file systems look at each of them
        // whenever one is made. So the bytes go now, and the names with those of all rounds.
        empty_files(directory.path()).expect("a directory of files");
        directories.push(directory);
    }
}

fn empty_files(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            empty_files(&path)?;
        } else {
            std::fs::File::options().write(true).truncate(true).open(&path)?;
        }
    }
    Ok(())
}

async fn shared(cluster: &Cluster, objects: &Handle, subjects: &Subjects, values: &mut Values) {
    for _ in 0..ROUND_COUNT {
        let bucket = objects.spawn(S3Server::start()).await.expect("a server of S3");
        let place =
            Place::Shared { database: cluster.make_database().await, objects: bucket.url() };
        throughput::measure(subjects, &place, "shared", values).await;
    }
}

async fn remote(cluster: &Cluster, objects: &Handle, subjects: &Subjects, values: &mut Values) {
    let bucket = objects.spawn(S3Server::start()).await.expect("a server of S3");
    bucket.set_faults(remote::latency);
    let place = Place::Shared { database: cluster.make_database().await, objects: bucket.url() };
    remote::measure(subjects, &place, values).await;
}
