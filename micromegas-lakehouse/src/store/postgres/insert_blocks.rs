//! The blocks of a group commit.

use sqlx::{PgConnection, Row};

use super::decode;
use super::failure::Result;
use super::insert::column;
use super::text::stored;
use crate::lake::{InsertOutcome, NewBlock, block_key, block_of_key, require_recent};
use crate::sequence::CommitSequence;

/// In place of a number: the process was forgotten.
const FORGOTTEN: i64 = -1;
/// In place of a number: the object is about to be deleted.
const LATER: i64 = -2;

/// Inserts blocks: with a number if they are complete, else as waiting; all in one statement, so
/// that the turn lasts two round trips, this one and the commit.
pub(super) async fn insert_blocks(
    connection: &mut PgConnection,
    rows: &[(usize, &NewBlock)],
    outcomes: &mut [InsertOutcome],
) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let new = sqlx::query(include_str!("insert_blocks.sql"))
        .bind(column(rows, |block| block.tenant.as_str().to_owned()))
        .bind(column(rows, |block| block.block_id))
        .bind(column(rows, |block| block.stream_id))
        .bind(column(rows, |block| block.process_id))
        .bind(column(rows, |block| block.begin_time.timestamp_nanos_opt()))
        .bind(column(rows, |block| block.begin_ticks))
        .bind(column(rows, |block| block.end_time.timestamp_nanos_opt()))
        .bind(column(rows, |block| block.end_ticks))
        .bind(column(rows, |block| block.object_offset))
        .bind(column(rows, |block| block.event_count))
        .bind(column(rows, object_key))
        .bind(column(rows, |block| block.payload.offset.cast_signed()))
        .bind(column(rows, |block| block.payload.length.cast_signed()))
        .bind(column(rows, |block| block.event_ticks.map(|range| range.least)))
        .bind(column(rows, |block| block.event_ticks.map(|range| range.greatest)))
        .bind(column(rows, |block| block.skipped_events.cast_signed()))
        .bind(column(rows, own_object_key))
        .fetch_all(connection)
        .await?;
    for row in new {
        let place: i64 = row.try_get("place")?;
        if place == 0 {
            let now = decode::time(&row, "insert_time")?;
            require_recent(rows.iter().map(|(_, block)| *block), now)?;
            continue;
        }
        let sequence: Option<i64> = row.try_get("sequence")?;
        let placed = usize::try_from(place - 1).ok().and_then(|place| rows.get(place));
        if let Some((index, _)) = placed {
            outcomes[*index] = match sequence {
                Some(FORGOTTEN) => InsertOutcome::Forgotten,
                Some(LATER) => InsertOutcome::Later,
                Some(number) => InsertOutcome::Numbered(CommitSequence::new(number.unsigned_abs())),
                None => InsertOutcome::Waiting,
            };
        }
    }
    Ok(())
}

/// The key of the object, unless it is the published one.
fn object_key(block: &NewBlock) -> Option<String> {
    let published = block_key(&block.tenant, block.process_id, block.stream_id, block.block_id);
    (block.payload.key != published).then(|| stored(&block.payload.key).into_owned())
}

/// The key of the object, if it is the published one.
fn own_object_key(block: &NewBlock) -> Option<String> {
    block_of_key(&block.payload.key).map(|_| block.payload.key.clone())
}
