//! Where buffers come from and go back to; the bound on all of them together.

use crate::buffer::storage::Storage;
use crate::lock::lock;
use crate::sync::{AtomicUsize, Mutex, Ordering};

/// The size of a thread's first buffer.
pub(crate) const LEAST_BYTES: usize = 16 * 1024;
/// Buffers grow by doubling up to this size.
pub(crate) const GREATEST_BYTES: usize = 1024 * 1024;
/// How much memory the pool keeps ready when nobody has used it for a while.
const IDLE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// How many pieces may lie idle; there is always room to note so many.
const IDLE_COUNT_MAX: usize = 1024;
/// When more than this is lent, readers should hurry, so that it comes back rather than that memory
/// is touched for the first time.
const RELAXED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A bounded stock of touched memory.
///
/// What comes back stays, up to a quarter of the bound, so that threads which fill buffers one after
/// the other meet no page faults; [`trim`](Self::trim) gives up what was not needed for a while. What came back first is
/// lent first: what came back last lies in the caches of the core that has just read it, from where
/// each line would have to be fetched before it can be written.
#[derive(Debug)]
pub(crate) struct Pool {
    bound_bytes: AtomicUsize,
    /// All memory of the pool: lent and idle.
    total_bytes: AtomicUsize,
    /// As [`Idle::bytes`], for those who do not wait for its lock.
    idle_bytes: AtomicUsize,
    idle: Mutex<Idle>,
}

#[derive(Debug)]
struct Idle {
    /// In the order in which they came back.
    storages: Vec<Storage>,
    bytes: usize,
    /// The least that lay idle since the pool was trimmed.
    least_bytes: usize,
}

impl Idle {
    /// What was idle all the time since the last call.
    fn begin_period(&mut self) -> usize {
        std::mem::replace(&mut self.least_bytes, self.bytes)
    }
}

impl Pool {
    /// A pool that lends nothing until its bound is set.
    pub(crate) const fn new() -> Self {
        Self {
            bound_bytes: AtomicUsize::new(0),
            total_bytes: AtomicUsize::new(0),
            idle_bytes: AtomicUsize::new(0),
            idle: Mutex::new(Idle { storages: Vec::new(), bytes: 0, least_bytes: 0 }),
        }
    }

