//! Several servers on one database.

use std::time::{Duration, Instant};

use micromegas_lakehouse::{MetadataStore, PostgresOptions, PostgresStore};
use tokio::task::JoinSet;

use crate::rows::Rows;
use crate::times::Times;

/// For how long servers commit.
const TIME: Duration = Duration::from_secs(5);
/// Blocks in a group of a server with little to do.
const GROUP: usize = 10;

/// What a fleet of servers did together.
#[derive(Debug)]
pub(crate) struct Fleet {
    pub(crate) commits_per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Lets servers commit small groups as fast as they can, each one after the other.
pub(crate) async fn measure(database: &str, server_count: u64, process_count: u64) -> Fleet {
    let mut servers = Vec::new();
    for number in 0..server_count {
        let store = PostgresStore::connect(database, PostgresOptions::default()).await;
        let mut rows = Rows::new(1_000 * server_count + number);
        rows.process_count = process_count;
        servers.push((store.expect("a database"), rows));
    }
    let start = Instant::now();
    let mut running = JoinSet::new();
    for (store, mut rows) in servers {
        running.spawn(async move {
            let mut times = Times::default();
            while start.elapsed() < TIME {
                let group = rows.blocks(GROUP);
                times.note(store.insert(group)).await.expect("a group is committed");
            }
            times
        });
    }
    let mut times = Times::default();
    for other in running.join_all().await {
        times.merge(other);
    }
    let commits_per_second = times.count() as f64 / start.elapsed().as_secs_f64();
    let [p50_ms, p99_ms] = [0.5, 0.99].map(|part| times.quantile_ms(part));
    Fleet { commits_per_second, p50_ms, p99_ms }
}
