//! Object stores by URL.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreScheme};
use url::Url;

use crate::durability::Durability;
use crate::error::{Error, Result};
use crate::local_objects::LocalObjects;

/// Settings of an object store, and how long a request is tried.
///
/// Each kind of store has settings of its own, named as in
/// [`object_store`]: see [`open_object_store`].
#[derive(Clone)]
pub struct ObjectStoreOptions {
    /// How long a request that failed for a passing reason is repeated, with growing pauses,
    /// before its caller is told. An insert is answered "later" then, and its client keeps it.
    pub retry_timeout: Duration,
    /// The most repetitions of one request.
    pub retries_max: usize,
    /// Settings by name; one that the store does not know is refused.
    pub settings: Vec<(String, String)>,
    /// Settings by the name of an environment's variable; others are ignored.
    pub environment: Vec<(String, String)>,
}

impl Default for ObjectStoreOptions {
    fn default() -> Self {
        Self {
            retry_timeout: Duration::from_secs(15),
            retries_max: 6,
            settings: Vec::new(),
            environment: Vec::new(),
        }
    }
}

impl ObjectStoreOptions {
    /// Sets one setting; one that the store does not know is refused when it is opened.
    #[must_use]
    pub fn with_setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Takes settings of the environment's variables, such as `AWS_ACCESS_KEY_ID`: those that the
    /// store knows in lower case and that begin with `AWS_`, `AZURE_` or `GOOGLE_`. Others are
    /// ignored, and [`with_setting`](Self::with_setting) goes before them.
    #[must_use]
    pub fn with_environment(
        mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let ours = |name: &str| {
            ["AWS_", "AZURE_", "GOOGLE_"].iter().any(|prefix| name.starts_with(prefix))
        };
        self.environment.extend(variables.into_iter().filter(|(name, _)| ours(name)));
        self
    }
}

impl fmt::Debug for ObjectStoreOptions {
    /// Without values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |pairs: &[(String, String)]| {
            pairs.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>()
        };
        f.debug_struct("ObjectStoreOptions")
            .field("retry_timeout", &self.retry_timeout)
            .field("retries_max", &self.retries_max)
            .field("settings", &names(&self.settings))
            .field("environment", &names(&self.environment))
            .finish()
    }
}

#[doc = include_str!("object_url.md")]
///
/// # Errors
///
/// [`Error::InvalidInput`] if the URL or a setting cannot be read, [`Error::Unsupported`] if this
/// build has no support for such stores, [`Error::Unwritable`] if a local directory cannot be
/// made. Whether the store answers is shown by [`Lakehouse::check_ready`](crate::Lakehouse::check_ready).
pub fn open_object_store(url: &str, options: &ObjectStoreOptions) -> Result<Arc<dyn ObjectStore>> {
    let mut parsed = Url::parse(url).map_err(|error| {
        Error::invalid(format!(
            "the address of the object store must be a URL such as s3://bucket/folder ({error})"
        ))
    })?;
    let mut options = options.clone();
    for (name, value) in parsed.query_pairs() {
        options.settings.push((name.into_owned(), value.into_owned()));
    }
    parsed.set_query(None);
    let (scheme, prefix) = ObjectStoreScheme::parse(&parsed)
        .map_err(|error| Error::invalid(format!("no object store has this address: {error}")))?;
    let store: Arc<dyn ObjectStore> = match scheme {
        ObjectStoreScheme::Local => {
            return local_directory(&parsed, &options);
        }
        ObjectStoreScheme::Memory => {
            options.refuse_settings("memory")?;
            Arc::new(InMemory::new())
        }
        #[cfg(feature = "aws")]
        ObjectStoreScheme::AmazonS3 => options.open_aws(&parsed)?,
        #[cfg(feature = "azure")]
        ObjectStoreScheme::MicrosoftAzure => options.open_azure(&parsed)?,
        #[cfg(feature = "gcp")]
        ObjectStoreScheme::GoogleCloudStorage => options.open_gcp(&parsed)?,
        scheme => return Err(unsupported(&scheme)),
    };
    Ok(if prefix == Path::default() { store } else { Arc::new(PrefixStore::new(store, prefix)) })
}

/// A directory, made if it is missing.
fn local_directory(url: &Url, options: &ObjectStoreOptions) -> Result<Arc<dyn ObjectStore>> {
    let mut durability = Durability::default();
    for (name, value) in &options.settings {
        match name.as_str() {
            "durability" => durability = value.parse()?,
            _ => return Err(no_setting("a local directory", name)),
        }
    }
    let path: PathBuf = url
        .to_file_path()
        .map_err(|()| Error::invalid("a file URL has an absolute path: file:///var/lib/lake"))?;
    let opened = std::fs::create_dir_all(&path)
        .and_then(|()| LocalObjects::open(path.clone(), durability))
        .map_err(|error| Error::Unwritable { path, source: Arc::new(error) })?;
    Ok(Arc::new(opened))
}

fn unsupported(scheme: &ObjectStoreScheme) -> Error {
    let advice = match scheme {
        ObjectStoreScheme::AmazonS3 => "build it with the feature `aws`",
        ObjectStoreScheme::MicrosoftAzure => "build it with the feature `azure`",
        ObjectStoreScheme::GoogleCloudStorage => "build it with the feature `gcp`",
        _ => "for a server that speaks S3 write s3://bucket?endpoint=http://host:port",
    };
    Error::Unsupported { message: format!("this build cannot use such an object store: {advice}") }
}

