//! The write-ahead log goes into the database beside the writer, not in its way.

use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tokio::task::AbortHandle;

/// How often what was committed goes into the database.
const PERIOD: Duration = Duration::from_secs(1);
/// How long the last step may keep the writer waiting for readers that are under way.
const READERS_TIMEOUT: Duration = Duration::from_millis(20);
/// From so many pages on the log is to start anew: 64 MiB.
const LOG_PAGES: i64 = 65_536;

/// A task that moves the log into the database; it ends with this value.
///
/// When the writer does it, inserts wait for the disk meanwhile, at each time for a tenth of a
/// second. It still does if this task falls behind.
#[derive(Debug)]
pub(super) struct Checkpointer(AbortHandle);

impl Checkpointer {
    /// Starts the task on the current runtime.
    pub(super) fn spawn(options: SqliteConnectOptions) -> Self {
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .max_lifetime(None)
            .connect_lazy_with(options.busy_timeout(READERS_TIMEOUT));
        Self(tokio::spawn(run(pool)).abort_handle())
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn run(pool: SqlitePool) {
    let mut period = tokio::time::interval(PERIOD);
    period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        period.tick().await;
        // What fails is done the next time, or by the writer.
        let _ = checkpoint(&pool).await;
    }
}

/// Moves what is committed while the writer goes on, and then, if the log is long, what came
/// meanwhile while the writer waits, so that the log starts anew.
async fn checkpoint(pool: &SqlitePool) -> sqlx::Result<()> {
    let (_, page_count, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(pool).await?;
    if page_count >= LOG_PAGES {
        sqlx::query("PRAGMA wal_checkpoint(RESTART)").fetch_one(pool).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sqlx::Connection;

    use super::*;
    use crate::MetadataStore;
    use crate::store::SqliteStore;

    #[tokio::test]
    async fn a_long_log_goes_into_the_database_and_starts_anew() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("metadata.sqlite");
        let store = SqliteStore::open(&path).await.unwrap();
        let options = SqliteConnectOptions::new().filename(&path);
        let pool = SqlitePool::connect_with(options.clone()).await.unwrap();
        let mut writer = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        let statements = "PRAGMA wal_autocheckpoint = 0; CREATE TABLE filler (bytes BLOB); \
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20) \
            INSERT INTO filler SELECT zeroblob(4000000) FROM n";
        sqlx::raw_sql(statements).execute(&mut writer).await.unwrap();
        checkpoint(&pool).await.unwrap();
        let count: i64 =
            sqlx::query_scalar("SELECT count(*) FROM filler").fetch_one(&pool).await.unwrap();
        assert_eq!(count, 20);
        // The next writer begins at the start of the log.
        sqlx::raw_sql("DELETE FROM filler WHERE FALSE; INSERT INTO filler VALUES (NULL)")
            .execute(&mut writer)
            .await
            .unwrap();
        let (_, page_count, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)").fetch_one(&pool).await.unwrap();
        assert!(page_count < LOG_PAGES, "{page_count}");
        store.snapshot().await.unwrap();
    }
}
