//! Keys in a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, Utc};
use micromegas_lakehouse::{
    ApiKeyRecord, Error, KeyFilter, KeyHash, KeyStore, NewApiKey, RecordKey, Result, Revocation,
    Rights, Tenant,
};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use uuid::Uuid;

/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A [`KeyStore`] in a JSON file, for servers that get their keys with their configuration.
///
/// The file is read for every look-up that no cache answers, so a changed file counts without a
/// restart. It is replaced as a whole when a key is made or revoked, and has no audit log.
///
/// ```json
/// { "keys": [ {
///     "id": "67e55044-10b1-426f-9247-bb680e5fe0c8", "name": "game servers", "prefix": "mmk_Q2hhbmdl",
///     "sha256": "…64 hexadecimal digits…", "tenant": "default", "rights": "ingest",
///     "created_by": "ada", "created_time": "2026-01-02T03:04:05Z"
/// } ] }
/// ```
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    /// The keys in this file. A file that is not there has none.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Runs file work where waiting for a disk holds nobody up.
    async fn with_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let path = self.path.clone();
        let done = tokio::task::spawn_blocking(move || work(&path)).await;
        done.unwrap_or_else(|_| {
            let message = "reading the file of keys was ended".to_owned();
            Err(Error::Unavailable { message, source: None })
        })
    }
}

#[async_trait]
impl KeyStore for KeyFile {
    async fn insert_key(&self, key: NewApiKey) -> Result<ApiKeyRecord> {
        key.validate()?;
        self.with_file(move |path| {
            change(path, |keys| {
                if keys.iter().any(|known| known.id == key.id || known.hash == key.hash) {
                    return Err(Error::AlreadyExists { what: format!("key {}", key.id) });
                }
                let record = ApiKeyRecord {
                    id: key.id,
                    name: key.name,
                    prefix: key.prefix,
                    hash: key.hash,
                    tenant: key.tenant,
                    rights: key.rights,
                    expires: key.expires,
                    created_by: key.created_by,
                    created_time: Utc::now().trunc_subsecs(6),
                    revoked: None,
                };
                keys.push(record.clone());
                Ok(record)
            })
        })
        .await
    }

    async fn fetch_key(&self, hash: &KeyHash) -> Result<Option<ApiKeyRecord>> {
        let hash = *hash;
        let keys = self.with_file(read).await?;
        // All of them are compared, each in constant time.
        let mut found = None;
        for key in keys {
            if bool::from(key.hash.as_bytes().ct_eq(hash.as_bytes())) {
                found = Some(key);
            }
        }
        Ok(found)
    }

    async fn list_keys(&self, filter: &KeyFilter, limit: usize) -> Result<Vec<ApiKeyRecord>> {
        let place = |key: &ApiKeyRecord| RecordKey::new(key.tenant.clone(), key.id);
        let mut keys = self.with_file(read).await?;
        keys.retain(|key| filter.tenants.as_ref().is_none_or(|list| list.contains(&key.tenant)));
        keys.retain(|key| filter.after.as_ref().is_none_or(|after| place(key) > *after));
        keys.sort_by_key(place);
        keys.truncate(limit);
        Ok(keys)
    }

    async fn revoke_key(&self, tenant: &Tenant, id: Uuid, by: &str) -> Result<ApiKeyRecord> {
        if by.is_empty() || by.chars().any(char::is_control) {
            let message = "who revokes a key has a name without control characters".to_owned();
            return Err(Error::InvalidInput { message });
        }
        let (tenant, by) = (tenant.clone(), by.to_owned());
        self.with_file(move |path| {
            change(path, |keys| {
                let found = keys.iter_mut().find(|key| key.tenant == tenant && key.id == id);
                let key = found.ok_or(Error::NotFound { what: format!("key {id}") })?;
                let time = Utc::now().trunc_subsecs(6);
                key.revoked.get_or_insert(Revocation { time, by });
                Ok(key.clone())
            })
        })
        .await
    }
}

