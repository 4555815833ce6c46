//! The write side of the lake: payload first, then its row in a group commit.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use micromegas_transit::{Block, ProcessInfo, StreamInfo};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::{Error, Result};
use crate::lake::classes::RetentionClasses;
use crate::lake::committer::{Committer, CommitterHandle};
use crate::lake::forgotten::ForgottenProcesses;
use crate::lake::packer::{Packer, PackerHandle, Packing};
use crate::lake::sweep::{self, Sweeper, Swept};
use crate::lake::{
    LakeInsert, NewBlock, NewProcess, NewStream, PayloadLocation, RecordKey, block_key,
};
use crate::lakehouse::Lakehouse;
use crate::layout_cache::layout_bytes;
use crate::objects;
use crate::removal::RetentionPolicy;
use crate::tenant::Tenant;

/// What a row costs in memory beside its texts and payload.
const ROW_BYTES: usize = 1024;

/// Limits of the write side.
#[derive(Debug, Clone)]
pub struct LakeOptions {
    /// The longest that a block waits for others to share an object with, a *segment*. Nothing
    /// waits while no segment is being written. Zero gives each block an object of its own, with
    /// the published key.
    pub segment_window: Duration,
    /// The bytes that close a segment.
    pub segment_bytes_max: usize,
    /// The most segments that are written at a time.
    pub segment_writes_max: usize,
    /// The most rows in one group commit, and blocks in one segment.
    pub group_rows_max: usize,
    /// The most bytes of payloads and rows held at a time; inserts beyond it are refused with
    /// [`Error::Unavailable`].
    pub in_flight_bytes_max: usize,
    /// How long the lake keeps what it holds: blocks that are kept for different times do not share
    /// objects. It removes nothing by itself; [`Housekeeping`](crate::Housekeeping) does.
    pub retention: RetentionPolicy,
    /// How often segments that no row refers to are [swept](Lake::sweep); zero for never. Of
    /// several servers one sweeps.
    pub sweep_period: Duration,
}

impl Default for LakeOptions {
    fn default() -> Self {
        Self {
            segment_window: Duration::from_millis(5),
            segment_bytes_max: 8 << 20,
            segment_writes_max: 16,
            group_rows_max: 1024,
            in_flight_bytes_max: 256 << 20,
            retention: RetentionPolicy::default(),
            sweep_period: Duration::from_secs(600),
        }
    }
}

/// The write side of the lake. Clones share its tasks.
///
/// An insert that has answered `Ok` is stored: payload and row survive the death of the process.
/// Inserts are idempotent by tenant and id. Those that arrive together share one transaction of
/// the metadata store, and their payloads one object.
#[derive(Debug, Clone)]
pub struct Lake {
    lakehouse: Lakehouse,
    committer: CommitterHandle,
    /// `None` if each block has an object of its own.
    packer: Option<PackerHandle>,
    classes: Arc<RetentionClasses>,
    forgotten: Arc<ForgottenProcesses>,
    memory: Arc<Semaphore>,
    in_flight_bytes_max: usize,
    _sweeper: Option<Arc<Sweeper>>,
}

impl Lake {
    /// Starts its tasks on the current tokio runtime; they end with the last clone, after what is
    /// under way.
    ///
    /// # Panics
    ///
    /// If called outside of a tokio runtime.
    pub fn new(lakehouse: Lakehouse, options: LakeOptions) -> Self {
        let in_flight_bytes_max = options
            .in_flight_bytes_max
            .clamp(ROW_BYTES, u32::MAX as usize)
            .min(Semaphore::MAX_PERMITS);
        let (store, objects) = (lakehouse.store(), lakehouse.objects());
        let rows_max = options.group_rows_max.max(1);
        let committer = Committer::spawn(Arc::clone(store), rows_max);
        let packing = Packing {
            window: options.segment_window,
            bytes_max: options.segment_bytes_max.max(1),
            blocks_max: rows_max,
            writes_max: options.segment_writes_max.max(1),
        };
        let packer = (!packing.window.is_zero()).then(|| {
            Packer::spawn(Arc::clone(store), Arc::clone(objects), committer.clone(), packing)
        });
        let sweeper = (!options.sweep_period.is_zero())
            .then(|| Sweeper::spawn(Arc::clone(store), Arc::clone(objects), options.sweep_period));
        Self {
            committer,
            packer,
            classes: Arc::new(RetentionClasses::new(Arc::clone(store), options.retention)),
            forgotten: Arc::default(),
            memory: Arc::new(Semaphore::new(in_flight_bytes_max)),
            in_flight_bytes_max,
            _sweeper: sweeper.map(Arc::new),
            lakehouse,
        }
    }

    /// The lakehouse that it writes to.
    pub fn lakehouse(&self) -> &Lakehouse {
        &self.lakehouse
    }

