//! The group commit: one task that turns waiting rows into one transaction.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use crate::error::{Error, Result};
use crate::lake::{InsertOutcome, LakeInsert};
use crate::store::MetadataStore;

/// Rows that belong into one transaction, and where to tell that they are stored.
#[derive(Debug)]
struct Waiting {
    rows: Vec<LakeInsert>,
    answer: oneshot::Sender<Result<Vec<InsertOutcome>>>,
}

/// The way to the committer. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct CommitterHandle {
    queue: mpsc::UnboundedSender<Waiting>,
}

impl CommitterHandle {
    /// Hands rows over and waits until their group is committed; tells what became of each.
    ///
    /// The queue has no bound of its own: whoever hands over holds a share of bounded memory.
    pub(crate) async fn commit(&self, rows: Vec<LakeInsert>) -> Result<Vec<InsertOutcome>> {
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
            let mut answers = vec![(first.rows.len(), first.answer)];
            let mut rows = first.rows;
            while rows.len() < self.rows_max
                && let Ok(next) = self.queue.try_recv()
            {
                answers.push((next.rows.len(), next.answer));
                rows.extend(next.rows);
            }
            let mut result = self.store.insert(rows).await.map(Vec::into_iter);
            for (count, answer) in answers {
                let of_answer = match &mut result {
                    Ok(outcomes) => Ok(outcomes.by_ref().take(count).collect()),
                    Err(error) => Err(error.clone()),
                };
                // Whoever does not listen any more sends again, which is harmless.
                let _ = answer.send(of_answer);
            }
        }
    }
}
