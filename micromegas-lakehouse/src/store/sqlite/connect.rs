//! Connections: one writer, several readers.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite, Transaction};

use super::failure::{Failure, Result};
use super::schema;
use crate::durability::Durability;

/// How long a statement waits for another program that has the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between attempts where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// How many queries read at a time.
const READERS_MAX: u32 = 8;
/// After how many pages the log goes into the database: 64 MiB, since one group changes many
/// pages of indexes over random ids.
const CHECKPOINT_PAGES: &str = "16384";
/// The writer's page cache: 64 MiB.
const WRITER_CACHE: &str = "-65536";
/// A reader's page cache: 8 MiB.
const READER_CACHE: &str = "-8192";

/// The connections of one database.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
}

impl Connections {
    /// Opens or makes the database and brings it to the newest schema.
    pub(super) async fn open(path: &Path, durability: Durability) -> Result<Self> {
        // The log survives the death of the process without a sync, and a sync at each checkpoint
        // keeps the database whole whatever happens to the machine.
        let synchronous = match durability {
            Durability::Process => SqliteSynchronous::Normal,
            Durability::Fsync => SqliteSynchronous::Full,
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .busy_timeout(BUSY_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
            .disable_statement_logging();
        let pool = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .test_before_acquire(false)
                .max_lifetime(None)
        };
        let writer_options = options.clone().pragma("cache_size", WRITER_CACHE);
        let deadline = Instant::now() + BUSY_TIMEOUT;
        let writer = loop {
            let pool = pool(1).idle_timeout(None).connect_with(writer_options.clone()).await;
            match pool.map_err(Failure::from) {
                Ok(pool) => break pool,
                // SQLite does not wait by itself while another connection turns a fresh database
                // to the write-ahead log.
                Err(failure) if failure.is_busy() && Instant::now() < deadline => {
                    tokio::time::sleep(BUSY_PAUSE).await;
                }
                Err(failure) => return Err(failure),
            }
        };
        schema::migrate(&mut *writer.acquire().await?, path).await?;
        let readers = pool(READERS_MAX).connect_lazy_with(
            options
                .create_if_missing(false)
                .pragma("cache_size", READER_CACHE)
                .pragma("query_only", "1"),
        );
        Ok(Self { writer, readers })
    }
}

/// Starts a transaction that holds the only write lock from its first statement on, so that what
/// it reads stays true until it commits.
pub(super) async fn begin(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>> {
    Ok(writer.begin_with("BEGIN IMMEDIATE").await?)
}
