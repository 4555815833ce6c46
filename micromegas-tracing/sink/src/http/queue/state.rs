//! All that waits, and what makes way when there is no room.

use crate::http::queue::block::{Content, Key, Origin, Priority, WaitingBlock};
use crate::http::stats::DeliveryStats;
use crate::spool::Place;
use micromegas_transit::ProcessInfo;
use micromegas_transit::planar::{AcceptedCodecs, Codec};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Instant;
use uuid::Uuid;

/// How many bytes of memory may wait.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct QueueLimits {
    /// Of everything together.
    pub(in crate::http) bytes_max: usize,
    /// A block of traces finds no room beyond this.
    pub(in crate::http) trace_bytes_max: usize,
}

/// The losses of so many streams wait for a next block, which those of threads that ended do not
/// have.
const SKIPPED_MAX: usize = 65_536;

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) process: Option<Arc<ProcessInfo>>,
    /// The process's description was not yet given to the sender.
    pub(super) is_process_new: bool,
    pub(super) blocks: BTreeMap<Key, WaitingBlock>,
    pub(super) next_number: u64,
    /// What the sender has in its hand; a block of it is still in the queue.
    pub(super) in_hand: Option<Option<Key>>,
    /// Events dropped behind the last waiting block of a stream.
    pub(super) skipped: HashMap<Uuid, u64>,
    pub(super) stats: DeliveryStats,
    /// What the server accepts by its latest answer; none before the first.
    pub(super) accepted: Option<AcceptedCodecs>,
    /// The latest attempt failed.
    pub(super) is_failing: bool,
    /// The disk is left alone until then.
    pub(super) spool_paused_until: Option<Instant>,
    pub(super) is_packer_woken: bool,
    pub(super) shutdown: Option<Shutdown>,
    pub(super) threads: usize,
}

/// The end of the sink.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shutdown {
    pub(super) deadline: Instant,
    /// When blocks that were not sent by then go to the disk.
    pub(super) spool_at: Instant,
}

impl State {
    /// The codec to encode with. Before the first answer it is the one that every server of ours
    /// reads; the sender makes plain what is not accepted in the end.
    pub(super) fn codec(&self) -> Option<Codec> {
        self.accepted.map_or(Some(Codec::Lz4), |accepted| accepted.best())
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.shutdown.map(|shutdown| shutdown.deadline)
    }

    pub(super) fn is_past_deadline(&self) -> bool {
        self.deadline().is_some_and(|deadline| deadline <= Instant::now())
    }

    /// Whether nothing of this process waits.
    pub(super) fn is_idle(&self) -> bool {
        !self.is_process_new
            && self.in_hand.is_none_or(|key| key.is_some_and(|key| !key.is_own()))
            && !self.blocks.keys().any(|key| key.is_own())
    }

    /// Adds a block, and makes room for it.
    pub(super) fn add(&mut self, mut added: WaitingBlock, origin: Origin, limits: QueueLimits) {
        let priority = Priority::of(&added.stream);
        let number = self.next_number;
        self.next_number += 1;
        let key = Key { priority, origin, number };
        if origin == Origin::Own {
            let skipped = self.skipped.remove(&added.stream.stream_id);
            added.more_skipped += skipped.unwrap_or_default();
        }
        if added.is_spooled() || self.make_room(&added, priority, limits) {
            self.stats.waiting_bytes += added.bytes;
            self.blocks.insert(key, added);
        } else {
            self.note_dropped(key, &added);
        }
    }

    fn make_room(&mut self, added: &WaitingBlock, priority: Priority, limits: QueueLimits) -> bool {
        let bytes_max = match priority {
            Priority::Traces => limits.bytes_max.min(limits.trace_bytes_max),
            _ => limits.bytes_max,
        };
        while self.stats.waiting_bytes + added.bytes > bytes_max {
            if self.drop_one(priority, |waiting| !waiting.is_spooled()).is_none() {
                return false;
            }
        }
        true
    }

    /// Drops the least important block that `may_go`, the oldest of those, unless all are more
    /// important than `priority`.
    pub(super) fn drop_one(
        &mut self,
        priority: Priority,
        may_go: impl Fn(&WaitingBlock) -> bool,
    ) -> Option<WaitingBlock> {
        let rising = Priority::RISING.into_iter().filter(|own| *own >= priority);
        let in_order = rising.flat_map(|own| [(own, Origin::Adopted), (own, Origin::Own)]);
        let in_hand = self.in_hand.flatten();
        let key = in_order
            .flat_map(|(priority, origin)| {
                let key = |number| Key { priority, origin, number };
                self.blocks.range(key(0)..=key(u64::MAX))
            })
            .find(|(key, waiting)| Some(**key) != in_hand && may_go(waiting))
            .map(|(key, _)| *key)?;
        let dropped = self.remove(key)?;
        self.note_dropped(key, &dropped);
        Some(dropped)
    }

    /// Takes a block out.
    pub(super) fn remove(&mut self, key: Key) -> Option<WaitingBlock> {
        let removed = self.blocks.remove(&key)?;
        self.stats.waiting_bytes -= removed.bytes;
        Some(removed)
    }

    /// Counts a dropped block, and lets the stream's next one declare its events.
    pub(super) fn note_dropped(&mut self, key: Key, dropped: &WaitingBlock) {
        let counts = match key.origin {
            Origin::Own => &mut self.stats.dropped,
            Origin::Adopted => &mut self.stats.adopted_dropped,
        };
        key.priority.add(counts, dropped.event_count);
        let stream_id = dropped.stream.stream_id;
        let last = Key { number: u64::MAX, ..key };
        let mut later = self.blocks.range_mut(key..=last);
        match later.find(|(_, waiting)| waiting.stream.stream_id == stream_id) {
            Some((_, next)) => next.more_skipped += dropped.lost_events(),
            None if key.origin == Origin::Own => {
                if self.skipped.len() == SKIPPED_MAX {
                    self.skipped.clear();
                }
                *self.skipped.entry(stream_id).or_default() += dropped.lost_events();
            }
            // A process that has ended has no next block.
            None => {}
        }
    }

    /// Puts a block's content in the place of what it was.
    pub(super) fn replace(&mut self, key: Key, content: Content, payload_bytes: usize) -> bool {
        let Some(waiting) = self.blocks.get_mut(&key) else { return false };
        let bytes = size_of::<WaitingBlock>() + payload_bytes;
        self.stats.waiting_bytes = self.stats.waiting_bytes - waiting.bytes + bytes;
        waiting.bytes = bytes;
        waiting.content = content;
        true
    }

    /// The end of the sink: what is in memory is lost, what is on disk stays there.
    pub(super) fn give_up(&mut self) {
        while let Some((key, _)) = self.blocks.first_key_value() {
            let key = *key;
            let Some(left) = self.remove(key) else { return };
            if !left.is_spooled() {
                self.note_dropped(key, &left);
            } else if key.is_own() {
                key.priority.add(&mut self.stats.left_in_spool, left.event_count);
            }
        }
    }
}

/// Where on disk a block lies, if it does.
pub(super) fn place_of(waiting: &WaitingBlock) -> Option<Place> {
    match waiting.content {
        Content::Spooled(place, _) => Some(place),
        _ => None,
    }
}
