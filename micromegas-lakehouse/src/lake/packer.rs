//! The packer: one task that turns blocks that arrive together into one object.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use object_store::ObjectStore;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use crate::error::Result;
use crate::lake::classes::RetentionClass;
use crate::lake::clock::StoreClock;
use crate::lake::committer::{CommitterHandle, stopped};
use crate::lake::segment::segment_key;
use crate::lake::{InsertOutcome, LakeInsert, NewBlock, PayloadLocation};
use crate::objects;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// After so long without a new block, a group is taken to be together. Whoever was answered with
/// the group before sends again within that, if the server is not busy otherwise.
const QUIET: Duration = Duration::from_micros(50);

/// A group of so many bytes waits for nothing while few objects are being written: the time that its
/// bytes take should pass while those of the next one come.
const EAGER_BYTES: usize = 1 << 20;
/// So many objects being written are few.
const EAGER_WRITES: usize = 4;
/// Fewer blocks are not worth an object beside the one that is being written.
const HALF_MIN: usize = 4;

/// How blocks are packed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Packing {
    /// The longest that a block waits for others.
    pub(crate) window: Duration,
    /// The most bytes of one object, unless a single block has more.
    pub(crate) bytes_max: usize,
    /// The most blocks of one object.
    pub(crate) blocks_max: usize,
    /// The most objects that are written at a time.
    pub(crate) writes_max: usize,
}

/// A block on its way, and where to tell that it is stored.
#[derive(Debug)]
struct Waiting {
    /// Its payload's location is not known yet.
    row: NewBlock,
    class: RetentionClass,
    payload: Bytes,
    answer: oneshot::Sender<Result<InsertOutcome>>,
    /// Kept until the block is stored, even if nobody waits for the answer any more.
    _memory: OwnedSemaphorePermit,
}

/// The way to the packer. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct PackerHandle {
    queue: mpsc::UnboundedSender<Waiting>,
}

impl PackerHandle {
    /// Hands a block over and waits until it is stored. `row.payload` is found here.
    pub(crate) async fn store(
        &self,
        row: NewBlock,
        class: RetentionClass,
        payload: Bytes,
        memory: OwnedSemaphorePermit,
    ) -> Result<InsertOutcome> {
        let (answer, stored) = oneshot::channel();
        let waiting = Waiting { row, class, payload, answer, _memory: memory };
        self.queue.send(waiting).map_err(|_| stopped())?;
        stored.await.map_err(|_| stopped())?
    }
}

/// The task. Objects are written beside each other; while none is being written, nothing waits.
#[derive(Debug)]
pub(crate) struct Packer {
    queue: mpsc::UnboundedReceiver<Waiting>,
    packing: Packing,
    writer: Arc<Writer>,
    /// Each tells how many blocks it has stored.
    writes: JoinSet<usize>,
    /// Blocks in objects that are being written.
    written_count: usize,
    /// How many blocks there were at one time of late, being written and gathered.
    together: usize,
}

/// What writing one object needs.
#[derive(Debug)]
struct Writer {
    objects: Arc<dyn ObjectStore>,
    clock: StoreClock,
    committer: CommitterHandle,
}

impl Packer {
    /// Starts the task on the current runtime; it ends when all handles are gone and what they
    /// handed over is stored.
    pub(crate) fn spawn(
        store: Arc<dyn MetadataStore>,
        objects: Arc<dyn ObjectStore>,
        committer: CommitterHandle,
        packing: Packing,
    ) -> PackerHandle {
        let (sender, queue) = mpsc::unbounded_channel();
        let writer = Arc::new(Writer { objects, clock: StoreClock::new(store), committer });
        let writes = JoinSet::new();
        let packer = Self { queue, packing, writer, writes, written_count: 0, together: 0 };
        tokio::spawn(packer.run());
        PackerHandle { queue: sender }
    }

    async fn run(mut self) {
        while let Some(first) = self.next().await {
            let group = self.gather(first).await;
            let count = group.len();
            self.written_count += count;
            self.together = self.written_count.max(self.together - self.together / 8);
            let writer = Arc::clone(&self.writer);
            self.writes.spawn(async move {
                writer.store(group).await;
                count
            });
        }
        while self.writes.join_next().await.is_some() {}
    }

    /// The first block of the next group.
    async fn next(&mut self) -> Option<Waiting> {
        loop {
            tokio::select! {
                next = self.queue.recv() => return next,
                Some(written) = self.writes.join_next() => self.note(written),
            }
        }
    }

