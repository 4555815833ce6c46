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

use crate::cluster::Cluster;
use crate::place::Place;
use crate::s3_server::S3Server;
use crate::throughput::Subjects;
use crate::values::Values;

/// Values are medians of so many rounds.
const ROUND_COUNT: usize = 3;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match server::ordered() {
        Some(place) => runtime.block_on(server::serve(place)),
        None => runtime.block_on(measure()).leave(),
    }
}

async fn measure() -> Values {
    let subjects = Subjects::new();
    let mut values = Values::default();
    for _ in 0..ROUND_COUNT {
        let directory = tempfile::tempdir().expect("a directory");
        let place = Place::Embedded(directory.path().to_owned());
        throughput::measure(&subjects, &place, "embedded", &mut values).await;
    }
    // What is committed is on the disk, as in earnest.
    let cluster = Cluster::start_with("on");
    for _ in 0..ROUND_COUNT {
        let bucket = S3Server::start().await;
        let place =
            Place::Shared { database: cluster.make_database().await, objects: bucket.url() };
        throughput::measure(&subjects, &place, "shared", &mut values).await;
    }
    let bucket = S3Server::start().await;
    bucket.set_faults(remote::latency);
    let place = Place::Shared { database: cluster.make_database().await, objects: bucket.url() };
    remote::measure(&subjects, &place, &mut values).await;
    values
}
