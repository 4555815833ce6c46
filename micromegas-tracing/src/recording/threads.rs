//! The buffers of all threads that recorded something.

use crate::buffer::Kind;
use crate::buffer::chain::{Chain, Taken};
use crate::buffer::pool::Pool;
use crate::lock::lock;
use crate::recording::cold::uninterrupted;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

/// The memory of all buffers of the process.
pub(crate) static POOL: Pool = Pool::new();

static THREADS: Mutex<Vec<Arc<RecordingThread>>> = Mutex::new(Vec::new());
static NEXT_NUMBER: AtomicU32 = AtomicU32::new(1);

/// A thread that recorded something, and its buffers.
#[derive(Debug)]
pub(crate) struct RecordingThread {
    /// Unique in the process, never zero.
    pub(crate) number: u32,
    /// The thread's id and name as its stream states them.
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    chains: [Arc<Chain>; Kind::COUNT],
}

impl RecordingThread {
    /// Makes the calling thread known to the flusher.
    pub(crate) fn register_current() -> Arc<Self> {
        let current = std::thread::current();
        let thread = Arc::new(Self {
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
            id: format!("{:?}", current.id()),
            name: current.name().map(str::to_owned),
            chains: Kind::ALL.map(|kind| Arc::new(Chain::new(kind, &POOL))),
        });
        lock(&THREADS).push(Arc::clone(&thread));
        thread
    }

    /// The buffers of one kind.
    pub(crate) fn chain(&self, kind: Kind) -> &Arc<Chain> {
        &self.chains[kind as usize]
    }

    /// The thread has ended: what it recorded is still taken, then the memory goes back.
    pub(crate) fn leave(&self) {
        for chain in &self.chains {
            chain.leave();
        }
    }

    fn is_finished(&self) -> bool {
        self.chains.iter().all(|chain| chain.is_finished())
    }
}

/// Makes the calling thread known and gives it a buffer of spans, if anything is recorded.
#[cfg(feature = "tokio")]
pub(crate) fn prepare_current() {
    use crate::recording::{cold, hot};
    let has_room = hot::with_cursors(|cursors| {
        cursors.with_current(Kind::Spans, |buffer| buffer.room_bytes() > 0)
    });
    if !has_room {
        // Without room the first event asks again.
        let _ = cold::make_room(Kind::Spans, size_of::<u64>());
    }
}

/// All threads at present, in the order of their first events.
pub(crate) fn list() -> Vec<Arc<RecordingThread>> {
    uninterrupted(|| lock(&THREADS).clone()).unwrap_or_default()
}

/// Takes what a thread recorded since the last call.
pub(crate) fn take(thread: &RecordingThread, kind: Kind) -> Vec<Taken> {
    uninterrupted(|| Chain::take(thread.chain(kind))).unwrap_or_default()
}

/// Frees memory that was not needed for a while.
pub(crate) fn trim_pool() {
    uninterrupted(|| POOL.trim());
}

/// Forgets the threads that have ended and are drained; returns their numbers.
pub(crate) fn forget_finished() -> Vec<u32> {
    let mut forgotten = Vec::new();
    uninterrupted(|| {
        lock(&THREADS).retain(|thread| {
            let is_finished = thread.is_finished();
            if is_finished {
                forgotten.push(thread.number);
            }
            !is_finished
        });
    });
    forgotten
}