    /// Sets how much memory may exist, lent and idle together.
    pub(crate) fn set_bound(&self, bytes: usize) {
        // Giving back never allocates.
        lock(&self.idle).storages.reserve(IDLE_COUNT_MAX);
        self.bound_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether so much is in use that readers should hurry.
    pub(crate) fn is_under_pressure(&self) -> bool {
        let bound = self.bound_bytes.load(Ordering::Relaxed);
        self.lent_bytes() > (bound / 4).min(RELAXED_BYTES_MAX)
    }

    fn lent_bytes(&self) -> usize {
        let idle = self.idle_bytes.load(Ordering::Relaxed);
        self.total_bytes.load(Ordering::Relaxed).saturating_sub(idle)
    }

    /// Whether more lies idle than should when nobody records.
    pub(crate) fn has_excess(&self) -> bool {
        self.idle_bytes.load(Ordering::Relaxed) > IDLE_BYTES_MAX
    }

    /// Frees of the idle memory what was idle all the time since the last call, but for a little.
    pub(crate) fn trim(&self) {
        let mut unused = lock(&self.idle).begin_period();
        while unused > IDLE_BYTES_MAX {
            // Freed without the lock.
            let Some(storage) = self.pop_first() else { return };
            unused = unused.saturating_sub(storage.bytes());
            self.total_bytes.fetch_sub(storage.bytes(), Ordering::Relaxed);
        }
    }

    fn pop_first(&self) -> Option<Storage> {
        let mut idle = lock(&self.idle);
        if idle.storages.is_empty() {
            return None;
        }
        let storage = idle.storages.remove(0);
        self.set_idle(&mut idle, |bytes| bytes - storage.bytes());
        Some(storage)
    }

    fn set_idle(&self, idle: &mut Idle, change: impl FnOnce(usize) -> usize) {
        idle.bytes = change(idle.bytes);
        idle.least_bytes = idle.least_bytes.min(idle.bytes);
        self.idle_bytes.store(idle.bytes, Ordering::Relaxed);
    }

    /// Lends exactly `bytes`; none if that would exceed the bound.
    pub(crate) fn take(&'static self, bytes: usize) -> Option<Lease> {
        // Whoever records faster than readers take asks in vain for each event, and must not keep
        // those from the lock who would give something back.
        if self.lent_bytes() + bytes > self.bound_bytes.load(Ordering::Relaxed) {
            return None;
        }
        let storage = match self.take_idle(bytes) {
            Some(storage) => storage,
            None => self.allocate(bytes)?,
        };
        Some(Lease { storage: Some(storage), pool: self })
    }

    fn take_idle(&self, bytes: usize) -> Option<Storage> {
        let mut idle = lock(&self.idle);
        let index = idle.storages.iter().position(|storage| storage.bytes() == bytes)?;
        self.set_idle(&mut idle, |idle_bytes| idle_bytes - bytes);
        Some(idle.storages.remove(index))
    }

    fn allocate(&self, bytes: usize) -> Option<Storage> {
        while !self.reserve(bytes) {
            // What lies idle in other sizes makes way before anything is refused.
            let in_the_way = self.pop_first()?;
            self.total_bytes.fetch_sub(in_the_way.bytes(), Ordering::Relaxed);
        }
        let storage = Storage::allocate(bytes);
        if storage.is_none() {
            self.total_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        storage
    }

    fn reserve(&self, bytes: usize) -> bool {
        let bound = self.bound_bytes.load(Ordering::Relaxed);
        self.total_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |total| {
                total.checked_add(bytes).filter(|sum| *sum <= bound)
            })
            .is_ok()
    }

    fn give_back(&self, storage: Storage) {
        let bytes = storage.bytes();
        // What is beyond that came together only because readers were late, and memory is short then.
        let bound = self.bound_bytes.load(Ordering::Relaxed);
        let bytes_max = (bound / 4).max(IDLE_BYTES_MAX);
        let mut idle = lock(&self.idle);
        if idle.storages.len() < IDLE_COUNT_MAX && idle.bytes + bytes <= bytes_max {
            idle.storages.push(storage);
            self.set_idle(&mut idle, |idle_bytes| idle_bytes + bytes);
        } else {
            drop(idle);
            drop(storage);
            self.total_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
    }
}

/// Memory lent by a pool; goes back when dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    storage: Option<Storage>,
    pool: &'static Pool,
}

impl Lease {
    pub(crate) fn base(&self) -> *mut u64 {
        self.storage.as_ref().map_or(std::ptr::null_mut(), Storage::base)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.storage.as_ref().map_or(0, Storage::bytes)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(storage) = self.storage.take() {
            self.pool.give_back(storage);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(bound: usize) -> &'static Pool {
        let pool: &'static Pool = Box::leak(Box::new(Pool::new()));
        pool.set_bound(bound);
        pool
    }

    #[test]
    fn the_bound_holds_and_returned_memory_is_lent_again() {
        let pool = pool(3 * LEAST_BYTES);
        let first = pool.take(LEAST_BYTES).expect("within the bound");
        let _second = pool.take(2 * LEAST_BYTES).expect("within the bound");
        assert!(pool.take(LEAST_BYTES).is_none());
        let address = first.base();
        drop(first);
        assert_eq!(pool.take(LEAST_BYTES).expect("returned").base(), address);
    }

    #[test]
    fn what_came_back_last_is_lent_last() {
        let pool = pool(2 * LEAST_BYTES);
        let take = || pool.take(LEAST_BYTES).expect("within the bound");
        let (first, second) = (take(), take());
        let addresses = [second.base(), first.base()];
        drop(second);
        drop(first);
        let again = [take(), take()];
        assert_eq!(again.each_ref().map(Lease::base), addresses);
    }

    #[test]
    fn idle_memory_of_another_size_makes_way() {
        let pool = pool(2 * LEAST_BYTES);
        drop(pool.take(LEAST_BYTES));
        assert!(pool.take(2 * LEAST_BYTES).is_some());
    }

    #[test]
    fn what_comes_back_stays_until_it_was_not_needed_for_a_while() {
        let pool = pool(64 * GREATEST_BYTES);
        let take = |count: usize| -> Vec<_> {
            (0..count).map(|_| pool.take(GREATEST_BYTES).expect("within the bound")).collect()
        };
        let total = || pool.total_bytes.load(Ordering::Relaxed) / GREATEST_BYTES;
        drop(take(8));
        assert!(pool.has_excess());
        // All of it was needed since the beginning.
        pool.trim();
        assert_eq!(total(), 8);
        drop(take(5));
        pool.trim();
        assert_eq!(total(), 7);
        pool.trim();
        assert_eq!(total(), IDLE_BYTES_MAX / GREATEST_BYTES);
        assert!(!pool.has_excess());
    }

    #[test]
    fn no_more_than_a_quarter_of_the_bound_stays() {
        let pool = pool(16 * GREATEST_BYTES);
        let leases: Vec<_> = (0..16).map(|_| pool.take(GREATEST_BYTES)).collect();
        assert!(leases.iter().all(Option::is_some));
        drop(leases);
        assert_eq!(pool.total_bytes.load(Ordering::Relaxed), 4 * GREATEST_BYTES);
    }

    #[test]
    fn only_what_is_lent_makes_readers_hurry() {
        let pool = pool(64 * GREATEST_BYTES);
        let leases: Vec<_> = (0..5).map(|_| pool.take(GREATEST_BYTES)).collect();
        assert!(pool.is_under_pressure());
        drop(leases);
        assert!(!pool.is_under_pressure());
    }
}
