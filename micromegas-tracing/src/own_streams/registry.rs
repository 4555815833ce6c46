//! All streams of the host's own, and the bound on what waits in them.

use crate::lock::lock;
use crate::own_streams::References;
use crate::own_streams::pending::{Pending, PendingBlock};
use crate::recording::cold::uninterrupted;
use crate::{dispatch, flusher, stats};
use micromegas_transit::{RecordQueue, StreamLayout};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// How many bytes may wait in all streams together; set when recording starts.
static BYTES_MAX: AtomicUsize = AtomicUsize::new(0);
static WAITING_BYTES: AtomicUsize = AtomicUsize::new(0);
static QUEUES: Mutex<Vec<Arc<OwnQueue>>> = Mutex::new(Vec::new());

/// The description of a stream, and what waits in it.
#[derive(Debug)]
pub(crate) struct OwnQueue {
    pub(crate) tag: String,
    pub(crate) properties: BTreeMap<String, String>,
    pub(crate) layout: StreamLayout,
    pending: Mutex<Pending>,
}

impl OwnQueue {
    /// Makes a stream known to the flusher.
    pub(super) fn register(
        tag: String,
        properties: BTreeMap<String, String>,
        layout: StreamLayout,
    ) -> Arc<Self> {
        let queue = Arc::new(Self { tag, properties, layout, pending: Mutex::default() });
        lock(&QUEUES).push(Arc::clone(&queue));
        queue
    }

    /// Records one event of about `bytes`; false if it was not recorded.
    pub(super) fn record(
        &self,
        ticks: i64,
        bytes: usize,
        write: impl FnOnce(&mut References, &mut RecordQueue),
    ) -> bool {
        if !cfg!(feature = "enable") || !dispatch::is_running() {
            return false;
        }
        let bytes_max = BYTES_MAX.load(Ordering::Relaxed);
        // What is recorded while the event is made cannot go to a stream of one's own.
        let outcome = uninterrupted(|| {
            let mut pending = lock(&self.pending);
            if WAITING_BYTES.load(Ordering::Relaxed).saturating_add(bytes) > bytes_max {
                pending.skip();
                return (false, true);
            }
            let added = pending.add(ticks, write);
            WAITING_BYTES.fetch_add(added, Ordering::Relaxed);
            (true, pending.has_closed())
        });
        let (is_recorded, is_pressing) = outcome.unwrap_or_default();
        if !is_recorded {
            stats::count_dropped_own();
        }
        if is_pressing {
            flusher::wake::own_streams();
        }
        is_recorded
    }

    /// Takes what waits.
    pub(crate) fn take(&self) -> Vec<PendingBlock> {
        let blocks = uninterrupted(|| lock(&self.pending).take()).unwrap_or_default();
        let bytes = blocks.iter().map(|block| block.bytes).sum();
        WAITING_BYTES.fetch_sub(bytes, Ordering::Relaxed);
        blocks
    }
}

/// Sets how many bytes may wait.
pub(crate) fn set_bound(bytes: usize) {
    BYTES_MAX.store(bytes, Ordering::Relaxed);
}

/// The streams at present. Those that nobody can record to any more are forgotten.
pub(crate) fn list() -> Vec<Arc<OwnQueue>> {
    let mut queues = lock(&QUEUES);
    queues.retain(|queue| Arc::strong_count(queue) > 1 || !lock(&queue.pending).is_empty());
    queues.clone()
}