fn no_setting(kind: &str, name: &str) -> Error {
    Error::invalid(format!("{kind} has no setting `{name}`"))
}

impl ObjectStoreOptions {
    fn refuse_settings(&self, kind: &str) -> Result<()> {
        match self.settings.first() {
            Some((name, _)) => Err(no_setting(kind, name)),
            None => Ok(()),
        }
    }
}

#[cfg(any(feature = "aws", feature = "azure", feature = "gcp"))]
mod cloud {
    use std::str::FromStr;
    use std::sync::Arc;

    use object_store::{BackoffConfig, ObjectStore, RetryConfig};
    use url::Url;

    use super::ObjectStoreOptions;
    use crate::error::{Error, Result};

    impl ObjectStoreOptions {
        #[cfg(feature = "aws")]
        pub(super) fn open_aws(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
            let builder = object_store::aws::AmazonS3Builder::new()
                .with_url(url.as_str())
                .with_retry(self.retry());
            let builder =
                self.apply(builder, |builder, key, value| builder.with_config(key, value))?;
            Ok(Arc::new(builder.build().map_err(refused)?))
        }

        #[cfg(feature = "azure")]
        pub(super) fn open_azure(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
            let builder = object_store::azure::MicrosoftAzureBuilder::new()
                .with_url(url.as_str())
                .with_retry(self.retry());
            let builder =
                self.apply(builder, |builder, key, value| builder.with_config(key, value))?;
            Ok(Arc::new(builder.build().map_err(refused)?))
        }

        #[cfg(feature = "gcp")]
        pub(super) fn open_gcp(&self, url: &Url) -> Result<Arc<dyn ObjectStore>> {
            let builder = object_store::gcp::GoogleCloudStorageBuilder::new()
                .with_url(url.as_str())
                .with_retry(self.retry());
            let builder =
                self.apply(builder, |builder, key, value| builder.with_config(key, value))?;
            Ok(Arc::new(builder.build().map_err(refused)?))
        }

        fn retry(&self) -> RetryConfig {
            RetryConfig {
                backoff: BackoffConfig::default(),
                max_retries: self.retries_max,
                retry_timeout: self.retry_timeout,
            }
        }

        /// Gives the settings to a builder, the environment's first.
        fn apply<B, K: FromStr>(&self, builder: B, set: impl Fn(B, K, String) -> B) -> Result<B> {
            let key = |name: &str| name.to_ascii_lowercase().parse::<K>().ok();
            let mut builder = builder;
            for (name, value) in &self.environment {
                if let Some(key) = key(name) {
                    builder = set(builder, key, value.clone());
                }
            }
            for (name, value) in &self.settings {
                let key = key(name).ok_or_else(|| {
                    Error::invalid(format!("this kind of object store has no setting `{name}`"))
                })?;
                builder = set(builder, key, value.clone());
            }
            Ok(builder)
        }
    }

    fn refused(error: object_store::Error) -> Error {
        Error::invalid(format!("the object store cannot be used as it is described: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(url: &str) -> Result<Arc<dyn ObjectStore>> {
        open_object_store(url, &ObjectStoreOptions::default())
    }

    #[test]
    fn a_local_directory_is_made() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a b/lake");
        open(Url::from_file_path(&path).unwrap().as_str()).unwrap();
        assert!(path.is_dir());
        let synced = format!("{}?durability=fsync", Url::from_file_path(&path).unwrap());
        open(&synced).unwrap();
        open("memory:///").unwrap();
    }

    #[cfg(feature = "aws")]
    #[test]
    fn settings_come_from_the_url_the_caller_and_the_environment() {
        let variables = [
            ("AWS_REGION", "eu-1"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_PAGER", "less"),
            ("HOME", "/"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let options = ObjectStoreOptions::default()
            .with_environment(variables)
            .with_setting("aws_secret_access_key", "hidden");
        let url = "s3://bucket/folder?endpoint=http://127.0.0.1:9000&allow_http=true";
        let shown = format!("{:?}", open_object_store(url, &options).unwrap());
        assert!(shown.contains("eu-1") && shown.contains("127.0.0.1:9000"), "{shown}");
        assert!(shown.contains("folder"), "{shown}");
        let options = format!("{options:?}");
        assert!(!options.contains("hidden") && options.contains("AWS_REGION"), "{options}");
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for (url, expected) in [
            ("/var/lib/lake", "must be a URL"),
            ("ftp://host/lake", "no object store"),
            ("memory:///?region=x", "no setting `region`"),
            ("file:///tmp?region=x", "no setting `region`"),
            ("file:///tmp?durability=x", "`process` or `fsync`"),
        ] {
            let error = open(url).unwrap_err();
            assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
            assert!(error.to_string().contains(expected), "{error}");
        }
        let error = open("http://127.0.0.1:9000/bucket").unwrap_err();
        assert!(error.to_string().contains("s3://bucket?endpoint="), "{error}");
        #[cfg(feature = "aws")]
        {
            let error = open("s3://bucket?no_such=1").unwrap_err();
            assert!(error.to_string().contains("no setting `no_such`"), "{error}");
        }
    }
}