    /// Stores a process.
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInput`] for values that can never be stored, [`Error::Forgotten`] if the
    /// process was forgotten, [`Error::Unavailable`] if a limit is reached or a store does not
    /// answer.
    ///
    /// # Cancel safety
    ///
    /// A dropped call may or may not have stored its row; calling again is harmless.
    pub async fn insert_process(&self, tenant: &Tenant, info: ProcessInfo) -> Result<()> {
        let texts = [
            &info.exe,
            &info.username,
            &info.realname,
            &info.computer,
            &info.distro,
            &info.cpu_brand,
        ];
        let properties = info.properties.iter().flat_map(|(key, value)| [key, value]);
        let bytes: usize = texts.into_iter().chain(properties).map(String::len).sum();
        let row = LakeInsert::Process(NewProcess { tenant: tenant.clone(), info });
        self.insert_row(row, bytes).await
    }

    /// Stores a stream of a native client, and its layout unless it is known.
    ///
    /// # Errors
    ///
    /// As [`insert_process`](Self::insert_process).
    ///
    /// # Cancel safety
    ///
    /// As [`insert_process`](Self::insert_process).
    pub async fn insert_stream(&self, tenant: &Tenant, info: StreamInfo) -> Result<()> {
        self.insert_new_stream(NewStream::new(tenant.clone(), info)).await
    }

    /// Stores a stream of any format, and its layout unless it is known.
    ///
    /// # Errors
    ///
    /// As [`insert_process`](Self::insert_process).
    ///
    /// # Cancel safety
    ///
    /// As [`insert_process`](Self::insert_process).
    pub async fn insert_new_stream(&self, stream: NewStream) -> Result<()> {
        let properties = stream.properties.iter().flat_map(|(key, value)| [key, value]);
        let text_bytes: usize = stream.tags.iter().chain(properties).map(String::len).sum();
        let bytes = text_bytes.saturating_add(layout_bytes(&stream.layout));
        self.classes.note_stream(&stream.tenant, stream.stream_id, &stream.tags);
        self.insert_row(LakeInsert::Stream(stream), bytes).await
    }

    /// Stores a block: its payload as an object, then its row.
    ///
    /// # Errors
    ///
    /// As [`insert_process`](Self::insert_process).
    ///
    /// # Cancel safety
    ///
    /// As [`insert_process`](Self::insert_process).
    pub async fn insert_block(&self, tenant: &Tenant, block: Block) -> Result<()> {
        let key = block_key(tenant, block.process_id, block.stream_id, block.block_id);
        let size = block.payload.as_bytes().len();
        let location = PayloadLocation::whole_object(key, size as u64);
        let mut row = NewBlock::new(tenant.clone(), &block, location);
        LakeInsert::Block(row.clone()).validate()?;
        let process = RecordKey::new(tenant.clone(), block.process_id);
        // Not even its bytes are written then.
        self.forgotten.check(&process)?;
        let memory = self.reserve(size)?;
        let payload = block.payload.into_bytes();
        if let Some(packer) = &self.packer {
            let class = self.classes.of_stream(tenant, row.stream_id).await;
            let outcome = packer.store(row, class, payload, memory).await?;
            return self.forgotten.note(&process, outcome);
        }
        let objects = &**self.lakehouse.objects();
        row.payload.length = objects::put_once(objects, &row.payload.key, payload).await?;
        self.commit_row(LakeInsert::Block(row)).await
    }

    /// Deletes the segments that were written an hour ago or longer and that no row refers to,
    /// left by groups that were not committed. This happens by itself every
    /// [`sweep_period`](LakeOptions::sweep_period).
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if a store does not answer; what was deleted is gone.
    pub async fn sweep(&self) -> Result<Swept> {
        let (store, objects) = (self.lakehouse.store(), self.lakehouse.objects());
        sweep::sweep(&**store, &**objects, DateTime::<Utc>::MIN_UTC).await
    }

    async fn insert_row(&self, row: LakeInsert, bytes: usize) -> Result<()> {
        row.validate()?;
        let _memory = self.reserve(bytes)?;
        self.commit_row(row).await
    }

    async fn commit_row(&self, row: LakeInsert) -> Result<()> {
        let process = row.process();
        match self.committer.commit(vec![row]).await?.as_slice() {
            [outcome] => self.forgotten.note(&process, *outcome),
            _ => Ok(()),
        }
    }

    /// Takes memory for one insert, or refuses it.
    fn reserve(&self, bytes: usize) -> Result<OwnedSemaphorePermit> {
        let bytes = bytes.saturating_add(ROW_BYTES);
        if bytes > self.in_flight_bytes_max {
            return Err(Error::invalid(format!(
                "an insert of {bytes} bytes is larger than the limit of {} bytes",
                self.in_flight_bytes_max
            )));
        }
        let permits = u32::try_from(bytes).unwrap_or(u32::MAX);
        Arc::clone(&self.memory).try_acquire_many_owned(permits).map_err(|_| {
            Error::unavailable("too many bytes are in flight: send the same again later")
        })
    }
}
