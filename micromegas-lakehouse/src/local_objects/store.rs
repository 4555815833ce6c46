//! The object store over a local directory.

use std::fmt;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions,
    Result, UploadPart,
};

use super::files::{Naming, WholeFiles, remove_unfinished};
use crate::durability::Durability;

/// A local directory as an object store, which syncs what it writes if it is told to.
#[derive(Debug)]
pub(crate) struct LocalObjects {
    objects: LocalFileSystem,
    root: PathBuf,
    files: Arc<WholeFiles>,
    durability: Durability,
}

impl LocalObjects {
    /// Opens a directory that exists.
    pub(crate) fn open(root: PathBuf, durability: Durability) -> io::Result<Self> {
        let objects = LocalFileSystem::new_with_prefix(&root).map_err(io::Error::other)?;
        let root = root.canonicalize()?;
        let files = Arc::new(WholeFiles::new(root.clone(), durability));
        Ok(Self { objects, root, files, durability })
    }

    /// Removes the files that earlier servers did not finish; nothing else may use the directory.
    pub(crate) async fn remove_unfinished(&self) -> io::Result<()> {
        let root = self.root.clone();
        tokio::task::spawn_blocking(move || remove_unfinished(&root)).await?
    }

    /// The files, if they have to be synced.
    fn synced(&self) -> Option<Arc<WholeFiles>> {
        (self.durability == Durability::Fsync).then(|| Arc::clone(&self.files))
    }

    /// Syncs an object that was written otherwise.
    async fn sync(&self, at: &Path) -> Result<()> {
        let Some(files) = self.synced() else {
            return Ok(());
        };
        let path = self.objects.path_to_filesystem(at)?;
        blocking(at, move || files.sync(&path)).await
    }
}

/// Runs what waits for the disk apart from the tasks of the runtime.
async fn blocking(at: &Path, work: impl FnOnce() -> io::Result<()> + Send + 'static) -> Result<()> {
    let done = tokio::task::spawn_blocking(work).await?;
    done.map_err(|error| {
        let (path, kind) = (at.to_string(), error.kind());
        let source = Box::new(error);
        match kind {
            ErrorKind::AlreadyExists => Error::AlreadyExists { path, source },
            ErrorKind::NotFound => Error::NotFound { path, source },
            _ => Error::Generic { store: "LocalObjects", source },
        }
    })
}

impl fmt::Display for LocalObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LocalObjects({})", self.root.display())
    }
}

#[async_trait]
impl ObjectStore for LocalObjects {
    async fn put_opts(&self, at: &Path, data: PutPayload, how: PutOptions) -> Result<PutResult> {
        let naming = match how.mode {
            PutMode::Overwrite if how.attributes.is_empty() => Naming::Replace,
            PutMode::Create if how.attributes.is_empty() => Naming::Create,
            // It says what files cannot do.
            _ => return self.objects.put_opts(at, data, how).await,
        };
        let path = self.objects.path_to_filesystem(at)?;
        let files = Arc::clone(&self.files);
        let parts: Vec<Bytes> = data.into_iter().collect();
        blocking(at, move || files.write(&path, &parts, naming)).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let upload = self.objects.put_multipart_opts(at, how).await?;
        let Some(files) = self.synced() else {
            return Ok(upload);
        };
        let path = self.objects.path_to_filesystem(at)?;
        Ok(Box::new(SyncedUpload { upload, files, at: at.clone(), path }))
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.objects.get_opts(at, how).await
    }

    async fn get_ranges(&self, at: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.objects.get_ranges(at, ranges).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.objects.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list(prefix)
    }

    fn list_with_offset(
        &self,
        prefix: Option<&Path>,
        offset: &Path,
    ) -> BoxStream<'static, Result<ObjectMeta>> {
        self.objects.list_with_offset(prefix, offset)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, how).await?;
        self.sync(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, how: RenameOptions) -> Result<()> {
        self.objects.rename_opts(from, to, how).await?;
        self.sync(to).await
    }
}

/// An upload in parts whose end is synced.
#[derive(Debug)]
struct SyncedUpload {
    upload: Box<dyn MultipartUpload>,
    files: Arc<WholeFiles>,
    at: Path,
    path: PathBuf,
}

#[async_trait]
impl MultipartUpload for SyncedUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.upload.put_part(data)
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let result = self.upload.complete().await?;
        let (files, path) = (Arc::clone(&self.files), self.path.clone());
        blocking(&self.at, move || files.sync(&path)).await?;
        Ok(result)
    }

    async fn abort(&mut self) -> Result<()> {
        self.upload.abort().await
    }
}

#[cfg(test)]
mod tests {
    use futures::TryStreamExt;
    use object_store::ObjectStoreExt;

    use super::*;

    #[tokio::test]
    async fn objects_are_the_same_whether_they_are_synced() {
        for durability in [Durability::Process, Durability::Fsync] {
            let directory = tempfile::tempdir().unwrap();
            let objects = LocalObjects::open(directory.path().to_owned(), durability).unwrap();
            let [a, b, c] = ["x/a", "x/b", "y/z/c"].map(Path::from);
            let create = PutOptions::from(PutMode::Create);
            objects.put_opts(&a, PutPayload::from("first"), create.clone()).await.unwrap();
            let again = objects.put_opts(&a, PutPayload::from("other"), create).await;
            assert!(matches!(again, Err(Error::AlreadyExists { .. })), "{again:?}");
            objects.put(&b, PutPayload::from("old")).await.unwrap();
            objects.put(&b, PutPayload::from("new")).await.unwrap();
            let mut upload = objects.put_multipart(&c).await.unwrap();
            upload.put_part(PutPayload::from("part")).await.unwrap();
            upload.complete().await.unwrap();
            for (path, expected) in [(&a, "first"), (&b, "new"), (&c, "part")] {
                let bytes = objects.get(path).await.unwrap().bytes().await.unwrap();
                assert_eq!(bytes, expected);
            }
            objects.rename(&b, &Path::from("moved/b")).await.unwrap();
            objects.copy(&a, &b).await.unwrap();
            let found: Vec<_> = objects.list(None).try_collect().await.unwrap();
            assert_eq!(found.len(), 4, "{found:?}");
            objects.delete(&a).await.unwrap();
            assert!(matches!(objects.head(&a).await, Err(Error::NotFound { .. })));
        }
    }
}
