//! Where buffers come from and go back to; the bound on all of them together.

use crate::buffer::storage::Storage;
use crate::lock::lock;
use crate::sync::{AtomicUsize, Mutex, Ordering};

/// The size of a thread's first buffer.
pub(crate) const LEAST_BYTES: usize = 16 * 1024;
/// Buffers grow by doubling up to this size.
pub(crate) const GREATEST_BYTES: usize = 1024 * 1024;
/// How much memory the pool keeps ready while nobody uses it.
const IDLE_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Beyond this, readers should hurry: memory that goes round is still in the caches, and no page of
/// it is touched for the first time.
const RELAXED_BYTES_MAX: usize = 4 * 1024 * 1024;

/// A bounded stock of touched memory.
#[derive(Debug)]
pub(crate) struct Pool {
    bound_bytes: AtomicUsize,
    /// All memory of the pool: lent and idle.
    total_bytes: AtomicUsize,
    idle: Mutex<Idle>,
}

#[derive(Debug)]
struct Idle {
    storages: Vec<Storage>,
    bytes: usize,
}

impl Pool {
    /// A pool that lends nothing until its bound is set.
    pub(crate) const fn new() -> Self {
        Self {
            bound_bytes: AtomicUsize::new(0),
            total_bytes: AtomicUsize::new(0),
            idle: Mutex::new(Idle { storages: Vec::new(), bytes: 0 }),
        }
    }

    /// Sets how much memory may exist, lent and idle together.
    pub(crate) fn set_bound(&self, bytes: usize) {
        // Room for all that may lie idle, so that giving back never allocates.
        lock(&self.idle).storages.reserve(IDLE_BYTES_MAX / LEAST_BYTES);
        self.bound_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Whether so much is in use that readers should hurry.
    pub(crate) fn is_under_pressure(&self) -> bool {
        let bound = self.bound_bytes.load(Ordering::Relaxed);
        self.total_bytes.load(Ordering::Relaxed) > (bound / 4).min(RELAXED_BYTES_MAX)
    }

    /// Lends exactly `bytes`; none if that would exceed the bound.
    pub(crate) fn take(&'static self, bytes: usize) -> Option<Lease> {
        let storage = match self.take_idle(bytes) {
            Some(storage) => storage,
            None => self.allocate(bytes)?,
        };
        Some(Lease { storage: Some(storage), pool: self })
    }

    fn take_idle(&self, bytes: usize) -> Option<Storage> {
        let mut idle = lock(&self.idle);
        let index = idle.storages.iter().rposition(|storage| storage.bytes() == bytes)?;
        idle.bytes -= bytes;
        Some(idle.storages.swap_remove(index))
    }

    fn allocate(&self, bytes: usize) -> Option<Storage> {
        if !self.reserve(bytes) {
            // What lies idle in other sizes makes way before anything is refused.
            self.free_idle();
            if !self.reserve(bytes) {
                return None;
            }
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

    fn free_idle(&self) {
        let mut idle = lock(&self.idle);
        idle.storages.clear();
        let bytes = std::mem::take(&mut idle.bytes);
        drop(idle);
        self.total_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, storage: Storage) {
        let bytes = storage.bytes();
        let mut idle = lock(&self.idle);
        if idle.bytes + bytes <= IDLE_BYTES_MAX {
            idle.bytes += bytes;
            idle.storages.push(storage);
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
    fn idle_memory_of_another_size_makes_way() {
        let pool = pool(2 * LEAST_BYTES);
        drop(pool.take(LEAST_BYTES));
        assert!(pool.take(2 * LEAST_BYTES).is_some());
    }

    #[test]
    fn no_more_than_two_mebibytes_lie_idle() {
        let pool = pool(64 * GREATEST_BYTES);
        let leases: Vec<_> = (0..8).map(|_| pool.take(GREATEST_BYTES)).collect();
        drop(leases);
        assert_eq!(pool.total_bytes.load(Ordering::Relaxed), IDLE_BYTES_MAX);
    }
}
