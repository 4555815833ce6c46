//! The queue for several threads: the flusher's, the packer and the sender.

use crate::http::packed::Encoded;
use crate::http::queue::block::{Content, Key, Origin, Packed, Priority, WaitingBlock};
use crate::http::queue::state::{QueueLimits, Shutdown, State, place_of};
use crate::http::stats::DeliveryStats;
use crate::spool::{Adopted, Place};
use micromegas_tracing::{EventBlock, kept_bytes};
use micromegas_transit::planar::{AcceptedCodecs, Codec};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// At the end, what cannot be sent within this time goes to the disk.
const SPOOL_AT_END_AFTER: Duration = Duration::from_millis(500);

/// How long the disk is left alone after it failed or was full.
const SPOOL_PAUSE: Duration = Duration::from_millis(100);

/// What the packer is to do next.
#[derive(Debug)]
pub(in crate::http) enum ToDo {
    /// Make a document of a block as it was recorded; with a codec, or plain.
    Pack { key: Key, stream: Arc<StreamInfo>, block: Box<EventBlock>, codec: Option<Codec> },
    /// Write a block to the disk.
    Spool { task: Task, packed: Arc<Packed> },
    /// The time it asked to be woken at has come.
    Wake,
}

/// What the sender is to do next.
#[derive(Debug)]
pub(in crate::http) enum ToSend {
    Process(Arc<ProcessInfo>),
    Block(Task),
    /// The time it asked to be woken at has come, and there is nothing else to do.
    Wake,
}

/// A block that one of the threads deals with; it stays in the queue meanwhile.
#[derive(Clone, Debug)]
pub(in crate::http) struct Task {
    pub(in crate::http) key: Key,
    pub(in crate::http) process: Arc<ProcessInfo>,
    pub(in crate::http) stream: Arc<StreamInfo>,
    pub(in crate::http) content: Content,
    pub(in crate::http) event_count: u64,
    /// Events lost before it that its document does not declare yet.
    pub(in crate::http) more_skipped: u64,
    pub(in crate::http) server_failures: u32,
}

impl Task {
    fn new(key: Key, waiting: &WaitingBlock) -> Self {
        Self {
            key,
            process: Arc::clone(&waiting.process),
            stream: Arc::clone(&waiting.stream),
            content: waiting.content.clone(),
            event_count: waiting.event_count,
            more_skipped: waiting.more_skipped,
            server_failures: waiting.server_failures,
        }
    }
}

/// How a block ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Fate {
    Delivered,
    Rejected,
    /// It could not be read any more.
    Lost,
}

/// The queue, shared by the flusher's thread, the packer and the sender.
#[derive(Debug)]
pub(in crate::http) struct Queue {
    limits: QueueLimits,
    /// Blocks that have waited this long go to the disk; none without one.
    spool_after: Option<Duration>,
    state: Mutex<State>,
    changed: Condvar,
}

