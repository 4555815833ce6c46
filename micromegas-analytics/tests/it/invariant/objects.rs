//! Objects in memory that let others go first, and fail when they are told to.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// Every operation has places before and after it where the task that does it can be dropped, as
/// if its process had been killed there.
#[derive(Debug, Default)]
pub(super) struct ShakyObjects {
    objects: InMemory,
    fails_in: AtomicI64,
}

impl ShakyObjects {
    /// Lets the operation after the next `count` ones fail.
    pub(super) fn fail_after(&self, count: i64) {
        self.fails_in.store(count + 1, Ordering::SeqCst);
    }

    /// Lets nothing fail.
    pub(super) fn heal(&self) {
        self.fails_in.store(0, Ordering::SeqCst);
    }

    async fn shake(&self) -> Result<()> {
        tokio::task::yield_now().await;
        if self.fails_in.load(Ordering::SeqCst) > 0
            && self.fails_in.fetch_sub(1, Ordering::SeqCst) == 1
        {
            return Err(object_store::Error::Generic { store: "shaky", source: "failing".into() });
        }
        Ok(())
    }
}

impl fmt::Display for ShakyObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ShakyObjects")
    }
}

#[async_trait]
impl ObjectStore for ShakyObjects {
    async fn put_opts(&self, at: &Path, data: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.shake().await?;
        let result = self.objects.put_opts(at, data, how).await;
        tokio::task::yield_now().await;
        result
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.shake().await?;
        self.objects.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.shake().await?;
        self.objects.get_opts(at, how).await
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

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.objects.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.objects.copy_opts(from, to, how).await
    }
}