    /// Takes what is in the queue and, while objects are being written, what arrives within the
    /// window; longer if the most objects are being written.
    async fn gather(&mut self, first: Waiting) -> Vec<Waiting> {
        let deadline = Instant::now() + self.packing.window;
        let mut group = Group::new(first);
        self.settle(&mut group, deadline).await;
        loop {
            group.take(&mut self.queue, &self.packing);
            let is_full = group.is_full(&self.packing);
            let may_write = self.writes.len() < self.packing.writes_max;
            if may_write && (is_full || self.is_eager(&group)) {
                return group.blocks;
            }
            tokio::select! {
                Some(next) = self.queue.recv(), if !is_full => group.push(next),
                Some(written) = self.writes.join_next() => self.note(written),
                () = sleep_until(deadline), if may_write => return group.blocks,
            }
        }
    }

    /// Takes note of an object that is written, or could not be.
    fn note(&mut self, written: std::result::Result<usize, JoinError>) {
        // A write that panicked has not said how many blocks it had.
        self.written_count = match written {
            Ok(count) => self.written_count.saturating_sub(count),
            Err(_) => 0,
        };
    }

    /// Whether a group is not to wait for others.
    fn is_eager(&self, group: &Group) -> bool {
        match self.writes.len() {
            0 => true,
            1 if self.is_half(group) => true,
            writes => group.bytes >= EAGER_BYTES && writes < EAGER_WRITES,
        }
    }

    /// Whether a group has half of the blocks that there are at one time: while these are being
    /// stored, the others come, and neither the senders nor the stores wait for each other.
    fn is_half(&self, group: &Group) -> bool {
        let count = group.blocks.len();
        count >= HALF_MIN && count >= self.together / 2
    }

    /// Gives those the chance to hand a block over that are about to: all that are ready, and with
    /// several clients those whose blocks come right after each other. Without this every second
    /// group would be a single block, whose sender was answered apart from the others.
    async fn settle(&mut self, group: &mut Group, deadline: Instant) {
        tokio::task::yield_now().await;
        group.take(&mut self.queue, &self.packing);
        if self.together < 2 {
            return;
        }
        let mut quiet_since = Instant::now();
        while group.bytes < EAGER_BYTES.min(self.packing.bytes_max)
            && group.blocks.len() < self.packing.blocks_max
            && !self.is_half(group)
        {
            tokio::task::yield_now().await;
            let now = Instant::now();
            if group.take(&mut self.queue, &self.packing) {
                quiet_since = now;
            }
            if now - quiet_since >= QUIET || now >= deadline {
                return;
            }
        }
    }
}

/// Blocks that were gathered.
struct Group {
    blocks: Vec<Waiting>,
    bytes: usize,
}

impl Group {
    fn new(first: Waiting) -> Self {
        Self { bytes: first.payload.len(), blocks: vec![first] }
    }

    /// Takes what is in the queue, as far as it fits; tells whether that was anything.
    fn take(&mut self, queue: &mut mpsc::UnboundedReceiver<Waiting>, packing: &Packing) -> bool {
        let before = self.blocks.len();
        while !self.is_full(packing)
            && let Ok(next) = queue.try_recv()
        {
            self.push(next);
        }
        self.blocks.len() > before
    }

    fn push(&mut self, block: Waiting) {
        self.bytes += block.payload.len();
        self.blocks.push(block);
    }

    fn is_full(&self, packing: &Packing) -> bool {
        self.bytes >= packing.bytes_max || self.blocks.len() >= packing.blocks_max
    }
}

impl Writer {
    /// Stores a group: one object for each tenant and retention class, then its rows.
    async fn store(&self, group: Vec<Waiting>) {
        let mut segments: BTreeMap<(Tenant, RetentionClass), Vec<Waiting>> = BTreeMap::new();
        for block in group {
            segments.entry((block.row.tenant.clone(), block.class)).or_default().push(block);
        }
        let stored = segments.into_iter().map(|((tenant, _), mut blocks)| async move {
            let mut result = self.store_segment(&tenant, &mut blocks).await.map(Vec::into_iter);
            for block in blocks {
                let of_block = match &mut result {
                    Ok(outcomes) => outcomes.next().ok_or_else(stopped),
                    Err(error) => Err(error.clone()),
                };
                // Whoever does not listen any more sends again, which is harmless.
                let _ = block.answer.send(of_block);
            }
        });
        futures::future::join_all(stored).await;
    }

    async fn store_segment(
        &self,
        tenant: &Tenant,
        blocks: &mut [Waiting],
    ) -> Result<Vec<InsertOutcome>> {
        let key = segment_key(tenant, self.clock.now().await?);
        let payloads = blocks.iter().map(|block| block.payload.clone()).collect();
        objects::put_new(&*self.objects, &key, payloads).await?;
        let mut offset = 0;
        let mut rows = Vec::with_capacity(blocks.len());
        for block in blocks {
            let length = block.payload.len() as u64;
            block.payload = Bytes::new();
            let mut row = block.row.clone();
            row.payload = PayloadLocation { key: key.clone(), offset, length };
            rows.push(LakeInsert::Block(row));
            offset += length;
        }
        let result = self.committer.commit(rows).await;
        if result.is_err() {
            self.clock.forget();
        }
        result
    }
}