impl Queue {
    /// An empty queue that `threads` threads will serve.
    pub(in crate::http) fn new(
        limits: QueueLimits,
        spool_after: Option<Duration>,
        threads: usize,
    ) -> Self {
        let state = State { threads, ..State::default() };
        Self { limits, spool_after, state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a change, or until `end` if there is one; none if that has passed.
    fn wait_until<'a>(
        &self,
        state: MutexGuard<'a, State>,
        end: Option<Instant>,
    ) -> Option<MutexGuard<'a, State>> {
        let Some(end) = end else {
            return Some(self.changed.wait(state).unwrap_or_else(PoisonError::into_inner));
        };
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        let waited = self.changed.wait_timeout(state, left);
        Some(waited.unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Adds the description of the process, which is sent before everything else.
    pub(in crate::http) fn set_process(&self, process: &Arc<ProcessInfo>) {
        let mut state = self.lock();
        state.process = Some(Arc::clone(process));
        state.is_process_new = true;
        self.changed.notify_all();
    }

    /// Adds a block. If there is no room, blocks of lower or equal priority make way, the lowest
    /// and oldest first; if that is not enough, this one is dropped.
    pub(in crate::http) fn offer(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        let mut state = self.lock();
        // The process is announced before anything else.
        let Some(process) = state.process.clone() else { return };
        state.add(WaitingBlock::recorded(&process, stream, block), Origin::Own, self.limits);
        self.changed.notify_all();
    }

    /// Adds what ended processes left on disk.
    pub(in crate::http) fn adopt(&self, blocks: Vec<Adopted>) {
        let mut state = self.lock();
        for block in blocks {
            state.add(WaitingBlock::adopted(block), Origin::Adopted, self.limits);
        }
        self.changed.notify_all();
    }

    /// What the packer should do next; waits for something, or until `wake_at`. None at the end.
    pub(in crate::http) fn next_to_do(&self, wake_at: Option<Instant>) -> Option<ToDo> {
        let mut state = self.lock();
        loop {
            if state.is_past_deadline() {
                return None;
            }
            if std::mem::take(&mut state.is_packer_woken)
                || wake_at.is_some_and(|wake_at| wake_at <= Instant::now())
            {
                return Some(ToDo::Wake);
            }
            let is_raw =
                |(_, waiting): &(&Key, &WaitingBlock)| matches!(waiting.content, Content::Raw(_));
            let raw = state.blocks.iter().find(is_raw).map(|(key, _)| *key);
            let next = self.next_to_spool(&state);
            if let Some((at, task, packed)) = &next
                && *at <= Instant::now()
                // Whatever else there is to pack, the log gets to the disk.
                && raw.is_none_or(|raw| task.key < raw)
            {
                return Some(ToDo::Spool { task: task.clone(), packed: Arc::clone(packed) });
            }
            let codec = state.codec();
            if let Some(key) = raw
                && let Some(waiting) = state.blocks.get_mut(&key)
                && let Content::Raw(block) =
                    std::mem::replace(&mut waiting.content, Content::Packing)
            {
                let stream = Arc::clone(&waiting.stream);
                return Some(ToDo::Pack { key, stream, block, codec });
            }
            if state.shutdown.is_some() && next.is_none() {
                return None;
            }
            let spool_at = next.map(|(at, ..)| at);
            let end = [wake_at, spool_at, state.deadline()].into_iter().flatten().min();
            match self.wait_until(state, end) {
                Some(waited) => state = waited,
                None => state = self.lock(),
            }
        }
    }

    /// Lets the packer say anew when it wants to be woken.
    pub(in crate::http) fn wake_packer(&self) {
        self.lock().is_packer_woken = true;
        self.changed.notify_all();
    }

    /// The block that should go to the disk next, and when: of those whose time has come the most
    /// important, else the one whose time comes first.
    fn next_to_spool(&self, state: &State) -> Option<(Instant, Task, Arc<Packed>)> {
        let spool_after = self.spool_after?;
        let now = Instant::now();
        let mut next: Option<(Instant, Key)> = None;
        for (key, waiting) in &state.blocks {
            if !matches!(waiting.content, Content::Packed(_)) {
                continue;
            }
            let mut at = waiting.since + spool_after;
            if state.is_failing {
                at = now;
            }
            if let Some(shutdown) = state.shutdown {
                at = at.min(shutdown.spool_at);
            }
            let at = state.spool_paused_until.map_or(at, |until| at.max(until)).max(now);
            if next.is_none_or(|(least, _)| at < least) {
                next = Some((at, *key));
            }
            if at <= now {
                break;
            }
        }
        let (at, key) = next?;
        let waiting = state.blocks.get(&key)?;
        match &waiting.content {
            Content::Packed(packed) => Some((at, Task::new(key, waiting), Arc::clone(packed))),
            _ => None,
        }
    }

    /// Takes a document back; it is forgotten if the block was dropped meanwhile.
    pub(in crate::http) fn put_packed(&self, key: Key, packed: Packed) {
        let bytes = kept_bytes(packed.block.payload.as_bytes().len());
        self.lock().replace(key, Content::Packed(Arc::new(packed)), bytes);
        self.changed.notify_all();
    }

    /// Notes that a block is on disk, with a document that declares `declared` more lost events;
    /// false if it was dealt with meanwhile.
    pub(in crate::http) fn put_spooled(&self, task: &Task, place: Place, encoded: Encoded) -> bool {
        let mut state = self.lock();
        let is_there = state.replace(task.key, Content::Spooled(place, encoded), 0);
        if let Some(waiting) = state.blocks.get_mut(&task.key) {
            waiting.declared_skipped += task.more_skipped;
            waiting.more_skipped -= task.more_skipped;
        }
        self.changed.notify_all();
        is_there
    }

    /// The disk is full: drops the least important block on it, the oldest of those, and returns
    /// where it lies. It must be less important than that of `key`; or as important, if memory is
    /// half full of what is: until then nothing has to be lost.
    pub(in crate::http) fn drop_spooled(&self, key: Key) -> Option<Place> {
        let mut state = self.lock();
        let lower = Priority::RISING.into_iter().rfind(|own| *own > key.priority);
        let mut dropped = lower.and_then(|lower| state.drop_one(lower, WaitingBlock::is_spooled));
        if dropped.is_none() {
            let as_important = state.blocks.iter().filter(|(own, _)| own.priority <= key.priority);
            let in_memory = as_important.filter(|(_, waiting)| !waiting.is_spooled());
            let bytes: usize = in_memory.map(|(_, waiting)| waiting.bytes).sum();
            if bytes > self.limits.bytes_max / 2 {
                dropped = state.drop_one(key.priority, WaitingBlock::is_spooled);
            }
        }
        place_of(&dropped?)
    }

    /// The disk failed, or is full of what matters more: it is left alone for a while.
    pub(in crate::http) fn note_spool_failure(&self, reason: String) {
        let mut state = self.lock();
        state.spool_paused_until = Some(Instant::now() + SPOOL_PAUSE);
        state.stats.last_spool_failure = Some(reason);
    }

    /// Notes how large the files of the spool are.
    pub(in crate::http) fn note_spool_bytes(&self, bytes: u64) {
        self.lock().stats.spool_bytes = bytes;
    }

    /// What should be sent next; waits for something, or until `wake_at`. None at the end.
    pub(in crate::http) fn next_to_send(&self, wake_at: Option<Instant>) -> Option<ToSend> {
        let mut state = self.lock();
        loop {
            if state.is_past_deadline() {
                return None;
            }
            // What ended processes left does not hold up the end, nor what is safe on disk while
            // nobody takes it.
            let is_ending = state.shutdown.is_some();
            let mut own = state.blocks.iter().filter(|(key, _)| key.is_own());
            if is_ending && state.is_failing && own.all(|(_, waiting)| waiting.is_spooled()) {
                return None;
            }
            if state.is_process_new
                && let Some(process) = state.process.clone()
            {
                state.is_process_new = false;
                state.in_hand = Some(None);
                return Some(ToSend::Process(process));
            }
            let mut blocks = state.blocks.iter().filter(|(key, _)| key.is_own() || !is_ending);
            if let Some((key, first)) = blocks.next() {
                if matches!(first.content, Content::Packed(_) | Content::Spooled(..)) {
                    let task = Task::new(*key, first);
                    state.in_hand = Some(Some(task.key));
                    return Some(ToSend::Block(task));
                }
            } else if is_ending {
                return None;
            }
            let end = [wake_at, state.deadline()].into_iter().flatten().min();
            match self.wait_until(state, end) {
                Some(waited) => state = waited,
                None if !self.is_shutting_down() => return Some(ToSend::Wake),
                None => return None,
            }
        }
    }

    fn is_shutting_down(&self) -> bool {
        self.lock().shutdown.is_some()
    }

    /// Takes note of what the server accepts by its latest answer.
    pub(in crate::http) fn set_accepted(&self, accepted: AcceptedCodecs) {
        self.lock().accepted = Some(accepted);
    }

    /// The description in the sender's hand is dealt with.
    pub(in crate::http) fn finish_process(&self) {
        let mut state = self.lock();
        state.is_failing = false;
        state.in_hand = None;
        self.changed.notify_all();
    }

    /// The server refused a description for good.
    pub(in crate::http) fn note_refused_description(&self) {
        self.lock().stats.refused_descriptions += 1;
    }

    /// The block in the sender's hand is dealt with. Returns where on disk it lies.
    pub(in crate::http) fn finish(&self, key: Key, fate: Fate) -> Option<Place> {
        let mut state = self.lock();
        state.in_hand = None;
        state.is_failing &= fate == Fate::Lost;
        let removed = state.remove(key);
        if let Some(removed) = &removed {
            let events = removed.event_count;
            let stats = &mut state.stats;
            match fate {
                Fate::Delivered if key.is_own() => key.priority.add(&mut stats.delivered, events),
                Fate::Delivered => key.priority.add(&mut stats.adopted_delivered, events),
                Fate::Rejected | Fate::Lost => {
                    if fate == Fate::Rejected {
                        key.priority.add(&mut stats.rejected, events);
                    }
                    state.note_dropped(key, removed);
                }
            }
        }
        self.changed.notify_all();
        removed.as_ref().and_then(place_of)
    }

    /// What was in the sender's hand was not sent and waits again.
    pub(in crate::http) fn put_back(&self, is_server_failure: bool) {
        let mut state = self.lock();
        match state.in_hand.take() {
            Some(Some(key)) => {
                if let Some(waiting) = state.blocks.get_mut(&key) {
                    waiting.server_failures += u32::from(is_server_failure);
                }
            }
            Some(None) => state.is_process_new = true,
            None => {}
        }
        self.changed.notify_all();
    }

    /// An attempt failed, and the server is out of order for now if it `is_failing`.
    pub(in crate::http) fn note_failure(&self, reason: String, is_retried: bool, is_failing: bool) {
        let mut state = self.lock();
        state.stats.retries += u64::from(is_retried);
        state.stats.last_failure = Some(reason);
        state.is_failing |= is_failing;
        self.changed.notify_all();
    }

    /// How long a request may take before the sink must end.
    pub(in crate::http) fn time_left(&self) -> Duration {
        self.lock()
            .deadline()
            .map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits before another attempt; a shutdown that begins meanwhile ends the wait, so that one
    /// attempt is made at once.
    pub(in crate::http) fn pause(&self, wait: Duration) {
        let mut state = self.lock();
        let was_shutting_down = state.shutdown.is_some();
        let end = Instant::now() + wait;
        let end = state.deadline().map_or(end, |deadline| end.min(deadline));
        while was_shutting_down || state.shutdown.is_none() {
            match self.wait_until(state, Some(end)) {
                Some(waited) => state = waited,
                None => return,
            }
        }
    }

    /// Waits until everything of this process is dealt with; false if it is not by `deadline`.
    pub(in crate::http) fn wait_until_idle(&self, deadline: Instant) -> bool {
        let mut state = self.lock();
        loop {
            if state.is_idle() {
                return true;
            }
            match self.wait_until(state, Some(deadline)) {
                Some(waited) if waited.threads > 0 => state = waited,
                _ => return false,
            }
        }
    }

    /// Begins the end, and waits for it until `deadline`.
    pub(in crate::http) fn shut_down(&self, deadline: Instant) {
        let mut state = self.lock();
        let now = Instant::now();
        let half = deadline.saturating_duration_since(now) / 2;
        let spool_at = now + half.min(SPOOL_AT_END_AFTER);
        state.shutdown = Some(Shutdown { deadline, spool_at });
        self.changed.notify_all();
        while state.threads > 0 {
            match self.wait_until(state, Some(deadline)) {
                Some(waited) => state = waited,
                None => return,
            }
        }
    }

    /// A thread that serves the queue ends; the last one gives up what is left.
    pub(in crate::http) fn leave(&self) {
        let mut state = self.lock();
        state.threads -= 1;
        if state.threads == 0 {
            state.give_up();
        }
        self.changed.notify_all();
    }

    pub(in crate::http) fn stats(&self) -> DeliveryStats {
        self.lock().stats.clone()
    }
}

#[cfg(test)]
#[path = "shared_tests.rs"]
mod tests;
