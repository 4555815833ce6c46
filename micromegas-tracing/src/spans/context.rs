//! Which future's span the thread is in.

use crate::spans::trace::TraceContext;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Ids are taken from the process-wide counter this many at a time, so that threads share a cache
/// line rarely.
const IDS_AT_A_TIME: u64 = 256;

/// Starts at 1 and is moved to a place of the process's own when recording starts, so that ids of
/// different processes can stand in one trace.
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
    pub(crate) trace: TraceOrigin,
}

/// Where the trace of a span began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TraceOrigin {
    /// In this process, with the span of this id; 0 outside all spans.
    Local(u64),
    /// In another process.
    Remote(TraceContext),
}

impl SpanContext {
    pub(crate) const ROOT: Self = Self { span_id: 0, depth: 0, trace: TraceOrigin::Local(0) };

    /// The present context of the thread.
    pub(crate) fn current() -> Self {
        CURRENT.get()
    }

    /// Makes it the present context of the thread.
    #[cfg(feature = "tracing")]
    pub(crate) fn set_current(self) {
        CURRENT.set(self);
    }

    /// The context of code that another process called.
    pub(crate) fn of_remote(parent: TraceContext) -> Self {
        Self { trace: TraceOrigin::Remote(parent), ..Self::ROOT }
    }

    /// The context inside a span with this id, which is in this one.
    pub(crate) fn inside(&self, span_id: u64) -> Self {
        let trace = match self.trace {
            TraceOrigin::Local(0) => TraceOrigin::Local(span_id),
            known => known,
        };
        Self { span_id, depth: self.depth + 1, trace }
    }

    /// The process that called this code, if no span of this process is around it.
    pub(crate) fn remote_parent(&self) -> Option<TraceContext> {
        match self.trace {
            TraceOrigin::Remote(parent) if self.span_id == 0 => Some(parent),
            _ => None,
        }
    }
}

/// Identity of the innermost span of a future around the code that runs; 0 outside all.
pub fn current_span_id() -> u64 {
    CURRENT.get().span_id
}

/// Gives the process a range of ids of its own.
pub(crate) fn set_first_span_id(first: u64) {
    NEXT_ID.store(first, Ordering::Relaxed);
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
        let outer = SpanContext::ROOT.inside(5);
        let entered = Entered::enter(outer);
        drop(Entered::enter(outer.inside(6)));
        assert_eq!(outer.inside(6).trace, TraceOrigin::Local(5));
        assert_eq!(current_span_id(), 5);
        assert_eq!(SpanContext::current(), outer);
        drop(entered);
        assert_eq!(SpanContext::current(), SpanContext::ROOT);
    }
}
