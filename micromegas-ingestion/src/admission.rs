//! The bound on memory: how many bytes of request bodies there may be at one time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A budget of bytes that requests share.
#[derive(Debug)]
pub(crate) struct Admission {
    used_bytes: AtomicUsize,
    bytes_max: usize,
}

/// Bytes taken from the budget; they go back when this is dropped.
#[derive(Debug)]
pub(crate) struct Admitted {
    admission: Arc<Admission>,
    bytes: usize,
}

impl Admission {
    pub(crate) fn new(bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { used_bytes: AtomicUsize::new(0), bytes_max })
    }

    /// How much is taken.
    pub(crate) fn used_bytes(&self) -> usize {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// A share of the budget, empty to begin with.
    pub(crate) fn enter(self: &Arc<Self>) -> Admitted {
        Admitted { admission: Arc::clone(self), bytes: 0 }
    }
}

impl Admitted {
    /// Takes `bytes` more, or nothing and returns false when the budget does not have them.
    pub(crate) fn try_grow(&mut self, bytes: usize) -> bool {
        let bytes_max = self.admission.bytes_max;
        let taken =
            self.admission.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|used| *used <= bytes_max)
            });
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }

    /// Gives everything back, for a request that goes on without its bytes.
    pub(crate) fn give_back(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        self.admission.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_beyond_the_budget_are_refused_and_taken_bytes_come_back() {
        let admission = Admission::new(10);
        let mut first = admission.enter();
        assert!(first.try_grow(6));
        let mut second = admission.enter();
        assert!(second.try_grow(4));
        assert!(!second.try_grow(1));
        assert!(!first.try_grow(usize::MAX));
        drop(first);
        assert!(second.try_grow(6));
        drop(second);
        assert_eq!(admission.used_bytes.load(Ordering::Relaxed), 0);
    }
}
