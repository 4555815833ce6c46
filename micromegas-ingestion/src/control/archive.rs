//! Rules in the object store: small JSON objects under `control/`.

use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt as _;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _};

use super::rule::ControlRule;
use crate::Error;

/// How long one exchange with the store may take.
const STORE_TIMEOUT: Duration = Duration::from_secs(10);
/// More rules of all tenants than this are not read.
const RULE_COUNT_MAX: usize = 10_000;

/// Where rules are kept.
#[derive(Debug)]
pub(super) struct Archive {
    objects: Arc<dyn ObjectStore>,
    retry_after: Duration,
}

impl Archive {
    pub(super) fn new(objects: Arc<dyn ObjectStore>, retry_after: Duration) -> Self {
        Self { objects, retry_after }
    }

    /// Where a rule is kept.
    pub(super) fn path_of(rule: &ControlRule) -> Path {
        Path::from_iter(["control", "rules", rule.tenant.as_str(), &format!("{}.json", rule.id)])
    }

    /// Where rules are kept that have not been removed.
    pub(super) async fn list_rules(&self) -> Result<Vec<Path>, Error> {
        let folder = Path::from_iter(["control", "rules"]);
        let mut found = self.objects.list(Some(&folder));
        let listing = async {
            let mut paths = Vec::new();
            while let Some(meta) = found.try_next().await? {
                paths.push(meta.location);
                if paths.len() >= RULE_COUNT_MAX {
                    break;
                }
            }
            Ok(paths)
        };
        self.within(listing).await
    }

    /// A rule, if it is still there and one.
    pub(super) async fn fetch_rule(&self, path: &Path) -> Result<Option<ControlRule>, Error> {
        let Some(bytes) = self.fetch(path).await? else { return Ok(None) };
        let rule = serde_json::from_slice::<ControlRule>(&bytes).ok();
        Ok(rule.filter(|rule| Self::path_of(rule) == *path))
    }

    pub(super) async fn put_rule(&self, rule: &ControlRule) -> Result<(), Error> {
        self.put(Self::path_of(rule), rule).await
    }

    /// A rule that is gone already is a success.
    pub(super) async fn delete_rule(&self, rule: &ControlRule) -> Result<(), Error> {
        let path = Self::path_of(rule);
        let deleting = async {
            match self.objects.delete(&path).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                other => other,
            }
        };
        self.within(deleting).await
    }

    async fn fetch(&self, path: &Path) -> Result<Option<bytes::Bytes>, Error> {
        let fetching = async {
            match self.objects.get(path).await {
                Ok(found) => found.bytes().await.map(Some),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(error),
            }
        };
        self.within(fetching).await
    }

    async fn put(&self, path: Path, value: &impl serde::Serialize) -> Result<(), Error> {
        let document = serde_json::to_vec(value).map_err(|source| Error::InvalidInput {
            reason: "the rule cannot be written".to_owned(),
            source: Some(Box::new(source)),
        })?;
        let putting = self.objects.put(&path, document.into());
        self.within(putting).await.map(|_| ())
    }

    async fn within<T>(
        &self,
        exchange: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Error> {
        let unavailable = |source: Option<object_store::Error>| Error::Unavailable {
            what: "the object store does not answer; try again later".to_owned(),
            retry_after: self.retry_after,
            source: source.map(|source| Box::new(source) as _),
        };
        match tokio::time::timeout(STORE_TIMEOUT, exchange).await {
            Ok(outcome) => outcome.map_err(|error| unavailable(Some(error))),
            Err(_) => Err(unavailable(None)),
        }
    }
}
