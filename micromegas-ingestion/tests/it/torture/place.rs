//! The lakes that are tortured.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use micromegas_lakehouse::{
    Lakehouse, ObjectStoreOptions, PostgresOptions, PostgresStore, SqliteStore, open_object_store,
};
use object_store::local::LocalFileSystem;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, PgConnection};
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::s3_server::S3Server;

/// The stores of a lake.
pub(super) enum Place {
    Embedded { directory: TempDir },
    Shared { cluster: Arc<Cluster>, database: String, bucket: S3Server },
}

impl Place {
    pub(super) async fn embedded() -> Self {
        Self::Embedded { directory: tempfile::tempdir().unwrap() }
    }

    pub(super) async fn shared() -> Self {
        let cluster = tokio::task::spawn_blocking(Cluster::start).await.unwrap();
        let database = cluster.make_database().await;
        Self::Shared { cluster: Arc::new(cluster), database, bucket: S3Server::start().await }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Embedded { .. } => "SQLite and files",
            Self::Shared { .. } => "PostgreSQL and S3",
        }
    }

    /// As a server gets it.
    pub(super) fn order(&self) -> String {
        match self {
            Self::Embedded { directory } => directory.path().display().to_string(),
            Self::Shared { database, bucket, .. } => format!("{database} {}", bucket.url()),
        }
    }

    /// The lake as somebody sees it who only reads, beside the servers.
    pub(super) async fn view(&self) -> Lakehouse {
        match self {
            Self::Embedded { .. } => {
                let store = SqliteStore::open(self.sqlite_path()).await.unwrap();
                let objects = LocalFileSystem::new_with_prefix(self.objects_path()).unwrap();
                Lakehouse::new(Arc::new(store), Arc::new(objects))
            }
            Self::Shared { .. } => open_shared(&self.order()).await,
        }
    }

    /// Holds the lock that every group commit takes, for so long. From then on the store's clock
    /// is ahead by so many minutes, as if that had been the time.
    pub(super) async fn hold_commits(&self, time: Duration, minutes: i64) {
        let nanos = minutes * 60_000_000_000;
        let update = format!("UPDATE lake_state SET insert_time = insert_time + {nanos}");
        // The database may be away, or others may have the lock for too long: then not.
        let _ = match self {
            Self::Embedded { .. } => self.hold_sqlite(&update, time).await,
            Self::Shared { database, .. } => hold_postgres(database, &update, time).await,
        };
    }

    async fn hold_sqlite(&self, update: &str, time: Duration) -> sqlx::Result<()> {
        let options = SqliteConnectOptions::new().filename(self.sqlite_path());
        let mut connection = options.busy_timeout(Duration::from_secs(5)).connect().await?;
        let begin = sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await;
        if begin.is_ok() {
            sqlx::query(sqlx::AssertSqlSafe(update.to_owned())).execute(&mut connection).await?;
            tokio::time::sleep(time).await;
            sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
        }
        connection.close().await
    }

    fn sqlite_path(&self) -> PathBuf {
        self.embedded_path("metadata.sqlite")
    }

    fn objects_path(&self) -> PathBuf {
        self.embedded_path("objects")
    }

    fn embedded_path(&self, name: &str) -> PathBuf {
        let Self::Embedded { directory } = self else { panic!("no directory") };
        directory.path().join(name)
    }
}

async fn hold_postgres(database: &str, update: &str, time: Duration) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(database).await?;
    let update = update.replace("lake_state", "micromegas.lake_state");
    let mut transaction = connection.begin().await?;
    sqlx::query(sqlx::AssertSqlSafe(update)).execute(&mut *transaction).await?;
    tokio::time::sleep(time).await;
    transaction.commit().await
}

/// Opens a database and a bucket; waits for those that are away.
pub(super) async fn open_shared(order: &str) -> Lakehouse {
    let (database, objects) = order.split_once(' ').unwrap();
    let store = loop {
        match PostgresStore::connect(database, PostgresOptions::default()).await {
            Ok(store) => break store,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let options =
        ObjectStoreOptions { retry_timeout: Duration::from_secs(2), ..Default::default() };
    Lakehouse::new(Arc::new(store), open_object_store(objects, &options).unwrap())
}
