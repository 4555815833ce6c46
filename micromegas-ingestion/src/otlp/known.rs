//! The streams that were stored lately, so that not every block stores its stream again.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use micromegas_lakehouse::Tenant;
use uuid::Uuid;

/// How long a stream is taken to be there. It is stored again afterwards, because retention may
/// have removed it.
const TRUSTED: Duration = Duration::from_secs(60);

/// So many streams are remembered.
const STREAMS_MAX: usize = 64 * 1024;

/// When which stream was stored, together with its process.
#[derive(Debug, Default)]
pub(crate) struct KnownStreams {
    stored: Mutex<HashMap<(Tenant, Uuid), Instant>>,
}

impl KnownStreams {
    pub(crate) fn contains(&self, tenant: &Tenant, stream_id: Uuid) -> bool {
        let stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let time = stored.get(&(tenant.clone(), stream_id));
        time.is_some_and(|time| time.elapsed() < TRUSTED)
    }

    pub(crate) fn add(&self, tenant: &Tenant, stream_id: Uuid) {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        if stored.len() >= STREAMS_MAX {
            stored.retain(|_, time| time.elapsed() < TRUSTED);
            if stored.len() >= STREAMS_MAX {
                stored.clear();
            }
        }
        stored.insert((tenant.clone(), stream_id), Instant::now());
    }
}
