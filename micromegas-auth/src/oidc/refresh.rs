//! The keys of an issuer, fetched when they are needed.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::fetch::Fetcher;
use super::key_set::KeySet;
use super::options::OidcOptions;
use crate::error::Result;

/// The keys of an issuer as they were last fetched.
#[derive(Debug)]
pub(super) struct FreshKeys {
    fetcher: Fetcher,
    current: RwLock<Option<Fetched>>,
    /// When the issuer was last asked. Whoever holds the lock asks; the others wait for it.
    asked: Mutex<Option<Instant>>,
    refresh_interval: Duration,
    refresh_pause: Duration,
    stale_time: Duration,
}

#[derive(Debug, Clone)]
struct Fetched {
    keys: Arc<KeySet>,
    time: Instant,
}

impl FreshKeys {
    pub(super) fn new(options: &OidcOptions) -> Result<Self> {
        Ok(Self {
            fetcher: Fetcher::new(options)?,
            current: RwLock::default(),
            asked: Mutex::default(),
            refresh_interval: options.refresh_interval,
            refresh_pause: options.refresh_pause,
            stale_time: options.stale_time,
        })
    }

    /// The keys, fetched anew if they are old. `None` if the issuer has not given any for too
    /// long.
    pub(super) async fn get(&self) -> Option<Arc<KeySet>> {
        let current = self.current();
        if let Some(current) = &current
            && current.time.elapsed() < self.refresh_interval
        {
            return Some(Arc::clone(&current.keys));
        }
        let seen = current.map(|current| current.time);
        self.refresh(seen).await;
        let current = self.current()?;
        (current.time.elapsed() < self.stale_time).then_some(current.keys)
    }

    /// The keys after another look at the issuer, because `old` lack one; `None` if the issuer
    /// was asked a moment ago and has no other keys.
    pub(super) async fn get_newer(&self, old: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let is_newer = |current: &Fetched| !Arc::ptr_eq(&current.keys, old);
        let current = self.current()?;
        if !is_newer(&current) {
            self.refresh(Some(current.time)).await;
        }
        self.current().filter(is_newer).map(|current| current.keys)
    }

    /// Asks the issuer unless that was done a moment ago, or somebody else has done it since
    /// `seen`.
    async fn refresh(&self, seen: Option<Instant>) {
        let mut asked = self.asked.lock().await;
        let is_new = self.current().is_some_and(|current| Some(current.time) != seen);
        if is_new || asked.is_some_and(|asked| asked.elapsed() < self.refresh_pause) {
            return;
        }
        *asked = Some(Instant::now());
        if let Ok(keys) = self.fetcher.fetch().await {
            let fetched = Fetched { keys: Arc::new(keys), time: Instant::now() };
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched);
        }
    }

    /// Nothing panics while the lock is held.
    fn current(&self) -> Option<Fetched> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
