//! Somebody who reads all the time: numbers become visible in order, and what is visible can be
//! read.

use std::sync::Arc;
use std::time::Duration;

use micromegas_lakehouse::{
    BlockFilter, BlockRecord, CommitSequence, Error, Lakehouse, Result, Tenant,
};
use tokio::sync::watch;

use super::blocks;
use super::told::Told;

/// Blocks in one look.
const PAGE: usize = 500;

pub(super) struct Watcher {
    lakehouse: Lakehouse,
    told: Arc<Told>,
    seen: CommitSequence,
}

impl Watcher {
    pub(super) fn new(lakehouse: Lakehouse, told: Arc<Told>) -> Self {
        Self { lakehouse, told, seen: CommitSequence::ZERO }
    }

    /// Watches until it is told to stop; tells the last number that it has seen.
    pub(super) async fn run(mut self, stopping: watch::Receiver<()>) -> CommitSequence {
        while stopping.has_changed().is_ok() {
            if let Err(error) = self.look().await {
                assert!(error.is_retryable(), "{error:?}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.seen
    }

    async fn look(&mut self) -> Result<()> {
        let store = self.lakehouse.store();
        let newest = store.snapshot().await?.commit_sequence;
        let filter = BlockFilter::range(self.seen, newest);
        for block in store.list_blocks(&[Tenant::default()], &filter, PAGE).await? {
            assert_eq!(block.sequence, self.seen.next(), "numbers have a gap");
            self.check(&block).await?;
            self.seen = block.sequence;
        }
        Ok(())
    }

    async fn check(&self, block: &BlockRecord) -> Result<()> {
        let sent = self.told.state().sent.get(&block.block_id).copied();
        assert!(sent.is_some(), "nobody has sent {block:?}");
        match self.lakehouse.fetch_payload(block).await {
            Ok(payload) => assert_eq!(payload, blocks::payload(block.block_id)),
            Err(error @ Error::Unavailable { .. }) => return Err(error),
            Err(error) => panic!("{block:?} cannot be read: {error:?}"),
        }
        Ok(())
    }
}
