//! Where a server keeps its lake: a directory, or a database and an object store that many servers
//! share.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use micromegas_lakehouse::{
    Durability, Lakehouse, ObjectStoreOptions, PostgresOptions, PostgresStore, open_object_store,
};

/// Where a lake is kept.
#[derive(Clone)]
pub(crate) enum Storage {
    /// A directory of one server, made when it is not there.
    Directory {
        /// The directory.
        path: PathBuf,
        /// What an answered insert survives.
        durability: Durability,
    },
    /// What any number of servers share.
    Shared {
        /// The URL of a PostgreSQL database; it may hold a password.
        database: String,
        /// The URL of an object store; it may hold keys.
        objects: String,
    },
}

impl Storage {
    /// A directory that survives what programs do, not what the power does.
    pub(crate) fn directory(path: PathBuf) -> Self {
        Self::Directory { path, durability: Durability::default() }
    }

    /// Opens the stores, and brings the database to the newest schema.
    pub(crate) async fn open(&self) -> Result<Lakehouse> {
        match self {
            Self::Directory { path, durability } => {
                Ok(Lakehouse::open_local_with(path, *durability).await?)
            }
            Self::Shared { database, objects } => {
                let options = ObjectStoreOptions::default().with_environment(std::env::vars());
                let objects = open_object_store(objects, &options)?;
                let store = PostgresStore::connect(database, PostgresOptions::default()).await?;
                let lakehouse = Lakehouse::new(Arc::new(store), objects);
                lakehouse.check_ready().await.context("the lake cannot be used")?;
                Ok(lakehouse)
            }
        }
    }
}

impl fmt::Display for Storage {
    /// Without what may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Directory { path, .. } => path.display().fmt(f),
            Self::Shared { database, objects } => {
                write!(f, "{} and {}", place(objects), place(database))
            }
        }
    }
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A URL without user, password and settings.
fn place(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    match url.split_once("://") {
        Some((scheme, rest)) => {
            let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
            format!("{scheme}://{rest}")
        }
        None => String::from("…"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_without_its_secrets() {
        let storage = Storage::Shared {
            database: "postgres://me:p@ss@db.example/lake?password=secret".to_owned(),
            objects: "s3://bucket/folder?secret_access_key=secret".to_owned(),
        };
        let told = format!("{storage} {storage:?}");
        assert!(told.contains("s3://bucket/folder and postgres://db.example/lake"), "{told}");
        assert!(!told.contains("secret") && !told.contains("p@ss"), "{told}");
        assert_eq!(Storage::directory(PathBuf::from("/data")).to_string(), "/data");
    }
}
