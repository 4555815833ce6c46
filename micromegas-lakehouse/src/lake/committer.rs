//! The group commit: one task that turns waiting rows into one transaction.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::error::{Error, Result};
use crate::lake::LakeInsert;
use crate::store::MetadataStore;

/// A row and where to tell that it is stored.
#[derive(Debug)]
struct Waiting {
    row: LakeInsert,
    answer: oneshot::Sender<Result<()>>,
}

/// The way to the committer. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct CommitterHandle {
    queue: mpsc::UnboundedSender<Waiting>,
    announced: Arc<AtomicUsize>,
}

/// An insert that is under way but has no row in the queue yet: a group waits for it.
#[derive(Debug)]
pub(crate) struct Announced<'a> {
    queue: &'a mpsc::UnboundedSender<Waiting>,
    announced: &'a AtomicUsize,
}

impl CommitterHandle {
    /// Tells the committer that a row will come, so that it can share a group with others.
    pub(crate) fn announce(&self) -> Announced<'_> {
        self.announced.fetch_add(1, Ordering::Relaxed);
        Announced { queue: &self.queue, announced: &self.announced }
    }
}

impl Announced<'_> {
    /// Hands the row over and waits until its group is committed.
    ///
    /// The queue has no bound of its own: whoever announces holds a share of bounded memory.
    pub(crate) async fn commit(self, row: LakeInsert) -> Result<()> {
        let (answer, committed) = oneshot::channel();
        let queue = self.queue;
        // The announcement ends before the row is in the queue, so that the committer never waits
        // for a row that it already has.
        drop(self);
        let stopped = || Error::unavailable("the server is shutting down: send the same again");
        queue.send(Waiting { row, answer }).map_err(|_| stopped())?;
        committed.await.map_err(|_| stopped())?
    }
}

impl Drop for Announced<'_> {
    fn drop(&mut self) {
        self.announced.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The task.
#[derive(Debug)]
pub(crate) struct Committer {
    store: Arc<dyn MetadataStore>,
    queue: mpsc::UnboundedReceiver<Waiting>,
    announced: Arc<AtomicUsize>,
    window: Duration,
    rows_max: usize,
}

impl Committer {
    /// Starts the task on the current runtime; it ends when all handles are gone.
    pub(crate) fn spawn(
        store: Arc<dyn MetadataStore>,
        window: Duration,
        rows_max: usize,
    ) -> CommitterHandle {
        let (sender, queue) = mpsc::unbounded_channel();
        let announced = Arc::new(AtomicUsize::new(0));
        let committer = Self { store, queue, announced: Arc::clone(&announced), window, rows_max };
        tokio::spawn(committer.run());
        CommitterHandle { queue: sender, announced }
    }

    async fn run(mut self) {
        while let Some(first) = self.queue.recv().await {
            let group = self.gather(first).await;
            self.commit(group).await;
        }
    }

    /// Takes what is in the queue and, for at most the window, what is announced.
    async fn gather(&mut self, first: Waiting) -> Vec<Waiting> {
        let deadline = Instant::now() + self.window;
        let mut group = vec![first];
        while group.len() < self.rows_max {
            if let Ok(next) = self.queue.try_recv() {
                group.push(next);
                continue;
            }
            if self.announced.load(Ordering::Relaxed) == 0 {
                break;
            }
            match timeout_at(deadline, self.queue.recv()).await {
                Ok(Some(next)) => group.push(next),
                Ok(None) | Err(_) => break,
            }
        }
        group
    }

    async fn commit(&self, group: Vec<Waiting>) {
        let (rows, answers): (Vec<_>, Vec<_>) =
            group.into_iter().map(|waiting| (waiting.row, waiting.answer)).unzip();
        let result = self.store.insert(rows).await.map(|_| ());
        for answer in answers {
            // Whoever does not listen any more sends again, which is harmless.
            let _ = answer.send(result.clone());
        }
    }
}
