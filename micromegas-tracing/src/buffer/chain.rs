//! The buffers of one thread and one kind, oldest first. The owner fills the last one; the flusher
//! takes what is committed in all of them.

use crate::buffer::Kind;
use crate::buffer::pool::{GREATEST_BYTES, LEAST_BYTES, Pool};
use crate::buffer::published::{Buffer, Prefix};
use crate::lock::lock;
use crate::sync::{Arc, Mutex};
use std::collections::VecDeque;

/// Locked by the owner when a buffer is full and by the flusher when it takes; never while a
/// record is written.
#[derive(Debug)]
pub(crate) struct Chain {
    kind: Kind,
    pool: &'static Pool,
    links: Mutex<Links>,
}

#[derive(Debug, Default)]
struct Links {
    queue: VecDeque<Link>,
    /// Events lost since the last buffer was full.
    lost_events: u64,
    /// The owner writes no more.
    is_left: bool,
}

#[derive(Debug)]
struct Link {
    buffer: Arc<Buffer>,
    /// Words the flusher has dealt with.
    drained: usize,
    /// Events lost before the first one of this buffer.
    skipped_events: u64,
}

impl Chain {
    pub(crate) const fn new(kind: Kind, pool: &'static Pool) -> Self {
        let links = Links { queue: VecDeque::new(), lost_events: 0, is_left: false };
        Self { kind, pool, links: Mutex::new(links) }
    }

    /// Gives the owner a buffer with at least `room_bytes` of room: the full one again if all of
    /// it was taken, else one from the pool; none if the pool is exhausted. The pointer stays
    /// valid until the owner calls this, [`replace`](Self::replace) or [`leave`](Self::leave).
    pub(crate) fn renew(&self, room_bytes: usize) -> Option<*const Buffer> {
        if let Some(buffer) = lock(&self.links).reset_last(room_bytes) {
            return Some(buffer);
        }
        self.replace(room_bytes, |_| {})
    }

    /// As [`renew`](Self::renew), but always with a buffer from the pool, and `carry` may write to
    /// its first words while the owner's last buffer is still there: an open record moves so.
    pub(crate) fn replace(
        &self,
        room_bytes: usize,
        carry: impl FnOnce(*mut u64),
    ) -> Option<*const Buffer> {
        let least = room_bytes.next_power_of_two().max(LEAST_BYTES);
        let wanted = lock(&self.links).next_bytes().max(least);
        let lease = match self.pool.take(wanted) {
            Some(lease) => lease,
            None if wanted > least => self.pool.take(least)?,
            None => return None,
        };
        let buffer = Arc::new(Buffer::new(lease));
        let address = Arc::as_ptr(&buffer);
        carry(buffer.position());
        let mut links = lock(&self.links);
        let skipped_events = std::mem::take(&mut links.lost_events);
        links.queue.push_back(Link { buffer, drained: 0, skipped_events });
        Some(address)
    }

    /// Notes events that found no room.
    pub(crate) fn count_lost(&self, events: u64) {
        lock(&self.links).lost_events += events;
    }

    /// Says that the owner writes no more: what it leaves goes back to the pool once taken.
    pub(crate) fn leave(&self) {
        lock(&self.links).is_left = true;
        self.recycle();
    }

    /// Takes what was committed since the last call, oldest first.
    pub(crate) fn take(chain: &Arc<Self>) -> Vec<Taken> {
        let mut all = Vec::new();
        let mut links = lock(&chain.links);
        for link in &mut links.queue {
            let prefix = Prefix::since(&link.buffer, link.drained);
            if !prefix.words().is_empty() {
                let skipped_events = std::mem::take(&mut link.skipped_events);
                all.push(Taken { prefix, skipped_events, chain: Arc::clone(chain) });
            }
        }
        all
    }

    /// Whether nothing is left to take, and nothing will come.
    pub(crate) fn is_finished(&self) -> bool {
        let links = lock(&self.links);
        links.is_left && links.queue.is_empty()
    }

    /// Lets go of the buffers that the owner has left and the flusher has drained.
    fn recycle(&self) {
        // Each is dropped without the lock: its memory goes back to the pool then.
        loop {
            let finished = lock(&self.links).pop_finished();
            if finished.is_none() {
                return;
            }
        }
    }
}

impl Links {
    fn pop_finished(&mut self) -> Option<Link> {
        let link = self.queue.front()?;
        let is_left = self.is_left || self.queue.len() > 1;
        let is_drained = link.drained == link.buffer.committed_words();
        if is_left && is_drained { self.queue.pop_front() } else { None }
    }

