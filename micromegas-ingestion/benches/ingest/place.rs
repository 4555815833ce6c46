//! Where a server keeps its lake.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use micromegas_lakehouse::{
    Lakehouse, ObjectStoreOptions, PostgresOptions, PostgresStore, open_object_store,
};

/// The stores of a server.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// SQLite and files in a directory.
    Embedded(PathBuf),
    /// PostgreSQL and an object store, by their URLs.
    Shared { database: String, objects: String },
}

impl Place {
    /// As a server gets it on its command line.
    pub(crate) fn arguments(&self) -> Vec<String> {
        match self {
            Self::Embedded(directory) => vec![directory.display().to_string()],
            Self::Shared { database, objects } => vec![database.clone(), objects.clone()],
        }
    }

    pub(crate) fn from_arguments(arguments: &[String]) -> Self {
        match arguments {
            [directory] => Self::Embedded(Path::new(directory).to_owned()),
            [database, objects] => {
                Self::Shared { database: database.clone(), objects: objects.clone() }
            }
            other => panic!("no place: {other:?}"),
        }
    }

    pub(crate) async fn open(&self) -> Lakehouse {
        match self {
            Self::Embedded(directory) => {
                Lakehouse::open_local(directory).await.expect("a directory")
            }
            Self::Shared { database, objects } => {
                let options = ObjectStoreOptions::default();
                let objects = open_object_store(objects, &options).expect("an object store");
                let store = PostgresStore::connect(database, PostgresOptions::default()).await;
                Lakehouse::new(Arc::new(store.expect("a database")), objects)
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Embedded(_) => "SQLite and files",
            Self::Shared { .. } => "PostgreSQL and S3",
        })
    }
}
