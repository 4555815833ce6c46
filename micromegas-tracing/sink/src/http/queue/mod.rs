//! What waits to be sent: in order, bounded in bytes.

use crate::http::packed::Packed;
use crate::http::stats::{DeliveryStats, EventCounts};
use micromegas_tracing::EventBlock;
use micromegas_transit::planar::{AcceptedCodecs, CarriedSpan, Codec};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// What a block carries. Later variants outlive earlier ones when there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Priority {
    Traces,
    Metrics,
    Logs,
}

impl Priority {
    fn of(stream: &StreamInfo) -> Self {
        let has_tag = |tag: &str| stream.tags.iter().any(|own| own == tag);
        if has_tag("log") {
            Self::Logs
        } else if has_tag("metrics") {
            Self::Metrics
        } else {
            Self::Traces
        }
    }

    fn add(self, counts: &mut EventCounts, events: u64) {
        match self {
            Self::Traces => counts.traces += events,
            Self::Metrics => counts.metrics += events,
            Self::Logs => counts.logs += events,
        }
    }
}

/// A block that waits.
#[derive(Debug)]
pub(super) struct WaitingBlock {
    priority: Priority,
    pub(super) stream: Arc<StreamInfo>,
    /// Without its records, once the packer has them.
    pub(super) block: EventBlock,
    packing: Packing,
    bytes: usize,
}

#[derive(Debug)]
enum Packing {
    Raw,
    InProgress,
    Done(Packed),
}

impl WaitingBlock {
    fn new(stream: &Arc<StreamInfo>, block: EventBlock) -> Self {
        Self {
            priority: Priority::of(stream),
            stream: Arc::clone(stream),
            bytes: size_of::<Self>() + block.objects.len() + block.dependencies.len(),
            block,
            packing: Packing::Raw,
        }
    }

    /// The compressed records; none before they are packed.
    pub(super) fn packed(&self) -> Option<&Packed> {
        match &self.packing {
            Packing::Done(packed) => Some(packed),
            Packing::Raw | Packing::InProgress => None,
        }
    }

    fn event_count(&self) -> u64 {
        u64::try_from(self.block.event_count).unwrap_or_default()
    }
}

/// Records to be packed, and the block they belong to.
#[derive(Debug)]
pub(super) struct RawRecords {
    pub(super) block_id: Uuid,
    pub(super) stream: Arc<StreamInfo>,
    /// The codec to encode them with; none for plain frames.
    pub(super) codec: Option<Codec>,
    pub(super) carried_spans: Option<Vec<CarriedSpan>>,
    pub(super) dependencies: Vec<u8>,
    pub(super) objects: Vec<u8>,
}

/// What the sender is to do next.
#[derive(Debug)]
pub(super) enum ToSend {
    Process(Arc<ProcessInfo>),
    Block(Box<WaitingBlock>),
}

/// The queue, shared by the flusher's thread, the packer and the sender.
#[derive(Debug)]
pub(super) struct Queue {
    bytes_max: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    process: Option<Arc<ProcessInfo>>,
    blocks: VecDeque<WaitingBlock>,
    /// The sender has something in hand that is in the queue no more.
    is_sending: bool,
    /// Events dropped behind the last waiting block of a stream.
    skipped: HashMap<Uuid, u64>,
    stats: DeliveryStats,
    /// What the server accepts by its latest answer; none before the first.
    accepted: Option<AcceptedCodecs>,
    shutdown: Option<Instant>,
    threads: usize,
}

