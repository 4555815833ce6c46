//! Rows on their way out of the database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use micromegas_transit::{LayoutHash, ProcessInfo, TickRange};
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::failure::Result;
use super::text::original;
use crate::error::Error;
use crate::lake::{
    BlockRecord, Missing, PayloadLocation, ProcessRecord, StreamRecord, WaitingBlock, block_key,
};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;
use crate::time::from_nanos;

pub(super) fn time(row: &PgRow, column: &str) -> Result<DateTime<Utc>> {
    Ok(from_nanos(row.try_get(column)?))
}

pub(super) fn optional_time(row: &PgRow, column: &str) -> Result<Option<DateTime<Utc>>> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(from_nanos))
}

pub(super) fn tenant(row: &PgRow) -> Result<Tenant> {
    let name: &str = row.try_get("tenant")?;
    Ok(Tenant::new(name).map_err(|_| Error::corrupt("a tenant", format!("it is {name:?}")))?)
}

/// A number that is never negative.
pub(super) fn unsigned(row: &PgRow, column: &str) -> Result<u64> {
    Ok(row.try_get::<i64, _>(column)?.unsigned_abs())
}

pub(super) fn sequence(row: &PgRow, column: &str) -> Result<CommitSequence> {
    Ok(CommitSequence::new(unsigned(row, column)?))
}

/// A text that clients or callers gave.
pub(super) fn text(row: &PgRow, column: &str) -> Result<String> {
    Ok(original(row.try_get(column)?))
}

pub(super) fn optional_text(row: &PgRow, column: &str) -> Result<Option<String>> {
    Ok(row.try_get::<Option<String>, _>(column)?.map(original))
}

pub(super) fn json<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<T> {
    let text: &str = row.try_get(column)?;
    let corrupt =
        |source| Error::corrupt_from(column, "it is not the JSON that was written", source);
    Ok(serde_json::from_str(text).map_err(corrupt)?)
}

pub(super) fn process(row: &PgRow) -> Result<ProcessRecord> {
    Ok(ProcessRecord {
        tenant: tenant(row)?,
        info: ProcessInfo {
            process_id: row.try_get("process_id")?,
            exe: text(row, "exe")?,
            username: text(row, "username")?,
            realname: text(row, "realname")?,
            computer: text(row, "computer")?,
            distro: text(row, "distro")?,
            cpu_brand: text(row, "cpu_brand")?,
            tsc_frequency: row.try_get("tsc_frequency")?,
            start_time: time(row, "start_time")?,
            start_ticks: row.try_get("start_ticks")?,
            parent_process_id: row.try_get("parent_process_id")?,
            properties: json::<BTreeMap<String, String>>(row, "properties")?,
        },
        insert_time: time(row, "insert_time")?,
        last_update_time: optional_time(row, "last_update_time")?,
        last_block_end_ticks: row.try_get("last_block_end_ticks")?,
        last_block_end_time: optional_time(row, "last_block_end_time")?,
    })
}

pub(super) fn stream(row: &PgRow) -> Result<StreamRecord> {
    let hash: &[u8] = row.try_get("layout_hash")?;
    let hash: [u8; 16] = hash
        .try_into()
        .map_err(|_| Error::corrupt("a layout hash", format!("it has {} bytes", hash.len())))?;
    Ok(StreamRecord {
        tenant: tenant(row)?,
        stream_id: row.try_get("stream_id")?,
        process_id: row.try_get("process_id")?,
        layout: LayoutHash::from_bytes(hash),
        tags: row.try_get::<Vec<String>, _>("tags")?.into_iter().map(original).collect(),
        properties: json(row, "properties")?,
        format: text(row, "format")?,
        insert_time: time(row, "insert_time")?,
        last_update_time: optional_time(row, "last_update_time")?,
    })
}

pub(super) fn block(row: &PgRow) -> Result<BlockRecord> {
    let least: Option<i64> = row.try_get("least_event_ticks")?;
    let greatest: Option<i64> = row.try_get("greatest_event_ticks")?;
    Ok(BlockRecord {
        tenant: tenant(row)?,
        block_id: row.try_get("block_id")?,
        stream_id: row.try_get("stream_id")?,
        process_id: row.try_get("process_id")?,
        begin_time: time(row, "begin_time")?,
        begin_ticks: row.try_get("begin_ticks")?,
        end_time: time(row, "end_time")?,
        end_ticks: row.try_get("end_ticks")?,
        object_offset: row.try_get("object_offset")?,
        event_count: row.try_get("event_count")?,
        payload: location(row)?,
        event_ticks: least.zip(greatest).map(|(least, greatest)| TickRange { least, greatest }),
        skipped_events: unsigned(row, "skipped_events")?,
        sequence: sequence(row, "sequence")?,
        insert_time: time(row, "insert_time")?,
    })
}

pub(super) fn waiting_block(row: &PgRow) -> Result<WaitingBlock> {
    let process_id: Uuid = row.try_get("process_id")?;
    let owner: Option<Uuid> = row.try_get("stream_owner")?;
    let missing = match owner {
        Some(owner) if owner != process_id => Missing::MatchingProcess,
        Some(_) => Missing::Process,
        None if row.try_get("has_process")? => Missing::Stream,
        None => Missing::StreamAndProcess,
    };
    Ok(WaitingBlock {
        tenant: tenant(row)?,
        block_id: row.try_get("block_id")?,
        stream_id: row.try_get("stream_id")?,
        process_id,
        event_count: row.try_get("event_count")?,
        payload: location(row)?,
        arrival_time: time(row, "arrival_time")?,
        missing,
    })
}

pub(super) fn location(row: &PgRow) -> Result<PayloadLocation> {
    let key = match optional_text(row, "object_key")? {
        Some(key) => key,
        None => block_key(
            &tenant(row)?,
            row.try_get("process_id")?,
            row.try_get("stream_id")?,
            row.try_get("block_id")?,
        ),
    };
    Ok(PayloadLocation {
        key,
        offset: unsigned(row, "payload_offset")?,
        length: unsigned(row, "payload_length")?,
    })
}
