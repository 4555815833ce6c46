//! From an archive into a lake.

use std::collections::HashMap;
use std::io::Read;

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::entry::{self, Entry, damaged};
use super::manifest::{
    Archived, BLOCKS_FOLDER, END_NAME, MANIFEST_NAME, Manifest, PROCESS_NAME, STREAMS_FOLDER,
    VERSION, started,
};
use crate::error::{Error, Result};
use crate::keys::require_actor;
use crate::lake::{Lake, NewStream, RecordKey};
use crate::tenant::Tenant;

/// How many blocks are on their way into the lake at a time.
const BLOCKS_AT_ONCE: usize = 32;

/// Takes what [`export_process`](super::export_process) has written into a lake, as a tenant's.
/// Ids stay as they are, so what the lake has already stays as it is, and an import that failed is
/// simply repeated. The audit log says `process.import` before anything is stored, and
/// `process.imported` with what it was.
///
/// # Errors
///
/// [`Error::Corrupt`] if it is no whole archive, [`Error::Unsupported`] if a newer release wrote it,
/// [`Error::Forgotten`] if the tenant's lake has forgotten the process, [`Error::InvalidInput`] if
/// `actor` is empty or no printable text, [`Error::Unavailable`] if a store does not answer. Some
/// blocks may be in the lake then.
pub async fn import_process<R: Read + Send + 'static>(
    lake: &Lake,
    tenant: &Tenant,
    actor: &str,
    archive: R,
) -> Result<(RecordKey, Archived)> {
    require_actor(actor)?;
    let mut entries = entry::read(archive);
    let first = entries.recv().await.ok_or_else(|| damaged("it is empty"))??;
    let manifest = manifest(&first)?;
    let process = RecordKey::new(tenant.clone(), manifest.process_id);
    let store = lake.lakehouse().store();
    let record = started(&process, actor, "process.import");
    let record = record.with("exported", manifest.exported.to_rfc3339());
    store.append_audit(vec![record]).await?;
    let formats = manifest.streams.into_iter().map(|stream| (stream.stream_id, stream.format));
    let mut import = Import {
        lake,
        process: process.clone(),
        formats: formats.collect(),
        imported: Archived::default(),
    };
    let mut expected = None;
    let mut under_way = FuturesUnordered::new();
    while let Some(entry) = entries.recv().await {
        let entry = entry?;
        if expected.is_some() {
            return Err(damaged("there is something after its end"));
        }
        if entry.name == END_NAME {
            expected = Some(json::<Archived>(&entry)?);
        } else if entry.name.starts_with(BLOCKS_FOLDER) {
            let block = import.block(&entry)?;
            under_way.push(lake.insert_block(tenant, block));
            if under_way.len() >= BLOCKS_AT_ONCE {
                under_way.next().await.transpose()?;
            }
        } else {
            import.take(entry).await?;
        }
    }
    while let Some(stored) = under_way.next().await {
        stored?;
    }
    if expected != Some(import.imported) {
        return Err(damaged("it was cut: not all that it should hold is there"));
    }
    let imported = import.imported;
    store.append_audit(vec![imported.record(&process, actor, "process.imported")]).await?;
    Ok((process, imported))
}

/// An import under way.
struct Import<'l> {
    lake: &'l Lake,
    process: RecordKey,
    formats: HashMap<Uuid, String>,
    imported: Archived,
}

impl Import<'_> {
    /// Stores the process or a stream. What else there may be is of a later release, which would
    /// have said so if it mattered.
    async fn take(&mut self, entry: Entry) -> Result<()> {
        let tenant = &self.process.tenant;
        if entry.name == PROCESS_NAME {
            let info = ProcessInfo::from_cbor(entry.bytes.clone()).map_err(unreadable(&entry))?;
            self.check_process(&entry, info.process_id)?;
            self.lake.insert_process(tenant, info).await?;
        } else if entry.name.starts_with(STREAMS_FOLDER) {
            let info = StreamInfo::from_cbor(entry.bytes.clone()).map_err(unreadable(&entry))?;
            self.check_process(&entry, info.process_id)?;
            let format = self.formats.remove(&info.stream_id);
            let format =
                format.ok_or_else(|| damaged(&format!("{} is not in its manifest", entry.name)))?;
            let stream = NewStream { format, ..NewStream::new(tenant.clone(), info) };
            self.lake.insert_new_stream(stream).await?;
            self.imported.streams += 1;
        }
        Ok(())
    }

    fn block(&mut self, entry: &Entry) -> Result<Block> {
        let block = Block::from_cbor(entry.bytes.clone()).map_err(unreadable(entry))?;
        self.check_process(entry, block.process_id)?;
        self.imported.blocks += 1;
        self.imported.bytes += block.payload.as_bytes().len() as u64;
        Ok(block)
    }

    fn check_process(&self, entry: &Entry, process_id: Uuid) -> Result<()> {
        if process_id == self.process.id {
            return Ok(());
        }
        Err(damaged(&format!("{} belongs to another process", entry.name)))
    }
}

fn manifest(first: &Entry) -> Result<Manifest> {
    if first.name != MANIFEST_NAME {
        return Err(damaged("it does not begin with a manifest"));
    }
    let version = json::<serde_json::Value>(first)?.get("micromegas_archive").cloned();
    match version.as_ref().and_then(serde_json::Value::as_u64) {
        Some(version) if version <= u64::from(VERSION) => json(first),
        Some(version) => Err(Error::Unsupported {
            message: format!(
                "the archive has version {version}, but this release reads versions up to \
                 {VERSION}: use the newer release that wrote it"
            ),
        }),
        None => Err(damaged("its manifest does not say that it is one of a process")),
    }
}

fn json<T: DeserializeOwned>(entry: &Entry) -> Result<T> {
    serde_json::from_slice(&entry.bytes).map_err(|source| {
        Error::corrupt_from("the archive", format!("{} cannot be read", entry.name), source)
    })
}

fn unreadable(entry: &Entry) -> impl Fn(micromegas_transit::Error) -> Error {
    let reason = format!("{} cannot be read", entry.name);
    move |source| Error::corrupt_from("the archive", reason.clone(), source)
}
