//! The side that records.
#![expect(unsafe_code, reason = "a model plays the owner of buffers")]

use crate::buffer::Kind;
use crate::buffer::chain::Chain;
use crate::buffer::pool::{LEAST_BYTES, Pool};
use crate::buffer::published::Buffer;
use crate::sync::Arc;

/// Two of these fill a buffer of the least size.
pub(crate) const HALF_WORDS: usize = LEAST_BYTES / size_of::<u64>() / 2;

/// A pool that is freed at the end of a run. Everything it lent must be back by then.
#[derive(Debug)]
pub(crate) struct OwnedPool(*mut Pool);

impl OwnedPool {
    /// A pool that lends so many buffers of the least size.
    pub(crate) fn new(buffers: usize) -> Self {
        let pool = Box::into_raw(Box::new(Pool::new()));
        let own = Self(pool);
        own.get().set_bound(buffers * LEAST_BYTES);
        // The checker must meet everything before threads share it.
        own.get().is_under_pressure();
        own
    }

    pub(crate) fn get(&self) -> &'static Pool {
        // SAFETY: the pool lives until this value is dropped, which the models do last.
        unsafe { &*self.0 }
    }

    pub(crate) fn chain(&self) -> Arc<Chain> {
        let chain = Chain::new(Kind::Spans, self.get());
        chain.is_finished();
        Arc::new(chain)
    }
}

impl Drop for OwnedPool {
    fn drop(&mut self) {
        // SAFETY: the pointer comes from a box, is dropped here only, and no model uses the pool
        // after this value.
        drop(unsafe { Box::from_raw(self.0) });
    }
}

/// A thread that records into one chain.
#[derive(Debug)]
pub(crate) struct Owner {
    chain: Arc<Chain>,
    current: Option<*const Buffer>,
    next: u64,
}

impl Owner {
    pub(crate) fn new(chain: &Arc<Chain>) -> Self {
        Self { chain: Arc::clone(chain), current: None, next: 0 }
    }

    /// Records the next number and its complement in a record of two words.
    pub(crate) fn record(&mut self) {
        if !self.current.is_some_and(|buffer| append(buffer, self.next)) {
            self.renew(16);
            assert!(self.current.is_none_or(|buffer| append(buffer, self.next)));
        }
        self.next += 1;
    }

    /// Records the next number in half a buffer, as an open record that is published.
    pub(crate) fn record_half(&mut self) {
        if !self.current.is_some_and(|buffer| publish_half(buffer, self.next)) {
            self.renew(HALF_WORDS * size_of::<u64>());
            assert!(self.current.is_none_or(|buffer| publish_half(buffer, self.next)));
        }
        self.next += 1;
    }

    fn renew(&mut self, bytes: usize) {
        self.current = self.chain.renew(bytes);
        if self.current.is_none() {
            self.chain.count_lost(1);
        }
    }

    /// The thread ends.
    pub(crate) fn leave(self) {
        self.chain.leave();
    }
}

fn append(buffer: *const Buffer, number: u64) -> bool {
    // SAFETY: the chain keeps its last buffer until its owner asks for another.
    let buffer = unsafe { &*buffer };
    // SAFETY: the thread is the only owner of its chain.
    unsafe { buffer.append(|| [number, !number]) }
}

fn publish_half(buffer: *const Buffer, number: u64) -> bool {
    // SAFETY: the chain keeps its last buffer until its owner asks for another.
    let buffer = unsafe { &*buffer };
    if buffer.room_bytes() < HALF_WORDS * size_of::<u64>() {
        return false;
    }
    let position = buffer.position();
    // SAFETY: so many words are room, and the thread is the only owner.
    unsafe { position.write_bytes(0, HALF_WORDS) };
    // SAFETY: the first word is room.
    unsafe { position.write(number) };
    // SAFETY: the words are written, and the thread is the only owner.
    unsafe { buffer.publish(HALF_WORDS) };
    true
}
