//! Records become a block of the wire.

use crate::event_sink::EventBlock;
use crate::flusher::dependencies::Dependencies;
use crate::kept::keep;
use crate::origin::Origin;
use crate::stats::Counts;
use micromegas_transit::planar::CarriedSpan;
use micromegas_transit::{RecordQueue, TickRange};
use uuid::Uuid;

/// A block is closed when its records take this many bytes.
const OBJECT_BYTES_MAX: usize = 1024 * 1024;
/// Hardly any block takes more: room for its last record.
const CAPACITY_BYTES: usize = OBJECT_BYTES_MAX + 128 * 1024;

/// A block being filled.
#[derive(Debug)]
pub(super) struct BlockBuilder {
    pub(super) objects: RecordQueue,
    pub(super) counts: Counts,
    /// The spans that are open at the first event, if they are known.
    pub(super) carried_spans: Option<Vec<CarriedSpan>>,
    event_ticks: Option<TickRange>,
}

impl BlockBuilder {
    /// An empty block; `dependencies` are those of this block from now on.
    pub(super) fn begin(dependencies: &mut Dependencies) -> Self {
        dependencies.begin_block();
        let spare = dependencies.spare_objects.take();
        Self {
            objects: spare.unwrap_or_else(|| RecordQueue::with_capacity(CAPACITY_BYTES)),
            counts: Counts::default(),
            carried_spans: None,
            event_ticks: None,
        }
    }

    /// Notes the time of an event.
    pub(super) fn note_time(&mut self, ticks: i64) {
        let range = self.event_ticks.get_or_insert(TickRange { least: ticks, greatest: ticks });
        range.least = range.least.min(ticks);
        range.greatest = range.greatest.max(ticks);
    }

    /// Whether the block should be closed before the next event.
    pub(super) fn is_full(&self) -> bool {
        self.objects.as_bytes().len() >= OBJECT_BYTES_MAX
    }

    /// The block and its counts; none if it holds no event. Offset and skipped events are the
    /// stream's to fill in.
    pub(super) fn finish(
        mut self,
        dependencies: &mut Dependencies,
        origin: &Origin,
    ) -> Option<(EventBlock, Counts)> {
        let event_ticks = self.event_ticks?;
        let block = EventBlock {
            carried_spans: self.carried_spans,
            ..block_of(&self.objects, dependencies.records(), event_ticks, origin)
        };
        self.objects.clear();
        dependencies.spare_objects = Some(self.objects);
        Some((block, self.counts))
    }
}

/// A block of these records. Offset and skipped events are the stream's to fill in.
pub(super) fn block_of(
    objects: &RecordQueue,
    dependencies: &[u8],
    event_ticks: TickRange,
    origin: &Origin,
) -> EventBlock {
    let TickRange { least, greatest } = event_ticks;
    EventBlock {
        block_id: Uuid::new_v4(),
        begin_time: origin.wall_clock(least),
        begin_ticks: origin.relative(least),
        end_time: origin.wall_clock(greatest),
        end_ticks: origin.relative(greatest),
        dependencies: keep(dependencies),
        event_count: i32::try_from(objects.record_count()).unwrap_or(i32::MAX),
        objects: keep(objects.as_bytes()),
        object_offset: 0,
        event_ticks,
        skipped_events: 0,
        carried_spans: None,
    }
}