    fn reset_last(&mut self, room_bytes: usize) -> Option<*const Buffer> {
        let lost_events = self.lost_events;
        let link = self.queue.back_mut()?;
        let is_drained = link.drained == link.buffer.committed_words();
        if !is_drained || link.buffer.capacity_bytes() < room_bytes {
            return None;
        }
        Arc::get_mut(&mut link.buffer)?.reset();
        link.drained = 0;
        link.skipped_events = lost_events;
        self.lost_events = 0;
        Some(Arc::as_ptr(&link.buffer))
    }

    /// Twice the last size if that buffer filled up between two visits of the flusher.
    fn next_bytes(&self) -> usize {
        self.queue.back().map_or(LEAST_BYTES, |link| {
            let bytes = link.buffer.capacity_bytes();
            if link.drained == 0 { (bytes * 2).min(GREATEST_BYTES) } else { bytes }
        })
    }
}

/// Committed words in the flusher's hands; counts as drained when dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    prefix: Prefix,
    chain: Arc<Chain>,
    skipped_events: u64,
}

impl Taken {
    pub(crate) fn kind(&self) -> Kind {
        self.chain.kind
    }

    pub(crate) fn words(&self) -> &[u64] {
        self.prefix.words()
    }

    /// Events that were lost before the first word.
    pub(crate) fn skipped_events(&self) -> u64 {
        self.skipped_events
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut links = lock(&self.chain.links);
        let buffer = self.prefix.buffer();
        if let Some(link) = links.queue.iter_mut().find(|link| Arc::ptr_eq(&link.buffer, buffer)) {
            link.drained = self.prefix.end();
        }
        drop(links);
        self.chain.recycle();
    }
}

#[cfg(test)]
#[expect(unsafe_code, reason = "the tests play the owner of a buffer")]
mod tests {
    use super::*;

    fn chain(bound: usize) -> Arc<Chain> {
        let pool: &'static Pool = Box::leak(Box::new(Pool::new()));
        pool.set_bound(bound);
        Arc::new(Chain::new(Kind::Spans, pool))
    }

    fn append(buffer: *const Buffer, word: u64) -> bool {
        // SAFETY: the test's thread is the owner, and the chain keeps its last buffer.
        let buffer = unsafe { &*buffer };
        // SAFETY: the test's thread is the only writer.
        unsafe { buffer.append(|| [word]) }
    }

    fn fill(buffer: *const Buffer) -> usize {
        (0..).take_while(|_| append(buffer, 7)).count()
    }

    fn words(chain: &Arc<Chain>) -> usize {
        Chain::take(chain).iter().map(|taken| taken.words().len()).sum()
    }

    #[test]
    fn what_is_taken_is_taken_once() {
        let chain = chain(GREATEST_BYTES);
        let buffer = chain.renew(8).expect("the pool has room");
        assert!(append(buffer, 1));
        assert_eq!(words(&chain), 1);
        assert_eq!(words(&chain), 0);
        assert!(append(buffer, 2));
        assert_eq!(Chain::take(&chain)[0].words(), [2]);
    }

    #[test]
    fn buffers_double_while_the_flusher_stays_away() {
        let chain = chain(64 * GREATEST_BYTES);
        let mut filled = 0;
        for doubling in 0..8 {
            let buffer = chain.renew(8).expect("the pool has room");
            // SAFETY: the chain keeps its last buffer.
            let bytes = unsafe { &*buffer }.capacity_bytes();
            assert_eq!(bytes, (LEAST_BYTES << doubling).min(GREATEST_BYTES));
            filled += fill(buffer);
        }
        assert_eq!(words(&chain), filled);
    }

    #[test]
    fn a_drained_buffer_is_filled_again_and_an_open_record_prevents_it() {
        let chain = chain(2 * LEAST_BYTES);
        let first = chain.renew(8).expect("the pool has room");
        fill(first);
        words(&chain);
        assert_eq!(chain.renew(8), Some(first));
        fill(first);
        words(&chain);
        assert_ne!(chain.replace(8, |_| {}), Some(first));
    }

    #[test]
    fn losses_are_declared_by_the_next_buffer() {
        let chain = chain(LEAST_BYTES);
        let buffer = chain.renew(8).expect("the pool has room");
        fill(buffer);
        for _ in 0..3 {
            assert!(chain.renew(8).is_none());
            chain.count_lost(1);
        }
        assert_eq!(Chain::take(&chain).iter().map(Taken::skipped_events).sum::<u64>(), 0);
        let buffer = chain.renew(8).expect("drained");
        assert!(append(buffer, 1));
        assert_eq!(Chain::take(&chain)[0].skipped_events(), 3);
    }

    #[test]
    fn a_left_chain_finishes_when_it_is_drained() {
        let chain = chain(GREATEST_BYTES);
        let buffer = chain.renew(8).expect("the pool has room");
        assert!(append(buffer, 1));
        chain.leave();
        assert!(!chain.is_finished());
        assert_eq!(words(&chain), 1);
        assert!(chain.is_finished());
    }
}
