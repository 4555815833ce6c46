//! From a lake into an archive.

use std::io::Write;

use chrono::Utc;
use micromegas_transit::{Block, RawPayload, StreamInfo};
use serde::Serialize;
use tokio::sync::mpsc;

use super::entry::{self, Entry};
use super::manifest::{
    Archived, ArchivedStream, BLOCKS_FOLDER, END_NAME, MANIFEST_NAME, Manifest, PROCESS_NAME,
    STREAMS_FOLDER, VERSION, started,
};
use crate::error::{Error, Result};
use crate::keys::require_actor;
use crate::lake::{BlockFilter, BlockRecord, RecordKey, StreamFilter, StreamRecord};
use crate::lakehouse::Lakehouse;

/// How many rows are looked at at a time.
const PAGE_LENGTH: usize = 500;

/// Writes a process, its streams and its complete blocks into an archive, which
/// [`import_process`](super::import_process) takes into another lake, or another tenant. Nothing is
/// decoded. The audit log says `process.export` before anything is read, and `process.exported`
/// with what it was.
///
/// # Errors
///
/// [`Error::NotFound`] if the lake does not know the process, or lets go of some of it meanwhile;
/// [`Error::InvalidInput`] if `actor` is empty or no printable text; [`Error::Unavailable`] if a
/// store does not answer or the archive cannot be written. What was written then is no archive.
pub async fn export_process<W: Write + Send + 'static>(
    lakehouse: &Lakehouse,
    process: &RecordKey,
    actor: &str,
    out: W,
) -> Result<(W, Archived)> {
    require_actor(actor)?;
    let store = lakehouse.store();
    let Some(record) = store.fetch_process(&process.tenant, process.id).await? else {
        return Err(Error::not_found(format!("process {}", process.id)));
    };
    store.append_audit(vec![started(process, actor, "process.export")]).await?;
    // Streams are listed after the snapshot, so that those of all its blocks are among them.
    let newest = store.snapshot().await?.commit_sequence;
    let streams = list_streams(lakehouse, process).await?;
    let manifest = Manifest {
        micromegas_archive: VERSION,
        process_id: process.id,
        exported: Utc::now(),
        streams: streams
            .iter()
            .map(|stream| ArchivedStream {
                stream_id: stream.stream_id,
                format: stream.format.clone(),
            })
            .collect(),
    };
    let (entries, written) = entry::write(out);
    let archived = async {
        let sink = Sink(entries);
        sink.put_json(MANIFEST_NAME, &manifest).await?;
        sink.put(PROCESS_NAME.to_owned(), record.info.to_cbor()).await?;
        let mut archived = Archived { streams: streams.len() as u64, ..Archived::default() };
        for stream in streams {
            let name = format!("{STREAMS_FOLDER}{}.cbor", stream.stream_id);
            sink.put(name, document(lakehouse, stream).await?.to_cbor()).await?;
        }
        let mut filter = BlockFilter { up_to: newest, ..BlockFilter::default() };
        filter.process_ids = Some(vec![process.id]);
        loop {
            let tenants = std::slice::from_ref(&process.tenant);
            let page = store.list_blocks(tenants, &filter, PAGE_LENGTH).await?;
            for block in &page {
                let name = format!("{BLOCKS_FOLDER}{:08}-{}.cbor", archived.blocks, block.block_id);
                sink.put(name, block_document(lakehouse, block).await?.to_cbor()).await?;
                archived.blocks += 1;
                archived.bytes += block.payload.length;
            }
            match page.last() {
                Some(last) if page.len() == PAGE_LENGTH => filter.after = last.sequence,
                _ => break,
            }
        }
        sink.put_json(END_NAME, &archived).await?;
        Ok::<_, Error>(archived)
    };
    let (archived, written) = futures::join!(archived, written);
    // If the file cannot be written, that is why entries could not be handed over.
    let (out, archived) = (written?, archived?);
    store.append_audit(vec![archived.record(process, actor, "process.exported")]).await?;
    Ok((out, archived))
}

async fn list_streams(lakehouse: &Lakehouse, process: &RecordKey) -> Result<Vec<StreamRecord>> {
    let tenants = std::slice::from_ref(&process.tenant);
    let mut filter =
        StreamFilter { process_ids: Some(vec![process.id]), ..StreamFilter::default() };
    let mut streams = Vec::new();
    loop {
        let page = lakehouse.store().list_streams(tenants, &filter, PAGE_LENGTH).await?;
        let length = page.len();
        streams.extend(page);
        match streams.last() {
            Some(last) if length == PAGE_LENGTH => {
                filter.after = Some(RecordKey::new(process.tenant.clone(), last.stream_id));
            }
            _ => return Ok(streams),
        }
    }
}

async fn document(lakehouse: &Lakehouse, stream: StreamRecord) -> Result<StreamInfo> {
    let layout = lakehouse.fetch_layout(stream.layout).await?;
    Ok(StreamInfo {
        process_id: stream.process_id,
        stream_id: stream.stream_id,
        layout: (*layout).clone(),
        tags: stream.tags,
        properties: stream.properties,
    })
}

async fn block_document(lakehouse: &Lakehouse, block: &BlockRecord) -> Result<Block> {
    let bytes = lakehouse.fetch_payload_bytes(&block.payload).await?;
    let payload = RawPayload::from_bytes(bytes).map_err(|source| {
        let what = format!("the payload of block {}", block.block_id);
        Error::corrupt_from(what, "it is not a payload document", source)
    })?;
    Ok(Block {
        block_id: block.block_id,
        stream_id: block.stream_id,
        process_id: block.process_id,
        begin_time: block.begin_time,
        begin_ticks: block.begin_ticks,
        end_time: block.end_time,
        end_ticks: block.end_ticks,
        payload,
        object_offset: block.object_offset,
        event_count: block.event_count,
        event_ticks: block.event_ticks,
        skipped_events: block.skipped_events,
    })
}

/// Where entries go.
struct Sink(mpsc::Sender<Entry>);

impl Sink {
    async fn put(&self, name: String, bytes: Vec<u8>) -> Result<()> {
        let handed_over = self.0.send(Entry { name, bytes: bytes.into() }).await;
        handed_over.map_err(|_| Error::unavailable("the archive cannot be written"))
    }

    async fn put_json(&self, name: &str, value: &(impl Serialize + Sync)) -> Result<()> {
        let json = serde_json::to_vec(value);
        let json = json.map_err(|source| {
            Error::corrupt_from("the archive", "it cannot be described in JSON", source)
        })?;
        self.put(name.to_owned(), json).await
    }
}
