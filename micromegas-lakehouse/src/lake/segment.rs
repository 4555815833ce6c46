//! Segments: objects that hold the payloads of blocks that arrived together.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::lake::{InsertOutcome, LakeInsert, NewBlock};
use crate::tenant::Tenant;

/// The folder of all segments.
pub(crate) const SEGMENTS: &str = "segments";

/// How long after its writing a segment may still get rows that refer to it.
pub(crate) const ROW_AGE_MAX: TimeDelta = TimeDelta::minutes(10);

/// How long after its writing a segment that no row refers to is kept. The time between the two
/// limits is for transactions that take long to end.
pub(crate) const UNREFERENCED_AGE_MIN: TimeDelta = TimeDelta::hours(1);

/// The key of a new segment, written at `time` by the metadata store's clock.
///
/// Keys of one tenant grow with their time, so an index over them grows at its end.
pub(crate) fn segment_key(tenant: &Tenant, time: DateTime<Utc>) -> String {
    let unique = Uuid::new_v4().simple();
    let micros = time.timestamp_micros().max(0);
    format!("{}/{micros:016}-{unique}", hour_folder(tenant.as_str(), time))
}

/// The folder of the segments that were written within the hour of `time`.
fn hour_folder(tenant: &str, time: DateTime<Utc>) -> String {
    format!("{SEGMENTS}/{tenant}/{}", time.format("%Y-%m-%d/%H"))
}

/// When a segment was written, by its key; `None` for the key of another object.
pub(crate) fn written_time(key: &str) -> Option<DateTime<Utc>> {
    let name = key.strip_prefix(SEGMENTS)?.strip_prefix('/')?.rsplit_once('/')?.1;
    let (micros, _) = name.split_once('-')?;
    if micros.len() != 16 || !micros.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    DateTime::from_timestamp_micros(micros.parse().ok()?)
}

/// Refuses blocks in segments that the sweeper might take before their rows are seen.
///
/// `now` is the `insert_time` of the group.
pub(crate) fn require_recent<'b>(
    blocks: impl IntoIterator<Item = &'b NewBlock>,
    now: DateTime<Utc>,
) -> Result<()> {
    require_recent_keys(blocks.into_iter().map(|block| block.payload.key.as_str()), now)
}

/// The same by the keys of the objects.
pub(crate) fn require_recent_keys<'b>(
    keys: impl IntoIterator<Item = &'b str>,
    now: DateTime<Utc>,
) -> Result<()> {
    let mut times = keys.into_iter().filter_map(written_time);
    if times.any(|written| now - written > ROW_AGE_MAX) {
        return Err(Error::unavailable(
            "a payload was written too long before its row: send the same again",
        ));
    }
    Ok(())
}

/// The segments that hold payloads of rows that were stored, and of rows that were not.
pub(crate) fn mixed_segments(group: &[LakeInsert], outcomes: &[InsertOutcome]) -> Vec<String> {
    let blocks = || {
        let rows = group.iter().zip(outcomes);
        rows.filter_map(|(row, outcome)| Some((row.as_block()?, outcome.is_stored())))
    };
    if blocks().all(|(_, is_stored)| is_stored) {
        return Vec::new();
    }
    let places: HashSet<_> = blocks().filter(|row| row.1).map(|row| &row.0.payload).collect();
    let stored: HashSet<_> = places.iter().map(|place| place.key.as_str()).collect();
    let mixed: BTreeSet<_> = blocks()
        .filter(|(block, is_stored)| !is_stored && !places.contains(&block.payload))
        .map(|(block, _)| block.payload.key.as_str())
        .filter(|key| stored.contains(key) && written_time(key).is_some())
        .collect();
    mixed.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_when_its_segment_was_written() {
        let time = DateTime::from_timestamp_micros(1_763_713_800_123_456).unwrap();
        let tenant = Tenant::new("eu-1").unwrap();
        let key = segment_key(&tenant, time);
        assert!(key.starts_with("segments/eu-1/2025-11-21/08/1763713800123456-"), "{key}");
        assert_eq!(written_time(&key), Some(time));
        assert_ne!(segment_key(&tenant, time), key);
        assert!(segment_key(&tenant, time + TimeDelta::microseconds(1)) > key);
        assert!(written_time(&segment_key(&tenant, DateTime::<Utc>::MIN_UTC)).is_some());
    }

    #[test]
    fn other_keys_have_no_time() {
        for key in [
            "",
            "segments",
            "segments/",
            "segments/1",
            "segments/t/2025-11-21/08/x-1",
            "segments/t/2025-11-21/08/17637138001234567-1",
            "segmentsx/t/2025-11-21/08/1763713800123456-1",
            "blobs/00000000-0000-0000-0000-000000000001/2/3",
        ] {
            assert_eq!(written_time(key), None, "{key}");
        }
    }
}
