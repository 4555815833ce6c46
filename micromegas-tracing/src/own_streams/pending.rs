//! Events of one stream that wait for the flusher.

use crate::own_streams::References;
use micromegas_transit::{RecordQueue, TickRange};

/// A block is closed when it takes this many bytes.
const BLOCK_BYTES_MAX: usize = 1024 * 1024;

/// A block being filled, or waiting.
#[derive(Debug, Default)]
pub(crate) struct PendingBlock {
    pub(crate) dependencies: Vec<u8>,
    pub(crate) objects: RecordQueue,
    pub(crate) event_ticks: Option<TickRange>,
    /// Events lost before the first one.
    pub(crate) skipped_events: u64,
    /// How many bytes its events take, as they were counted.
    pub(crate) bytes: usize,
}

impl PendingBlock {
    fn note_time(&mut self, ticks: i64) {
        let range = self.event_ticks.get_or_insert(TickRange { least: ticks, greatest: ticks });
        range.least = range.least.min(ticks);
        range.greatest = range.greatest.max(ticks);
    }
}

/// The blocks of one stream.
#[derive(Debug, Default)]
pub(super) struct Pending {
    closed: Vec<PendingBlock>,
    open: PendingBlock,
    pub(super) references: References,
}

impl Pending {
    /// Adds what `write` appends, one event, and returns by how many bytes that is more.
    pub(super) fn add(
        &mut self,
        ticks: i64,
        write: impl FnOnce(&mut References, &mut RecordQueue),
    ) -> usize {
        let before = self.open_bytes();
        write(&mut self.references, &mut self.open.objects);
        self.open.note_time(ticks);
        // A panic while an event is made leaves bytes that are not counted, and no event.
        let added = self.open_bytes().saturating_sub(before);
        self.open.bytes += added;
        if self.open_bytes() >= BLOCK_BYTES_MAX {
            self.close();
        }
        added
    }

    fn open_bytes(&self) -> usize {
        self.open.objects.as_bytes().len() + self.references.queue.as_bytes().len()
    }

    /// Notes an event that was lost.
    pub(super) fn skip(&mut self) {
        self.open.skipped_events += 1;
    }

    /// Whether a whole block waits.
    pub(super) fn has_closed(&self) -> bool {
        !self.closed.is_empty()
    }

    fn close(&mut self) {
        // A loss without an event after it is declared by a later block.
        if self.open.event_ticks.is_some() {
            let references = std::mem::take(&mut self.references);
            self.open.dependencies = references.queue.into_bytes();
            self.closed.push(std::mem::take(&mut self.open));
        }
    }

    /// All blocks, the open one closed.
    pub(super) fn take(&mut self) -> Vec<PendingBlock> {
        self.close();
        std::mem::take(&mut self.closed)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.closed.is_empty() && self.open.event_ticks.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(pending: &mut Pending, ticks: i64, bytes: usize) -> usize {
        pending.add(ticks, |references, objects| {
            references.text("text");
            objects.push_dynamic(0, |out| out.resize(out.len() + bytes, 7));
        })
    }

    #[test]
    fn blocks_are_closed_when_they_are_full_and_each_is_complete() {
        let mut pending = Pending::default();
        let first = add(&mut pending, 5, 10);
        assert!(first > add(&mut pending, 3, 10), "the text is there once");
        assert!(!pending.has_closed());
        pending.skip();
        add(&mut pending, 9, BLOCK_BYTES_MAX);
        assert!(pending.has_closed());
        add(&mut pending, 11, 10);
        let blocks = pending.take();
        assert!(pending.is_empty());
        let counts: Vec<_> = blocks.iter().map(|block| block.objects.record_count()).collect();
        assert_eq!(counts, [3, 1]);
        assert_eq!(blocks[0].event_ticks, Some(TickRange { least: 3, greatest: 9 }));
        assert_eq!(blocks[0].skipped_events, 1);
        assert_eq!(blocks[0].dependencies, blocks[1].dependencies);
    }

    #[test]
    fn losses_wait_for_an_event() {
        let mut pending = Pending::default();
        pending.skip();
        assert!(pending.take().is_empty());
        add(&mut pending, 1, 1);
        assert_eq!(pending.take()[0].skipped_events, 1);
    }
}
