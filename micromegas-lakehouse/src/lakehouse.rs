//! The handle: a metadata store and an object store that belong together.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use micromegas_transit::{LayoutHash, Payload, StreamLayout};
use object_store::ObjectStore;
use object_store::memory::InMemory;

use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::lake::{BlockRecord, PayloadLocation};
use crate::layout_cache::LayoutCache;
use crate::local::{self, DirectoryLock};
use crate::objects;
use crate::store::{MemoryStore, MetadataStore};

/// A lake and the ledger of its views. Clones share everything.
#[derive(Clone)]
pub struct Lakehouse {
    inner: Arc<Inner>,
}

struct Inner {
    store: Arc<dyn MetadataStore>,
    objects: Arc<dyn ObjectStore>,
    layouts: LayoutCache,
    /// Held for as long as some clone lives.
    _directory: Option<DirectoryLock>,
}

impl Lakehouse {
    /// A lakehouse on stores of the host's choice.
    pub fn new(store: Arc<dyn MetadataStore>, objects: Arc<dyn ObjectStore>) -> Self {
        Self::with_directory(store, objects, None)
    }

    /// A lakehouse that is forgotten when its last clone is dropped.
    pub fn in_memory() -> Self {
        Self::new(Arc::new(MemoryStore::new()), Arc::new(InMemory::new()))
    }

    /// Opens or makes a lakehouse in a local directory: `metadata.sqlite` and `objects/` in it.
    ///
    /// The directory belongs to this handle, and no other server may open it, until the last
    /// clone is dropped or the process ends, however it ends.
    ///
    /// # Errors
    ///
    /// [`Error::Unwritable`] if the directory or a file in it cannot be made or written,
    /// [`Error::InUse`] if another server has it, [`Error::Corrupt`] if the database is damaged,
    /// [`Error::Unsupported`] if a later version of this crate wrote it.
    pub async fn open_local(directory: impl AsRef<Path>) -> Result<Self> {
        Self::open_local_with(directory, Durability::default()).await
    }

    /// The same, with a choice of what an answered insert survives.
    ///
    /// # Errors
    ///
    /// As [`open_local`](Self::open_local).
    pub async fn open_local_with(
        directory: impl AsRef<Path>,
        durability: Durability,
    ) -> Result<Self> {
        let (store, objects, lock) = local::open(directory.as_ref(), durability).await?;
        Ok(Self::with_directory(store, objects, Some(lock)))
    }

    fn with_directory(
        store: Arc<dyn MetadataStore>,
        objects: Arc<dyn ObjectStore>,
        directory: Option<DirectoryLock>,
    ) -> Self {
        Self {
            inner: Arc::new(Inner {
                store,
                objects,
                layouts: LayoutCache::default(),
                _directory: directory,
            }),
        }
    }

    /// The metadata store.
    pub fn store(&self) -> &Arc<dyn MetadataStore> {
        &self.inner.store
    }

    /// The object store, which holds payloads and partition files.
    pub fn objects(&self) -> &Arc<dyn ObjectStore> {
        &self.inner.objects
    }

    /// A stream layout by its hash. Layouts never change, so they are read from the store once.
    ///
    /// # Errors
    ///
    /// As [`MetadataStore::fetch_layout`].
    pub async fn fetch_layout(&self, hash: LayoutHash) -> Result<Arc<StreamLayout>> {
        if let Some(layout) = self.inner.layouts.find(hash) {
            return Ok(layout);
        }
        let layout = self.inner.store.fetch_layout(hash).await?;
        self.inner.layouts.keep(hash, &layout);
        Ok(layout)
    }

    /// Reads the payload of a native block.
    ///
    /// # Errors
    ///
    /// As [`fetch_payload_bytes`](Self::fetch_payload_bytes), and [`Error::Corrupt`] if the bytes
    /// are not a payload.
    pub async fn fetch_payload(&self, block: &BlockRecord) -> Result<Payload> {
        let bytes = self.fetch_payload_bytes(&block.payload).await?;
        Payload::from_cbor(bytes).map_err(|source| {
            let what = format!("the payload of block {}", block.block_id);
            Error::corrupt_from(what, "it is not a payload document", source)
        })
    }

    /// Reads the bytes of a payload as they were stored.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`] if the object is gone, [`Error::Corrupt`] if it is too short,
    /// [`Error::Unavailable`] if the store does not answer.
    pub async fn fetch_payload_bytes(&self, location: &PayloadLocation) -> Result<Bytes> {
        objects::read(&*self.inner.objects, location).await
    }

    /// Asks both stores for something small.
    ///
    /// # Errors
    ///
    /// The error of the store that does not answer; its message names it.
    pub async fn check_ready(&self) -> Result<()> {
        self.inner.store.snapshot().await?;
        objects::probe(&*self.inner.objects).await
    }
}

impl fmt::Debug for Lakehouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lakehouse")
            .field("store", &self.inner.store)
            .field("objects", &self.inner.objects)
            .finish_non_exhaustive()
    }
}
