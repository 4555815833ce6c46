//! Objects: putting payloads once and reading ranges back.

use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutPayload};

use crate::error::{Error, Result};
use crate::lake::PayloadLocation;

/// Writes an object unless it exists, and tells the size of what is there now.
///
/// An object of that key is the same payload, left by an earlier attempt whose row was not
/// committed; readers must see its size, so that a torn retry cannot misplace bytes.
pub(crate) async fn put_once(objects: &dyn ObjectStore, key: &str, bytes: Bytes) -> Result<u64> {
    let path = Path::from(key);
    let size = bytes.len() as u64;
    let payload = PutPayload::from(bytes.clone());
    match objects.put_opts(&path, payload, PutMode::Create.into()).await {
        Ok(_) => Ok(size),
        Err(object_store::Error::AlreadyExists { .. }) => {
            let existing = objects.head(&path).await;
            existing.map(|meta| meta.size).map_err(|error| unavailable(key, error))
        }
        Err(object_store::Error::NotImplemented { .. }) => {
            put_unless_seen(objects, key, bytes).await
        }
        Err(error) => Err(not_taken(key, error)),
    }
}

/// The same on a store that cannot make a write depend on absence.
async fn put_unless_seen(objects: &dyn ObjectStore, key: &str, bytes: Bytes) -> Result<u64> {
    let path = Path::from(key);
    let size = bytes.len() as u64;
    match objects.head(&path).await {
        Ok(meta) => Ok(meta.size),
        Err(object_store::Error::NotFound { .. }) => {
            let written = objects.put(&path, PutPayload::from(bytes)).await;
            written.map(|_| size).map_err(|error| not_taken(key, error))
        }
        Err(error) => Err(unavailable(key, error)),
    }
}

/// Writes an object under a key that nothing else has.
pub(crate) async fn put_new(
    objects: &dyn ObjectStore,
    key: &str,
    payload: PutPayload,
) -> Result<()> {
    // Writing it twice is harmless, so an answer that is lost on the way is asked for again.
    let written = objects.put(&Path::from(key), payload).await;
    written.map(|_| ()).map_err(|error| not_taken(key, error))
}

/// Reads the bytes of a payload.
///
/// # Errors
///
/// [`Error::NotFound`] if the object is gone, [`Error::Corrupt`] if it is too short,
/// [`Error::Unavailable`] if the store does not answer.
pub(crate) async fn read(objects: &dyn ObjectStore, location: &PayloadLocation) -> Result<Bytes> {
    if location.length == 0 {
        return Ok(Bytes::new());
    }
    let path = Path::from(location.key.as_str());
    let end = location.offset.saturating_add(location.length);
    match objects.get_range(&path, location.offset..end).await {
        Ok(bytes) if bytes.len() as u64 == location.length => Ok(bytes),
        Ok(_) => Err(too_short(location)),
        Err(object_store::Error::NotFound { .. }) => {
            Err(Error::not_found(format!("object {}", location.key)))
        }
        Err(error) => match objects.head(&path).await {
            Ok(meta) if meta.size < end => Err(too_short(location)),
            _ => Err(unavailable(&location.key, error)),
        },
    }
}

/// Asks the store for an object that is not there, which shows that it answers.
pub(crate) async fn probe(objects: &dyn ObjectStore) -> Result<()> {
    match objects.head(&Path::from("ready/probe")).await {
        Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(Error::unavailable_from("the object store does not answer", error)),
    }
}

fn not_taken(key: &str, error: object_store::Error) -> Error {
    Error::unavailable_from(format!("the object store did not take {key}"), error)
}

fn unavailable(key: &str, error: object_store::Error) -> Error {
    Error::unavailable_from(format!("the object store did not give {key}"), error)
}

fn too_short(location: &PayloadLocation) -> Error {
    Error::corrupt(
        format!("object {}", location.key),
        format!("it ends before byte {}", location.offset.saturating_add(location.length)),
    )
}

#[cfg(test)]
mod tests {
    use object_store::memory::InMemory;

    use super::*;

    #[tokio::test]
    async fn an_object_is_written_once() {
        let objects = InMemory::new();
        assert_eq!(put_once(&objects, "a/b", Bytes::from_static(b"first")).await.unwrap(), 5);
        assert_eq!(put_once(&objects, "a/b", Bytes::from_static(b"other!")).await.unwrap(), 5);
        let location = PayloadLocation::whole_object("a/b".to_owned(), 5);
        assert_eq!(read(&objects, &location).await.unwrap(), "first");
    }

    #[tokio::test]
    async fn a_range_is_read_and_its_absence_is_told_apart() {
        let objects = InMemory::new();
        put_once(&objects, "segment", Bytes::from_static(b"0123456789")).await.unwrap();
        let at =
            |key: &str, offset, length| PayloadLocation { key: key.to_owned(), offset, length };
        assert_eq!(read(&objects, &at("segment", 3, 4)).await.unwrap(), "3456");
        assert_eq!(read(&objects, &at("segment", 3, 0)).await.unwrap(), "");
        let short = read(&objects, &at("segment", 8, 4)).await.unwrap_err();
        assert!(matches!(short, Error::Corrupt { .. }), "{short:?}");
        let beyond = read(&objects, &at("segment", 80, 4)).await.unwrap_err();
        assert!(matches!(beyond, Error::Corrupt { .. }), "{beyond:?}");
        let gone = read(&objects, &at("other", 0, 4)).await.unwrap_err();
        assert!(matches!(gone, Error::NotFound { .. }), "{gone:?}");
        probe(&objects).await.unwrap();
    }
}