/// The file as it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    keys: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: Uuid,
    name: String,
    prefix: String,
    sha256: String,
    #[serde(default = "default_tenant")]
    tenant: String,
    rights: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<DateTime<Utc>>,
    created_by: String,
    created_time: DateTime<Utc>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    revoked_time: Option<DateTime<Utc>>,
}

fn default_tenant() -> String {
    Tenant::DEFAULT_NAME.to_owned()
}

impl TryFrom<Entry> for ApiKeyRecord {
    type Error = Error;

    fn try_from(entry: Entry) -> Result<Self> {
        let rights: Rights = entry.rights.parse()?;
        // One of the two is enough to end a key.
        let revoked = (entry.revoked_by.is_some() || entry.revoked_time.is_some()).then(|| {
            let time = entry.revoked_time.unwrap_or(entry.created_time);
            Revocation { time, by: entry.revoked_by.unwrap_or_default() }
        });
        Ok(Self {
            id: entry.id,
            name: entry.name,
            prefix: entry.prefix,
            hash: entry.sha256.parse()?,
            tenant: entry.tenant.parse()?,
            rights,
            expires: entry.expires,
            created_by: entry.created_by,
            created_time: entry.created_time,
            revoked,
        })
    }
}

impl From<ApiKeyRecord> for Entry {
    fn from(key: ApiKeyRecord) -> Self {
        let (revoked_by, revoked_time) =
            key.revoked.map_or((None, None), |revoked| (Some(revoked.by), Some(revoked.time)));
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            sha256: key.hash.to_hex(),
            tenant: key.tenant.to_string(),
            rights: key.rights.to_string(),
            expires: key.expires,
            created_by: key.created_by,
            created_time: key.created_time,
            revoked_by,
            revoked_time,
        }
    }
}

fn read(path: &Path) -> Result<Vec<ApiKeyRecord>> {
    let text = match File::open(path) {
        Ok(file) => {
            let length = file.metadata().map_err(|error| unreadable(path, error))?.len();
            if length > FILE_BYTES_MAX {
                return Err(corrupt(path, format!("it has more than {FILE_BYTES_MAX} bytes")));
            }
            io::read_to_string(file).map_err(|error| unreadable(path, error))?
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(path, error)),
    };
    let document: Document =
        serde_json::from_str(&text).map_err(|error| corrupt(path, position(&error)))?;
    let keys = document.keys.into_iter().map(ApiKeyRecord::try_from);
    keys.collect::<Result<_>>().map_err(|error| corrupt(path, error.to_string()))
}

/// Where a document is wrong. The parser's own words may quote it.
fn position(error: &serde_json::Error) -> String {
    format!("line {} column {} is not as it should be", error.line(), error.column())
}

/// Changes the keys and replaces the file, while no other program does.
fn change<T>(path: &Path, edit: impl FnOnce(&mut Vec<ApiKeyRecord>) -> Result<T>) -> Result<T> {
    let failed =
        |error: io::Error| Error::Unwritable { path: path.to_owned(), source: Arc::new(error) };
    let lock = private(&path.with_added_extension("lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    let mut keys = read(path)?;
    let result = edit(&mut keys)?;
    let document = Document { keys: keys.into_iter().map(Entry::from).collect() };
    let text = serde_json::to_vec_pretty(&document).map_err(|error| failed(error.into()))?;
    let new = path.with_added_extension("new");
    let mut file = private(&new).map_err(failed)?;
    file.set_len(0).and_then(|()| file.write_all(&text)).map_err(failed)?;
    file.sync_all().and_then(|()| fs::rename(&new, path)).map_err(failed)?;
    Ok(result)
}

/// A file that only its owner reads.
fn private(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn unreadable(path: &Path, error: io::Error) -> Error {
    let message = format!("{} cannot be read", path.display());
    Error::Unavailable { message, source: Some(Arc::new(error)) }
}

fn corrupt(path: &Path, message: String) -> Error {
    Error::Corrupt { what: path.display().to_string(), message, source: None }
}
