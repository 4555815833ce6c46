//! An object store that fails, or does not answer, as it is told.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};
use tokio::sync::watch;

/// What happens to requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    /// Nothing is done, and that is said.
    Fail,
    /// It is done, and said to have failed.
    FailAfterwards,
    /// Nothing is done or said until the fault is over; then all of it.
    Stall,
}

impl Fault {
    pub(super) const ALL: [(Self, &'static str); 4] = [
        (Self::None, "none"),
        (Self::Fail, "fail"),
        (Self::FailAfterwards, "fail afterwards"),
        (Self::Stall, "stall"),
    ];

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find_map(|(fault, own)| (own == name).then_some(fault))
    }

    pub(super) fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(fault, _)| *fault == self);
        found.map_or("", |(_, name)| name)
    }
}

#[derive(Debug)]
pub(super) struct FaultyObjects {
    pub(super) objects: Arc<dyn ObjectStore>,
    pub(super) fault: watch::Receiver<Fault>,
}

impl FaultyObjects {
    /// Before something is done.
    async fn before(&self) -> Result<()> {
        let mut fault = self.fault.clone();
        // Without a sender nothing changes any more.
        let fault = fault.wait_for(|fault| *fault != Fault::Stall).await;
        match fault.is_ok_and(|fault| *fault == Fault::Fail) {
            true => Err(failure()),
            false => Ok(()),
        }
    }

    /// After it was done.
    fn after<T>(&self, result: Result<T>) -> Result<T> {
        match *self.fault.borrow() {
            Fault::FailAfterwards => Err(failure()),
            _ => result,
        }
    }
}

fn failure() -> Error {
    Error::Generic { store: "faulty", source: std::io::Error::other("a fault").into() }
}

impl fmt::Display for FaultyObjects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("faulty")
    }
}

#[async_trait]
impl ObjectStore for FaultyObjects {
    async fn put_opts(&self, at: &Path, bytes: PutPayload, how: PutOptions) -> Result<PutResult> {
        self.before().await?;
        self.after(self.objects.put_opts(at, bytes, how).await)
    }

    async fn put_multipart_opts(
        &self,
        at: &Path,
        how: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.before().await?;
        self.objects.put_multipart_opts(at, how).await
    }

    async fn get_opts(&self, at: &Path, how: GetOptions) -> Result<GetResult> {
        self.before().await?;
        self.after(self.objects.get_opts(at, how).await)
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        match *self.fault.borrow() {
            Fault::Fail => stream::iter([Err(failure())]).boxed(),
            _ => self.objects.delete_stream(locations),
        }
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        match *self.fault.borrow() {
            Fault::Fail => stream::iter([Err(failure())]).boxed(),
            _ => self.objects.list(prefix),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.before().await?;
        self.after(self.objects.list_with_delimiter(prefix).await)
    }

    async fn copy_opts(&self, from: &Path, to: &Path, how: CopyOptions) -> Result<()> {
        self.before().await?;
        self.after(self.objects.copy_opts(from, to, how).await)
    }
}
