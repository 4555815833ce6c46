//! All stores pass the suite.

use std::sync::Arc;

use async_trait::async_trait;
use micromegas_lakehouse::conformance::{self, Subject};
use micromegas_lakehouse::{
    MemoryStore, MetadataStore, PostgresOptions, PostgresStore, SqliteStore,
};
use tempfile::TempDir;

use crate::cluster;

struct Memory(Arc<MemoryStore>);

#[async_trait]
impl Subject for Memory {
    fn store(&self) -> Arc<dyn MetadataStore> {
        Arc::clone(&self.0) as Arc<dyn MetadataStore>
    }
}

struct Sqlite {
    store: Arc<SqliteStore>,
    directory: TempDir,
}

impl Sqlite {
    async fn open(directory: TempDir) -> Box<dyn Subject> {
        let store = SqliteStore::open(directory.path().join("metadata.sqlite")).await.unwrap();
        Box::new(Self { store: Arc::new(store), directory })
    }
}

#[async_trait]
impl Subject for Sqlite {
    fn store(&self) -> Arc<dyn MetadataStore> {
        Arc::clone(&self.store) as Arc<dyn MetadataStore>
    }

    async fn reopen(self: Box<Self>) -> Option<Box<dyn Subject>> {
        self.store.close().await;
        Some(Self::open(self.directory).await)
    }
}

struct Postgres {
    store: Arc<PostgresStore>,
    url: String,
}

impl Postgres {
    async fn open(url: String) -> Box<dyn Subject> {
        let store = PostgresStore::connect(&url, PostgresOptions::default()).await.unwrap();
        Box::new(Self { store: Arc::new(store), url })
    }
}

#[async_trait]
impl Subject for Postgres {
    fn store(&self) -> Arc<dyn MetadataStore> {
        Arc::clone(&self.store) as Arc<dyn MetadataStore>
    }

    async fn reopen(self: Box<Self>) -> Option<Box<dyn Subject>> {
        self.store.close().await;
        Some(Self::open(self.url).await)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_store_conforms() {
    conformance::run(|| async { Box::new(Memory(Arc::default())) as Box<dyn Subject> }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_store_conforms() {
    conformance::run(|| Sqlite::open(tempfile::tempdir().unwrap())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_postgres_store_conforms() {
    conformance::run(|| async { Postgres::open(cluster::shared().make_database().await).await })
        .await;
}
