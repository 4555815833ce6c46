//! The metadata of a large fleet: whether a million processes and ten million blocks slow a store
//! down, and what several servers commit to one database.
//!
//! `cargo xtask budget metadata` holds the values against their limits; with `--scale` it makes a
//! share of the rows.

#[expect(dead_code, clippy::unwrap_used, reason = "tests need more of it")]
#[path = "../../tests/it/cluster.rs"]
mod cluster;
mod fleet;
mod growth;
mod rows;
mod times;

use std::path::PathBuf;
use std::sync::Arc;

use micromegas_benches::leave_value;
use micromegas_lakehouse::{MetadataStore, PostgresOptions, PostgresStore, SqliteStore};
use sqlx::{Connection, PgConnection};

use crate::growth::Growth;
use crate::rows::Rows;

fn main() {
    let scale = variable("MICROMEGAS_BENCH_SCALE")
        .map_or(1.0, |scale| scale.parse().expect("the scale is a number"));
    let values = Values(variable("CRITERION_HOME").map(PathBuf::from));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        embedded(&values, scale).await;
        shared(&values, scale).await;
    });
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the way from the command to the bench")]
    std::env::var(name).ok()
}

async fn embedded(values: &Values, scale: f64) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("metadata.sqlite");
    let store = SqliteStore::open(&path).await.expect("a database");
    let store: Arc<dyn MetadataStore> = Arc::new(store);
    let growth = growth::measure(&store, &mut Rows::new(1), scale).await;
    values.leave_growth("sqlite", &growth);
    let bytes = std::fs::metadata(&path).map_or(0, |file| file.len());
    values.leave("sqlite_bytes_per_block", bytes as f64 / growth.block_count as f64);
}

async fn shared(values: &Values, scale: f64) {
    // What is committed is on the disk, as in earnest.
    let cluster = cluster::Cluster::start_with("on");
    let database = cluster.make_database().await;
    let store = PostgresStore::connect(&database, PostgresOptions::default()).await;
    let store: Arc<dyn MetadataStore> = Arc::new(store.expect("a database"));
    let growth = growth::measure(&store, &mut Rows::new(1), scale).await;
    values.leave_growth("postgres", &growth);
    let bytes = database_bytes(&database).await.expect("a size");
    values.leave("postgres_bytes_per_block", bytes as f64 / growth.block_count as f64);
    for server_count in [1, 4, 16] {
        let fleet = fleet::measure(&database, server_count, growth.process_count).await;
        values.leave(&format!("commits_{server_count}_servers"), fleet.commits_per_second);
        values.leave(&format!("commit_p50_{server_count}_servers"), fleet.p50_ms);
        values.leave(&format!("commit_p99_{server_count}_servers"), fleet.p99_ms);
    }
}

/// What a database takes of the disk.
async fn database_bytes(database: &str) -> sqlx::Result<i64> {
    let mut connection = PgConnection::connect(database).await?;
    let size = sqlx::query_scalar("SELECT pg_database_size(current_database())");
    size.fetch_one(&mut connection).await
}

/// Where values are left, if somebody wants them.
struct Values(Option<PathBuf>);

impl Values {
    fn leave(&self, name: &str, value: f64) {
        eprintln!("{name}: {value:.3}");
        if let Some(folder) = &self.0 {
            leave_value(folder, &format!("metadata/{name}"), value).expect("a folder for values");
        }
    }

    fn leave_growth(&self, store: &str, Growth { first, last, .. }: &Growth) {
        self.leave(&format!("{store}_rows"), last.rows_per_second);
        let ratio = last.rows_per_second / first.rows_per_second;
        self.leave(&format!("{store}_rows_last_over_first"), ratio);
        for (what, first, last) in [
            ("process", first.process_p99_ms, last.process_p99_ms),
            ("blocks_of_process", first.blocks_of_process_p99_ms, last.blocks_of_process_p99_ms),
            ("blocks_of_time", first.blocks_of_time_p99_ms, last.blocks_of_time_p99_ms),
        ] {
            self.leave(&format!("{store}_{what}_p99"), last);
            self.leave(&format!("{store}_{what}_p99_last_over_first"), last / first);
        }
    }
}
