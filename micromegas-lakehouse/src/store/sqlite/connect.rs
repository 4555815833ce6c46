//! Connections: one writer, several readers.

use std::path::Path;
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Sqlite, SqliteConnection, Transaction};

use super::batch::STATEMENTS_MAX;
use super::checkpoint::Checkpointer;
use super::failure::{Failure, Result};
use super::schema;
use crate::durability::Durability;

/// How long a statement waits for another program that has the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause between attempts where SQLite does not wait by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(20);
/// How many queries read at a time.
const READERS_MAX: u32 = 8;
/// The bytes of a page of a new database. Ids are random, so a block changes a page of each index
/// over ids that no other block of its group does, and all of that page is written, twice: small
/// pages are a quarter of the bytes that SQLite's own choice would be.
const PAGE_BYTES: u32 = 1024;
/// After how many pages the writer itself moves the log into the database, which it comes to if the
/// [`Checkpointer`] falls behind: 256 MiB, and in a database of an earlier version, whose pages are
/// larger, a gibibyte.
const CHECKPOINT_PAGES: &str = "262144";
/// The writer's page cache: 64 MiB.
const WRITER_CACHE: &str = "-65536";
/// A reader's page cache: 8 MiB.
const READER_CACHE: &str = "-8192";

/// The connections of one database.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) writer: SqlitePool,
    pub(super) readers: SqlitePool,
    _checkpointer: Checkpointer,
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
            .page_size(PAGE_BYTES)
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
        let writer_options = options
            .clone()
            .pragma("cache_size", WRITER_CACHE)
            .statement_cache_capacity(STATEMENTS_MAX);
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
                .clone()
                .create_if_missing(false)
                .pragma("cache_size", READER_CACHE)
                .pragma("query_only", "1"),
        );
        let _checkpointer = Checkpointer::spawn(options.create_if_missing(false));
        Ok(Self { writer, readers, _checkpointer })
    }
}

/// Starts a transaction that holds the only write lock from its first statement on, so that what
/// it reads stays true until it commits.
pub(super) async fn begin(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>> {
    Ok(writer.begin_with(BEGIN).await?)
}

/// The statement that starts a transaction with the only write lock.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// A connection whose transaction is begun and committed by statements that travel with others:
/// each turn between the tasks and the connection's thread costs as much as storing a block.
///
/// Dropping it before [`committed`](Self::committed) closes the connection, which ends the
/// transaction without a trace.
#[derive(Debug)]
pub(super) struct TransactionByHand {
    connection: PoolConnection<Sqlite>,
    is_open: bool,
}

impl TransactionByHand {
    /// The writer; its next statement is to be [`BEGIN`].
    pub(super) async fn start(writer: &SqlitePool) -> Result<Self> {
        Ok(Self { connection: writer.acquire().await?, is_open: true })
    }

    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }

    /// Says that the transaction was committed.
    pub(super) fn committed(mut self) {
        self.is_open = false;
    }

    pub(super) async fn rollback(mut self) -> Result<()> {
        sqlx::query("ROLLBACK").execute(&mut *self.connection).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Drop for TransactionByHand {
    fn drop(&mut self) {
        if self.is_open {
            self.connection.close_on_drop();
        }
    }
}
