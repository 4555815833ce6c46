//! Values on their way into the database.

use serde::Serialize;
use sqlx::Sqlite;
use sqlx::query_builder::Separated;
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::lake::{NewBlock, block_key};

/// The columns that complete and waiting blocks share, in the order of [`bind_block`].
pub(super) const BLOCK_COLUMNS: &str = "tenant, block_id, stream_id, process_id, begin_time, \
     begin_ticks, end_time, end_ticks, object_offset, event_count, object_key, payload_offset, \
     payload_length, least_event_ticks, greatest_event_ticks, skipped_events";

/// Binds [`BLOCK_COLUMNS`] of a block that was validated.
pub(super) fn bind_block(values: &mut Separated<'_, Sqlite, &'static str>, block: &NewBlock) {
    let published = block_key(&block.tenant, block.process_id, block.stream_id, block.block_id);
    let object_key = (block.payload.key != published).then(|| block.payload.key.clone());
    values
        .push_bind(block.tenant.as_str().to_owned())
        .push_bind(block.block_id)
        .push_bind(block.stream_id)
        .push_bind(block.process_id)
        .push_bind(block.begin_time.timestamp_nanos_opt())
        .push_bind(block.begin_ticks)
        .push_bind(block.end_time.timestamp_nanos_opt())
        .push_bind(block.end_ticks)
        .push_bind(block.object_offset)
        .push_bind(block.event_count)
        .push_bind(object_key)
        .push_bind(block.payload.offset.cast_signed())
        .push_bind(block.payload.length.cast_signed())
        .push_bind(block.event_ticks.map(|range| range.least))
        .push_bind(block.event_ticks.map(|range| range.greatest))
        .push_bind(block.skipped_events.cast_signed());
}

/// The JSON form of a list or map of text.
pub(super) fn json(value: &(impl Serialize + ?Sized)) -> Result<String> {
    serde_json::to_string(value)
        .map_err(|_| Error::invalid("tags and properties must be representable in JSON"))
}

/// The JSON list of ids that `json_each` and `unhex` turn back, whatever their number.
pub(super) fn json_ids(ids: &[Uuid]) -> String {
    let quoted: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", quoted.join(","))
}