impl Queue {
    /// An empty queue that `threads` threads will serve.
    pub(super) fn new(bytes_max: usize, threads: usize) -> Self {
        let state = State { threads, ..State::default() };
        Self { bytes_max, state: Mutex::new(state), changed: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change until `deadline`; none if that has passed.
    fn wait_until<'a>(
        &self,
        state: MutexGuard<'a, State>,
        deadline: Instant,
    ) -> Option<MutexGuard<'a, State>> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let waited = self.changed.wait_timeout(state, left);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Adds the description of the process, which is sent before everything else.
    pub(super) fn set_process(&self, process: &Arc<ProcessInfo>) {
        self.lock().process = Some(Arc::clone(process));
        self.changed.notify_all();
    }

    /// Adds a block. If there is no room, blocks of lower or equal priority make way, the lowest
    /// and oldest first; if that is not enough, this one is dropped.
    pub(super) fn offer(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        let mut added = WaitingBlock::new(stream, block);
        let mut state = self.lock();
        let stream_id = stream.stream_id;
        added.block.skipped_events += state.skipped.remove(&stream_id).unwrap_or_default();
        if state.make_room(&added, self.bytes_max) {
            state.stats.waiting_bytes += added.bytes;
            state.blocks.push_back(added);
        } else {
            state.note_dropped(&added, usize::MAX);
        }
        self.changed.notify_all();
    }

    /// The records that the packer should pack next; waits for some. None at the end.
    pub(super) fn next_raw(&self) -> Option<RawRecords> {
        let mut state = self.lock();
        loop {
            let codec = state.codec();
            let raw = state.blocks.iter_mut().find(|own| matches!(own.packing, Packing::Raw));
            if let Some(waiting) = raw {
                waiting.packing = Packing::InProgress;
                return Some(RawRecords {
                    block_id: waiting.block.block_id,
                    stream: Arc::clone(&waiting.stream),
                    codec,
                    carried_spans: waiting.block.carried_spans.take(),
                    dependencies: std::mem::take(&mut waiting.block.dependencies),
                    objects: std::mem::take(&mut waiting.block.objects),
                });
            }
            if state.shutdown.is_some() {
                return None;
            }
            state = self.wait(state);
        }
    }

    /// Takes packed records back; they are forgotten if their block was dropped meanwhile.
    pub(super) fn put_packed(&self, block_id: Uuid, packed: Packed) {
        let mut state = self.lock();
        let State { blocks, stats, .. } = &mut *state;
        if let Some(waiting) = blocks.iter_mut().find(|own| own.block.block_id == block_id) {
            let bytes = size_of::<WaitingBlock>() + packed.payload.as_bytes().len();
            stats.waiting_bytes = stats.waiting_bytes - waiting.bytes + bytes;
            waiting.bytes = bytes;
            waiting.packing = Packing::Done(packed);
        }
        self.changed.notify_all();
    }

    /// What should be sent next; waits for something. None at the end.
    pub(super) fn next_to_send(&self) -> Option<ToSend> {
        let mut state = self.lock();
        loop {
            if state.is_past_deadline() {
                return None;
            }
            if let Some(process) = state.process.take() {
                state.is_sending = true;
                return Some(ToSend::Process(process));
            }
            let first = state.blocks.front();
            if first.is_some_and(|first| first.packed().is_some())
                && let Some(first) = state.blocks.pop_front()
            {
                state.is_sending = true;
                return Some(ToSend::Block(Box::new(first)));
            }
            match state.shutdown {
                Some(_) if state.blocks.is_empty() => return None,
                Some(deadline) => state = self.wait_until(state, deadline)?,
                None => state = self.wait(state),
            }
        }
    }

    /// Takes note of what the server accepts by its latest answer.
    pub(super) fn set_accepted(&self, accepted: AcceptedCodecs) {
        self.lock().accepted = Some(accepted);
    }

    /// The description in the sender's hand is dealt with.
    pub(super) fn note_description(&self, is_delivered: bool) {
        let mut state = self.lock();
        if !is_delivered {
            state.stats.refused_descriptions += 1;
        }
    }

    /// The sender's hand is empty again.
    pub(super) fn note_sent(&self) {
        self.lock().is_sending = false;
        self.changed.notify_all();
    }

    /// The block in the sender's hand is dealt with.
    pub(super) fn note_block(&self, block: &WaitingBlock, is_delivered: bool) {
        let mut state = self.lock();
        state.stats.waiting_bytes -= block.bytes;
        if is_delivered {
            block.priority.add(&mut state.stats.delivered, block.event_count());
        } else {
            state.note_dropped(block, 0);
        }
    }

    /// An attempt failed.
    pub(super) fn note_failure(&self, reason: String, is_retried: bool) {
        let mut state = self.lock();
        state.stats.retries += u64::from(is_retried);
        state.stats.last_failure = Some(reason);
    }

    /// How long a request may take before the sink must end.
    pub(super) fn time_left(&self) -> Duration {
        self.lock()
            .shutdown
            .map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits before another attempt; a shutdown that begins meanwhile ends the wait, so that one
    /// attempt is made at once.
    pub(super) fn pause(&self, wait: Duration) {
        let mut state = self.lock();
        let was_shutting_down = state.shutdown.is_some();
        let end = Instant::now() + wait;
        let end = state.shutdown.map_or(end, |deadline| end.min(deadline));
        while was_shutting_down || state.shutdown.is_none() {
            match self.wait_until(state, end) {
                Some(waited) => state = waited,
                None => return,
            }
        }
    }

    /// Waits until everything is dealt with; false if it is not by `deadline`.
    pub(super) fn wait_until_idle(&self, deadline: Instant) -> bool {
        let mut state = self.lock();
        loop {
            if state.process.is_none() && state.blocks.is_empty() && !state.is_sending {
                return true;
            }
            match self.wait_until(state, deadline) {
                Some(waited) if waited.threads > 0 => state = waited,
                _ => return false,
            }
        }
    }

    /// Begins the end, and waits for it until `deadline`.
    pub(super) fn shut_down(&self, deadline: Instant) {
        let mut state = self.lock();
        state.shutdown = Some(deadline);
        self.changed.notify_all();
        while state.threads > 0 {
            match self.wait_until(state, deadline) {
                Some(waited) => state = waited,
                None => return,
            }
        }
    }

    /// A thread that serves the queue ends; the sender drops what is left.
    pub(super) fn leave(&self, is_sender: bool) {
        let mut state = self.lock();
        state.threads -= 1;
        if is_sender {
            while let Some(left) = state.blocks.pop_front() {
                state.stats.waiting_bytes -= left.bytes;
                state.note_dropped(&left, 0);
            }
        }
        self.changed.notify_all();
    }

    pub(super) fn stats(&self) -> DeliveryStats {
        self.lock().stats.clone()
    }
}

impl State {
    /// The codec to encode with. Before the first answer it is the one that every server of ours
    /// reads; the sender makes plain what is not accepted in the end.
    fn codec(&self) -> Option<Codec> {
        self.accepted.map_or(Some(Codec::Lz4), |accepted| accepted.best())
    }

    fn is_past_deadline(&self) -> bool {
        self.shutdown.is_some_and(|deadline| deadline <= Instant::now())
    }

    fn make_room(&mut self, added: &WaitingBlock, bytes_max: usize) -> bool {
        while self.stats.waiting_bytes + added.bytes > bytes_max {
            let candidates = self.blocks.iter().enumerate();
            let least = candidates
                .filter(|(_, own)| own.priority <= added.priority)
                .min_by_key(|(index, own)| (own.priority, *index))
                .map(|(index, _)| index);
            let Some((index, dropped)) =
                least.and_then(|index| Some((index, self.blocks.remove(index)?)))
            else {
                return false;
            };
            self.stats.waiting_bytes -= dropped.bytes;
            self.note_dropped(&dropped, index);
        }
        true
    }

    /// Counts a dropped block and lets the stream's next block, the first one at or after `place`,
    /// declare its events.
    fn note_dropped(&mut self, dropped: &WaitingBlock, place: usize) {
        let events = dropped.event_count();
        dropped.priority.add(&mut self.stats.dropped, events);
        let skipped = events + dropped.block.skipped_events;
        let stream_id = dropped.stream.stream_id;
        match self.blocks.iter_mut().skip(place).find(|own| own.stream.stream_id == stream_id) {
            Some(next) => next.block.skipped_events += skipped,
            None => *self.skipped.entry(stream_id).or_default() += skipped,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Utc;
    use micromegas_transit::{StreamLayout, TickRange};
    use std::collections::BTreeMap;

    fn stream(tag: &str) -> Arc<StreamInfo> {
        Arc::new(StreamInfo {
            process_id: Uuid::nil(),
            stream_id: Uuid::new_v4(),
            layout: StreamLayout { dependencies: Vec::new(), objects: Vec::new() },
            tags: vec![tag.to_owned()],
            properties: BTreeMap::new(),
        })
    }

    fn block(event_count: i32) -> EventBlock {
        EventBlock {
            block_id: Uuid::new_v4(),
            begin_time: Utc::now(),
            begin_ticks: 0,
            end_time: Utc::now(),
            end_ticks: 0,
            dependencies: Vec::new(),
            objects: vec![0; 10_000],
            object_offset: 0,
            event_count,
            event_ticks: TickRange { least: 0, greatest: 0 },
            skipped_events: 0,
            carried_spans: None,
        }
    }

    fn pack_all(queue: &Queue) {
        let count = queue.lock().blocks.len();
        for _ in 0..count {
            let raw = queue.next_raw().expect("raw blocks wait");
            queue.put_packed(raw.block_id, Packed::plain(&[], &[]));
        }
    }

    fn sent(queue: &Queue) -> WaitingBlock {
        match queue.next_to_send() {
            Some(ToSend::Block(block)) => *block,
            other => panic!("expected a block, got {other:?}"),
        }
    }

    #[test]
    fn blocks_leave_in_order_once_they_are_packed() {
        let queue = Queue::new(1 << 20, 2);
        let stream = stream("cpu");
        let blocks = [block(1), block(2)];
        let ids = blocks.clone().map(|block| block.block_id);
        blocks.into_iter().for_each(|block| queue.offer(&stream, block));
        pack_all(&queue);
        assert_eq!([sent(&queue).block.block_id, sent(&queue).block.block_id], ids);
    }

    #[test]
    fn the_oldest_traces_make_way_and_the_next_block_declares_it() {
        let queue = Queue::new(35_000, 2);
        let (traces, logs) = (stream("cpu"), stream("log"));
        queue.offer(&traces, block(5));
        queue.offer(&logs, block(1));
        queue.offer(&traces, block(7));
        queue.offer(&logs, block(2));
        assert_eq!(queue.stats().dropped, EventCounts { traces: 5, ..EventCounts::default() });
        pack_all(&queue);
        let left: Vec<_> = (0..3).map(|_| sent(&queue).block).collect();
        assert_eq!(left.iter().map(|block| block.event_count).collect::<Vec<_>>(), [1, 7, 2]);
        assert_eq!(left[1].skipped_events, 5);
    }

    #[test]
    fn traces_never_make_logs_go_and_say_later_that_they_were_dropped() {
        let queue = Queue::new(15_000, 2);
        let (traces, logs) = (stream("cpu"), stream("log"));
        queue.offer(&logs, block(1));
        queue.offer(&traces, block(4));
        assert_eq!(queue.stats().dropped.traces, 4);
        pack_all(&queue);
        queue.note_block(&sent(&queue), true);
        queue.offer(&traces, block(6));
        pack_all(&queue);
        let next = sent(&queue).block;
        assert_eq!((next.event_count, next.skipped_events), (6, 4));
    }

    #[test]
    fn a_refused_block_is_counted_and_declared() {
        let queue = Queue::new(1 << 20, 2);
        let metrics = stream("metrics");
        queue.offer(&metrics, block(3));
        queue.offer(&metrics, block(4));
        pack_all(&queue);
        queue.note_block(&sent(&queue), false);
        assert_eq!(queue.stats().dropped.metrics, 3);
        assert_eq!(sent(&queue).block.skipped_events, 3);
    }
}
