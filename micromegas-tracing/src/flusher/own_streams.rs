//! Streams of the host's own types: their blocks are made already.

use crate::event_sink::EventBlock;
use crate::flusher::block::block_of;
use crate::flusher::streams::{Outlet, Stream};
use crate::own_streams::{OwnQueue, PendingBlock, registry};
use crate::stats::Counts;
use std::sync::Arc;

/// The streams, each with its queue.
#[derive(Debug, Default)]
pub(super) struct OwnStreams {
    streams: Vec<(Arc<OwnQueue>, Stream)>,
}

impl OwnStreams {
    /// Hands everything recorded so far to the sink.
    pub(super) fn flush(&mut self, outlet: &mut Outlet<'_>) {
        let process_id = outlet.process_id;
        // A queue that only this list holds is nobody's any more.
        self.streams.retain(|(queue, _)| Arc::strong_count(queue) > 1);
        for queue in registry::list() {
            let known = self.streams.iter().position(|(own, _)| Arc::ptr_eq(own, &queue));
            let place = known.unwrap_or_else(|| {
                let stream = Stream::of_own(process_id, &queue);
                self.streams.push((Arc::clone(&queue), stream));
                self.streams.len() - 1
            });
            let stream = &mut self.streams[place].1;
            for pending in queue.take() {
                stream.skip(pending.skipped_events);
                if let Some((block, counts)) = made(pending, outlet) {
                    outlet.deliver_made(stream, block, counts);
                }
            }
        }
    }
}

fn made(pending: PendingBlock, outlet: &Outlet<'_>) -> Option<(EventBlock, Counts)> {
    let PendingBlock { dependencies, objects, event_ticks, .. } = pending;
    let counts = Counts { own_events: objects.record_count() as u64, ..Counts::default() };
    let block = block_of(&objects, &dependencies, event_ticks?, &outlet.origin);
    Some((block, counts))
}
