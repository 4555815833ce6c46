//! The group commit: one task that turns waiting rows into one transaction.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, Result};
use crate::lake::LakeInsert;
use crate::store::MetadataStore;

/// Rows that belong into one transaction, and where to tell that they are stored.
#[derive(Debug)]
struct Waiting {
    rows: Vec<LakeInsert>,
    answer: oneshot::Sender<Result<()>>,
}

/// The way to the committer. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct CommitterHandle {
    queue: mpsc::UnboundedSender<Waiting>,
}

impl CommitterHandle {
    /// Hands rows over and waits until their group is committed.
    ///
    /// The queue has no bound of its own: whoever hands over holds a share of bounded memory.
    pub(crate) async fn commit(&self, rows: Vec<LakeInsert>) -> Result<()> {
        let (answer, committed) = oneshot::channel();
        self.queue.send(Waiting { rows, answer }).map_err(|_| stopped())?;
        committed.await.map_err(|_| stopped())?
    }
}

/// What an insert is told that the end of the runtime has caught up with.
pub(crate) fn stopped() -> Error {
    Error::unavailable("the server is shutting down: send the same again")
}

/// The task. One group is in flight; what arrives meanwhile is the next one.
#[derive(Debug)]
pub(crate) struct Committer {
    store: Arc<dyn MetadataStore>,
    queue: mpsc::UnboundedReceiver<Waiting>,
    rows_max: usize,
}

impl Committer {
    /// Starts the task on the current runtime; it ends when all handles are gone.
    pub(crate) fn spawn(store: Arc<dyn MetadataStore>, rows_max: usize) -> CommitterHandle {
        let (sender, queue) = mpsc::unbounded_channel();
        tokio::spawn(Self { store, queue, rows_max }.run());
        CommitterHandle { queue: sender }
    }

    async fn run(mut self) {
        while let Some(first) = self.queue.recv().await {
            // Whoever is ready to hand rows over gets the chance to.
            tokio::task::yield_now().await;
            let (mut rows, mut answers) = (first.rows, vec![first.answer]);
            while rows.len() < self.rows_max
                && let Ok(next) = self.queue.try_recv()
            {
                rows.extend(next.rows);
                answers.push(next.answer);
            }
            let result = self.store.insert(rows).await.map(|_| ());
            for answer in answers {
                // Whoever does not listen any more sends again, which is harmless.
                let _ = answer.send(result.clone());
            }
        }
    }
}
