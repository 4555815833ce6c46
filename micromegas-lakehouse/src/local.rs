//! A lakehouse in a local directory.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use object_store::ObjectStore;

use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::local_objects::LocalObjects;
use crate::store::{MetadataStore, SqliteStore};

/// The name of the database in the directory.
pub(crate) const DATABASE_NAME: &str = "metadata.sqlite";
/// The name of the folder of objects.
const OBJECTS_NAME: &str = "objects";
/// The name of the file whose lock tells that a server has the directory.
const LOCK_NAME: &str = "server.lock";
/// The name of a file that is made and removed to see whether objects can be written.
const PROBE_NAME: &str = ".writable";

/// The claim on a directory. The system ends it with the process, so nothing has to be cleaned
/// up after a crash.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

/// What a directory holds.
type Opened = (Arc<dyn MetadataStore>, Arc<dyn ObjectStore>, DirectoryLock);

/// Opens or makes the stores of a directory.
pub(crate) async fn open(directory: &Path, durability: Durability) -> Result<Opened> {
    let objects_directory = directory.join(OBJECTS_NAME);
    fs::create_dir_all(&objects_directory).map_err(|error| unwritable(directory, error))?;
    let lock = lock(directory)?;
    let probe = objects_directory.join(PROBE_NAME);
    fs::write(&probe, b"").map_err(|error| unwritable(&objects_directory, error))?;
    fs::remove_file(&probe).map_err(|error| unwritable(&objects_directory, error))?;
    let objects = LocalObjects::open(objects_directory.clone(), durability)
        .map_err(|error| unwritable(&objects_directory, error))?;
    let unfinished = objects.remove_unfinished().await;
    unfinished.map_err(|error| unwritable(&objects_directory, error))?;
    let store = SqliteStore::open_with(directory.join(DATABASE_NAME), durability).await?;
    Ok((Arc::new(store), Arc::new(objects), lock))
}

fn lock(directory: &Path) -> Result<DirectoryLock> {
    let path = directory.join(LOCK_NAME);
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| unwritable(&path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(DirectoryLock { _file: file }),
        Err(TryLockError::WouldBlock) => Err(Error::InUse { path: directory.to_owned() }),
        Err(TryLockError::Error(error)) => Err(unwritable(&path, error)),
    }
}

fn unwritable(path: &Path, error: io::Error) -> Error {
    Error::Unwritable { path: path.to_owned(), source: Arc::new(error) }
}
