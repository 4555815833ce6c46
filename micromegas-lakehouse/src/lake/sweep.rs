//! The sweeper: deletes segments that have no row and never get one.
//!
//! They are left by groups whose transaction failed, by servers that died between the two, and by
//! blocks that were stored before.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use futures::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::task::AbortHandle;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::lake::segment::{SEGMENTS, UNREFERENCED_AGE_MIN, written_time};
use crate::ledger::LeaseKey;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// How many keys are looked up at a time.
const KEYS_MAX: usize = 1000;

/// How far later sweeps of a server look back. Its first one looks at everything.
const LOOK_BACK: TimeDelta = TimeDelta::hours(25);

/// The lease that lets one of many servers sweep.
const LEASE_NAME: &str = "sweep-segments";

/// What a sweep has deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Swept {
    /// How many objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Deletes the segments of all tenants that are old enough and that no row refers to; hours that
/// ended before `since` are left out.
pub(crate) async fn sweep(
    store: &dyn MetadataStore,
    objects: &dyn ObjectStore,
    since: DateTime<Utc>,
) -> Result<Swept> {
    let newest = store.now().await? - UNREFERENCED_AGE_MIN;
    let mut swept = Swept::default();
    for tenant in folders(objects, &Path::from(SEGMENTS)).await? {
        for date in folders(objects, &tenant).await? {
            for hour in folders(objects, &date).await? {
                let Some(begin) = hour_begin(&hour) else { continue };
                if begin <= newest && begin + TimeDelta::hours(1) > since {
                    sweep_folder(store, objects, &hour, newest, &mut swept).await?;
                }
            }
        }
    }
    Ok(swept)
}

async fn folders(objects: &dyn ObjectStore, folder: &Path) -> Result<Vec<Path>> {
    let listed = objects.list_with_delimiter(Some(folder)).await;
    Ok(listed.map_err(|error| not_listed(folder, error))?.common_prefixes)
}

/// The hour that a folder stands for.
fn hour_begin(folder: &Path) -> Option<DateTime<Utc>> {
    let mut parts = folder.as_ref().rsplit('/');
    let hour = parts.next()?.parse().ok()?;
    let date = NaiveDate::parse_from_str(parts.next()?, "%Y-%m-%d").ok()?;
    Some(NaiveDateTime::new(date, NaiveTime::from_hms_opt(hour, 0, 0)?).and_utc())
}

async fn sweep_folder(
    store: &dyn MetadataStore,
    objects: &dyn ObjectStore,
    folder: &Path,
    newest: DateTime<Utc>,
    swept: &mut Swept,
) -> Result<()> {
    let found = objects.list(Some(folder)).try_filter(|meta| {
        let is_old = written_time(meta.location.as_ref()).is_some_and(|time| time <= newest);
        std::future::ready(is_old)
    });
    let mut chunks = found.try_chunks(KEYS_MAX);
    while let Some(chunk) = chunks.try_next().await.map_err(|error| not_listed(folder, error.1))? {
        sweep_objects(store, objects, &chunk, swept).await?;
    }
    Ok(())
}

async fn sweep_objects(
    store: &dyn MetadataStore,
    objects: &dyn ObjectStore,
    found: &[ObjectMeta],
    swept: &mut Swept,
) -> Result<()> {
    let keys: Vec<String> = found.iter().map(|meta| meta.location.to_string()).collect();
    for key in store.list_unreferenced_objects(&keys).await? {
        match objects.delete(&Path::from(key.as_str())).await {
            Ok(()) => {}
            // Another server was faster.
            Err(object_store::Error::NotFound { .. }) => continue,
            Err(error) => {
                let message = format!("the object store did not delete {key}");
                return Err(Error::unavailable_from(message, error));
            }
        }
        swept.objects += 1;
        let size = found.iter().find(|meta| meta.location.as_ref() == key).map(|meta| meta.size);
        swept.bytes += size.unwrap_or(0);
    }
    Ok(())
}

fn not_listed(folder: &Path, error: object_store::Error) -> Error {
    Error::unavailable_from(format!("the object store did not list {folder}"), error)
}

/// A task that sweeps from time to time; it ends with this value.
#[derive(Debug)]
pub(crate) struct Sweeper(AbortHandle);

impl Sweeper {
    /// Starts the task on the current runtime.
    pub(crate) fn spawn(
        store: Arc<dyn MetadataStore>,
        objects: Arc<dyn ObjectStore>,
        period: Duration,
    ) -> Self {
        Self(tokio::spawn(run(store, objects, period)).abort_handle())
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn run(store: Arc<dyn MetadataStore>, objects: Arc<dyn ObjectStore>, period: Duration) {
    let lease = LeaseKey::new(Tenant::default(), LEASE_NAME);
    let holder = Uuid::new_v4().to_string();
    let mut since = DateTime::<Utc>::MIN_UTC;
    loop {
        tokio::time::sleep(period).await;
        // The lease is kept until it expires, so that many servers sweep as often as one. What
        // fails is done by the next sweep.
        if let Ok(Some(_)) = store.acquire_lease(&lease, &holder, period).await
            && sweep(&*store, &*objects, since).await.is_ok()
            && let Ok(now) = store.now().await
        {
            since = now - LOOK_BACK;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_tells_its_hour() {
        let begin = hour_begin(&Path::from("segments/t/2025-11-21/08")).unwrap();
        assert_eq!(begin.to_rfc3339(), "2025-11-21T08:00:00+00:00");
        for other in ["", "segments", "segments/t/2025-11-21", "segments/t/2025-11-21/24", "a/b"] {
            assert!(hour_begin(&Path::from(other)).is_none(), "{other}");
        }
    }
}
