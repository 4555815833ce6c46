//! Whether a key that a request brings is valid.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use micromegas_lakehouse::{ApiKeyRecord, KeyHash, KeyStore, Principal};
use micromegas_tracing::prelude::*;
use moka::future::Cache;
use subtle::ConstantTimeEq;

use super::text::hash;
use crate::refusal::{Reason, Refusal};

/// What the host decides about keys.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ApiKeysOptions {
    /// For how long what the store said is believed: a key that is revoked or made is refused or
    /// accepted at most this long after. 10 seconds by default.
    pub cache_time: Duration,
    /// How many keys are remembered, valid ones and others apart. 10,000 by default.
    pub cached_keys_max: u64,
    /// How long the store may take. 2 seconds by default.
    pub lookup_timeout: Duration,
}

impl Default for ApiKeysOptions {
    fn default() -> Self {
        Self {
            cache_time: Duration::from_secs(10),
            cached_keys_max: 10_000,
            lookup_timeout: Duration::from_secs(2),
        }
    }
}

impl ApiKeysOptions {
    /// Sets [`cache_time`](Self::cache_time).
    #[must_use]
    pub fn with_cache_time(mut self, time: Duration) -> Self {
        self.cache_time = time;
        self
    }

    /// Sets [`lookup_timeout`](Self::lookup_timeout).
    #[must_use]
    pub fn with_lookup_timeout(mut self, timeout: Duration) -> Self {
        self.lookup_timeout = timeout;
        self
    }
}

/// The keys of one store.
///
/// Look-ups of one key that come together ask the store once, and keys that nobody has are
/// remembered apart from the others, so that guessing does not push valid keys out.
#[derive(Debug, Clone)]
pub struct ApiKeys {
    store: Arc<dyn KeyStore>,
    known: Cache<KeyHash, Arc<ApiKeyRecord>>,
    unknown: Cache<KeyHash, ()>,
    lookup_timeout: Duration,
}

/// Why there is no record.
#[derive(Debug, Clone)]
enum Lookup {
    Unknown,
    Failed,
}

impl ApiKeys {
    /// The keys of this store.
    pub fn new(store: Arc<dyn KeyStore>, options: ApiKeysOptions) -> Self {
        let ApiKeysOptions { cache_time, cached_keys_max, lookup_timeout } = options;
        Self {
            store,
            known: Cache::builder().max_capacity(cached_keys_max).time_to_live(cache_time).build(),
            unknown: Cache::builder()
                .max_capacity(cached_keys_max)
                .time_to_live(cache_time)
                .build(),
            lookup_timeout,
        }
    }

    /// Finds the key in the store, valid or not; `None` if there is no such key.
    pub(crate) async fn find(
        &self,
        credential: &str,
    ) -> Result<Option<Arc<ApiKeyRecord>>, Refusal> {
        let hash = hash(credential);
        if self.unknown.contains_key(&hash) {
            return Ok(None);
        }
        match self.known.try_get_with(hash, self.look_up(&hash)).await {
            // Stores and caches look for the hash in whatever time they like, which tells nothing
            // of the text; this is the comparison that decides.
            Ok(record) if bool::from(record.hash.as_bytes().ct_eq(hash.as_bytes())) => {
                Ok(Some(record))
            }
            Ok(_) => Ok(None),
            Err(error) => match *error {
                Lookup::Unknown => {
                    self.unknown.insert(hash, ()).await;
                    Ok(None)
                }
                Lookup::Failed => Err(Refusal::Unavailable { retry_after: self.lookup_timeout }),
            },
        }
    }

    async fn look_up(&self, hash: &KeyHash) -> Result<Arc<ApiKeyRecord>, Lookup> {
        match tokio::time::timeout(self.lookup_timeout, self.store.fetch_key(hash)).await {
            Ok(Ok(Some(record))) => Ok(Arc::new(record)),
            Ok(Ok(None)) => Err(Lookup::Unknown),
            Ok(Err(error)) => {
                warn!("keys cannot be looked up: {error}");
                Err(Lookup::Failed)
            }
            Err(_) => {
                warn!("keys cannot be looked up: the store does not answer in time");
                Err(Lookup::Failed)
            }
        }
    }
}

/// The principal of a key that is valid now.
pub(crate) fn principal(key: &ApiKeyRecord) -> Result<Principal, Reason> {
    if key.revoked.is_some() {
        return Err(Reason::RevokedKey);
    }
    if !key.is_valid_at(Utc::now()) {
        return Err(Reason::ExpiredKey);
    }
    let subject = format!("key:{}", key.name);
    // One tenant is enough for a principal, so this does not fail.
    Principal::new(subject, [key.tenant.clone()], key.rights).map_err(|_| Reason::UnknownKey)
}
