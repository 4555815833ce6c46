//! Which future's span the thread is in.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ids are taken from the process-wide counter this many at a time, so that threads share a cache
/// line rarely.
const IDS_AT_A_TIME: u64 = 256;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static CURRENT: Cell<SpanContext> = const { Cell::new(SpanContext::ROOT) };
    static IDS: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
}

/// The span around the code that runs: its id, and how many spans are around that code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SpanContext {
    /// 0 outside all spans.
    pub(crate) span_id: u64,
    pub(crate) depth: u32,
}

impl SpanContext {
    pub(crate) const ROOT: Self = Self { span_id: 0, depth: 0 };

    /// The present context of the thread.
    pub(crate) fn current() -> Self {
        CURRENT.get()
    }
}

/// A number that no other span of the process has; never zero.
pub(crate) fn new_span_id() -> u64 {
    let (mut next, mut end) = IDS.get();
    if next == end {
        next = NEXT_ID.fetch_add(IDS_AT_A_TIME, Ordering::Relaxed);
        end = next + IDS_AT_A_TIME;
    }
    IDS.set((next + 1, end));
    next
}

/// While it lives, the thread is in the given context.
#[derive(Debug)]
pub(crate) struct Entered {
    outer: SpanContext,
}

impl Entered {
    pub(crate) fn enter(context: SpanContext) -> Self {
        Self { outer: CURRENT.replace(context) }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        CURRENT.set(self.outer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_across_threads() {
        let take = || (0..1000).map(|_| new_span_id()).collect::<Vec<_>>();
        let all: Vec<u64> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(take)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
        });
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), 4000);
        assert!(!all.contains(&0));
    }

    #[test]
    fn leaving_restores_the_outer_context() {
        let outer = SpanContext { span_id: 5, depth: 1 };
        let entered = Entered::enter(outer);
        drop(Entered::enter(SpanContext { span_id: 6, depth: 2 }));
        assert_eq!(SpanContext::current(), outer);
        drop(entered);
        assert_eq!(SpanContext::current(), SpanContext::ROOT);
    }
}
