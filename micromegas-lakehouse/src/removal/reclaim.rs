//! Bytes that no row refers to: objects without rows are deleted, segments with some are written
//! anew without them.

use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::error::{Error, Result};
use crate::lake::{PayloadLocation, segment_key};
use crate::lakehouse::Lakehouse;
use crate::objects;
use crate::removal::{PayloadMove, PayloadReference, ReclaimableObject};

/// How many objects are looked at at a time.
const PAGE_LENGTH: usize = 1_000;

/// How long it is remembered that an object was deleted: longer than a row may come after its
/// payload.
const DELETED_AGE_MAX: TimeDelta = TimeDelta::hours(1);

/// What a round of reclaiming has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Reclaimed {
    /// Objects that were deleted.
    pub deleted: u64,
    /// Segments that were written anew without some of their bytes.
    pub rewritten: u64,
    /// Bytes that were deleted.
    pub bytes: u64,
}

/// Deletes reclaimable objects that have been without rows for `reader_age`, by which time whoever
/// looked before has read what it wanted; copies what is still used of the others into new
/// segments. Of several servers one should do it at a time; more of them do no harm.
///
/// # Errors
///
/// [`Error::Unavailable`] if a store does not answer, or what [`Lakehouse::fetch_payload_bytes`]
/// says of a payload that cannot be read, after everything else was done; the next round goes on.
pub async fn reclaim_objects(lakehouse: &Lakehouse, reader_age: Duration) -> Result<Reclaimed> {
    let reader_age = TimeDelta::from_std(reader_age).unwrap_or(TimeDelta::MAX);
    let mut reclaimed = Reclaimed::default();
    let mut after: Option<String> = None;
    let mut failed = None;
    loop {
        let store = lakehouse.store();
        let page = store.list_reclaimable_objects(after.as_deref(), PAGE_LENGTH).await?;
        let now = store.now().await?;
        for object in &page {
            // One object that cannot be read does not keep the others.
            if let Err(error) = reclaim(lakehouse, object, (now, reader_age), &mut reclaimed).await
            {
                failed.get_or_insert(error);
            }
        }
        match page.last() {
            Some(last) if page.len() == PAGE_LENGTH => after = Some(last.key.clone()),
            _ => return failed.map_or(Ok(reclaimed), Err),
        }
    }
}

async fn reclaim(
    lakehouse: &Lakehouse,
    object: &ReclaimableObject,
    (now, reader_age): (DateTime<Utc>, TimeDelta),
    reclaimed: &mut Reclaimed,
) -> Result<()> {
    let store = lakehouse.store();
    if let Some(deleted) = object.deleted_time {
        if now - deleted > DELETED_AGE_MAX {
            store.finish_reclaimable_object(&object.key).await?;
        }
        return Ok(());
    }
    let payloads = store.list_payloads(&object.key).await?;
    if payloads.is_empty() {
        if now - object.since >= reader_age {
            reclaimed.bytes += delete(&**lakehouse.objects(), &object.key).await?;
            store.note_deleted_object(&object.key).await?;
            reclaimed.deleted += 1;
        }
        return Ok(());
    }
    if is_all_used(lakehouse, &object.key, &payloads).await? {
        return store.finish_reclaimable_object(&object.key).await;
    }
    rewrite(lakehouse, payloads, now).await?;
    reclaimed.rewritten += 1;
    Ok(())
}

/// Deletes an object, which may be gone already, and tells its size.
async fn delete(objects: &dyn ObjectStore, key: &str) -> Result<u64> {
    let path = Path::from(key);
    let failed = |error| Error::unavailable_from(format!("{key} cannot be deleted now"), error);
    let size = match objects.head(&path).await {
        Ok(meta) => meta.size,
        Err(object_store::Error::NotFound { .. }) => return Ok(0),
        Err(error) => return Err(failed(error)),
    };
    match objects.delete(&path).await {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(size),
        Err(error) => Err(failed(error)),
    }
}

/// Whether every byte of an object belongs to a payload.
async fn is_all_used(
    lakehouse: &Lakehouse,
    key: &str,
    payloads: &[PayloadReference],
) -> Result<bool> {
    let mut ranges: Vec<_> =
        payloads.iter().map(|payload| (payload.location.offset, payload.location.length)).collect();
    ranges.sort_unstable();
    let mut end = 0;
    for (offset, length) in ranges {
        if offset > end {
            return Ok(false);
        }
        end = end.max(offset.saturating_add(length));
    }
    let meta = lakehouse.objects().head(&Path::from(key)).await;
    let failed = |error| Error::unavailable_from(format!("{key} cannot be looked at now"), error);
    Ok(meta.map_err(failed)?.size <= end)
}

/// Copies the payloads of a segment that are used, for each tenant into a segment of its own, and
/// then says where they are.
async fn rewrite(
    lakehouse: &Lakehouse,
    mut payloads: Vec<PayloadReference>,
    now: DateTime<Utc>,
) -> Result<()> {
    payloads.sort_unstable_by(|a, b| {
        (&a.tenant, a.location.offset).cmp(&(&b.tenant, b.location.offset))
    });
    for of_tenant in payloads.chunk_by(|a, b| a.tenant == b.tenant) {
        let to = segment_key(&of_tenant[0].tenant, now);
        let mut bytes = Vec::<Bytes>::with_capacity(of_tenant.len());
        let mut moves = Vec::with_capacity(of_tenant.len());
        let mut offset = 0;
        for payload in of_tenant {
            let read = lakehouse.fetch_payload_bytes(&payload.location).await?;
            let length = read.len() as u64;
            moves.push(PayloadMove {
                from: payload.clone(),
                to: PayloadLocation { key: to.clone(), offset, length },
            });
            offset += length;
            bytes.push(read);
        }
        objects::put_new(&**lakehouse.objects(), &to, bytes.into_iter().collect()).await?;
        lakehouse.store().move_payloads(&moves).await?;
    }
    Ok(())
}
