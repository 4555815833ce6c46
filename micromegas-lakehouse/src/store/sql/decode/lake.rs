//! Processes, streams and blocks.

use std::collections::BTreeMap;

use micromegas_transit::{LayoutHash, ProcessInfo, TickRange};

use super::{json, optional_time, sequence, tenant, time, unsigned};
use crate::error::Error;
use crate::lake::{
    BlockRecord, Missing, PayloadLocation, ProcessRecord, StreamRecord, WaitingBlock, block_key,
};
use crate::store::sql::{Result, StoredRow};

pub(crate) fn process(row: &impl StoredRow) -> Result<ProcessRecord> {
    Ok(ProcessRecord {
        tenant: tenant(row)?,
        info: ProcessInfo {
            process_id: row.id("process_id")?,
            exe: row.text("exe")?,
            username: row.text("username")?,
            realname: row.text("realname")?,
            computer: row.text("computer")?,
            distro: row.text("distro")?,
            cpu_brand: row.text("cpu_brand")?,
            tsc_frequency: row.integer("tsc_frequency")?,
            start_time: time(row, "start_time")?,
            start_ticks: row.integer("start_ticks")?,
            parent_process_id: row.optional_id("parent_process_id")?,
            properties: json::<BTreeMap<String, String>>(row, "properties")?,
        },
        insert_time: time(row, "insert_time")?,
        last_update_time: optional_time(row, "last_update_time")?,
        last_block_end_ticks: row.optional_integer("last_block_end_ticks")?,
        last_block_end_time: optional_time(row, "last_block_end_time")?,
    })
}

pub(crate) fn stream(row: &impl StoredRow) -> Result<StreamRecord> {
    let hash = row.bytes("layout_hash")?;
    let hash: [u8; 16] = hash
        .try_into()
        .map_err(|_| Error::corrupt("a layout hash", format!("it has {} bytes", hash.len())))?;
    Ok(StreamRecord {
        tenant: tenant(row)?,
        stream_id: row.id("stream_id")?,
        process_id: row.id("process_id")?,
        layout: LayoutHash::from_bytes(hash),
        tags: row.texts("tags")?,
        properties: json(row, "properties")?,
        format: row.text("format")?,
        insert_time: time(row, "insert_time")?,
        last_update_time: optional_time(row, "last_update_time")?,
    })
}

pub(crate) fn block(row: &impl StoredRow) -> Result<BlockRecord> {
    let least = row.optional_integer("least_event_ticks")?;
    let greatest = row.optional_integer("greatest_event_ticks")?;
    Ok(BlockRecord {
        tenant: tenant(row)?,
        block_id: row.id("block_id")?,
        stream_id: row.id("stream_id")?,
        process_id: row.id("process_id")?,
        begin_time: time(row, "begin_time")?,
        begin_ticks: row.integer("begin_ticks")?,
        end_time: time(row, "end_time")?,
        end_ticks: row.integer("end_ticks")?,
        object_offset: row.integer("object_offset")?,
        event_count: row.count("event_count")?,
        payload: location(row)?,
        event_ticks: least.zip(greatest).map(|(least, greatest)| TickRange { least, greatest }),
        skipped_events: unsigned(row, "skipped_events")?,
        sequence: sequence(row, "sequence")?,
        insert_time: time(row, "insert_time")?,
    })
}

/// A waiting block with the process of its stream, if that is stored, and whether its own is.
pub(crate) fn waiting_block(row: &impl StoredRow) -> Result<WaitingBlock> {
    let process_id = row.id("process_id")?;
    let missing = match row.optional_id("stream_owner")? {
        Some(owner) if owner != process_id => Missing::MatchingProcess,
        Some(_) => Missing::Process,
        None if row.flag("has_process")? => Missing::Stream,
        None => Missing::StreamAndProcess,
    };
    Ok(WaitingBlock {
        tenant: tenant(row)?,
        block_id: row.id("block_id")?,
        stream_id: row.id("stream_id")?,
        process_id,
        event_count: row.count("event_count")?,
        payload: location(row)?,
        arrival_time: time(row, "arrival_time")?,
        missing,
    })
}

pub(crate) fn location(row: &impl StoredRow) -> Result<PayloadLocation> {
    let key = match row.optional_text("object_key")? {
        Some(key) => key,
        None => block_key(
            &tenant(row)?,
            row.id("process_id")?,
            row.id("stream_id")?,
            row.id("block_id")?,
        ),
    };
    Ok(PayloadLocation {
        key,
        offset: unsigned(row, "payload_offset")?,
        length: unsigned(row, "payload_length")?,
    })
}

/// The keys of the objects of some blocks, each once.
pub(crate) fn object_keys(rows: &[impl StoredRow]) -> Result<Vec<String>> {
    let keys = rows.iter().map(|row| location(row).map(|location| location.key));
    let mut keys = keys.collect::<Result<Vec<_>>>()?;
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}
