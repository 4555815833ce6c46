//! Spans of futures.

use crate::buffer::Kind;
use crate::clock;
use crate::metadata::SpanMetadata;
use crate::record::{BEGIN_ASYNC_SPAN, END_ASYNC_SPAN, head};
use crate::recording::hot;
use crate::spans::context::{Entered, SpanContext, new_span_id};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Gives every future [`instrument`](Self::instrument).
pub trait InstrumentFuture: Future + Sized {
    /// Makes the future a span: it begins at the first poll and ends when the future is ready,
    /// dropped or panics. Its parent is the span around this call, wherever it is polled later.
    ///
    /// ```
    /// use micromegas_tracing::prelude::*;
    ///
    /// static_span_desc!(FETCH, "fetch");
    /// let fetching = async { 42 }.instrument(&FETCH);
    /// # drop(fetching);
    /// ```
    fn instrument(self, metadata: &'static SpanMetadata) -> InstrumentedFuture<Self> {
        InstrumentedFuture::new(self, metadata)
    }
}

impl<F: Future> InstrumentFuture for F {}

pin_project! {
    /// A future that is a span; see [`InstrumentFuture::instrument`].
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are polled"]
    pub struct InstrumentedFuture<F> {
        // The future is dropped before its span ends.
        #[pin]
        future: F,
        span: FutureSpanState,
    }
}

impl<F: Future> InstrumentedFuture<F> {
    /// A span described by `metadata` around `future`; the parent is the span around this call.
    pub fn new(future: F, metadata: &'static SpanMetadata) -> Self {
        Self { future, span: FutureSpanState::new(metadata) }
    }
}

impl<F: Future> Future for InstrumentedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        this.span.begin();
        let polling = Polling::enter(this.span);
        let outcome = this.future.poll(context);
        polling.leave(outcome.is_ready());
        outcome
    }
}

/// Where a future's span stands.
#[derive(Debug)]
struct FutureSpanState {
    metadata: &'static SpanMetadata,
    parent: SpanContext,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not polled yet.
    Created,
    /// The begin is recorded, under this id.
    Begun(u64),
    /// The end is recorded, or the begin was not.
    Over,
}

impl FutureSpanState {
    fn new(metadata: &'static SpanMetadata) -> Self {
        Self { metadata, parent: SpanContext::current(), phase: Phase::Created }
    }

    fn begin(&mut self) {
        if self.phase == Phase::Created {
            let span_id = new_span_id();
            let is_recorded = self.record(BEGIN_ASYNC_SPAN, span_id);
            self.phase = if is_recorded { Phase::Begun(span_id) } else { Phase::Over };
        }
    }

    fn end(&mut self) {
        if let Phase::Begun(span_id) = self.phase {
            self.phase = Phase::Over;
            self.record(END_ASYNC_SPAN, span_id);
        }
    }

    fn record(&self, tag: usize, span_id: u64) -> bool {
        let SpanContext { span_id: parent, depth } = self.parent;
        hot::record(Kind::Spans, || {
            let time = clock::now() as u64;
            [head(self.metadata, tag), time, span_id, parent, u64::from(depth)]
        })
    }

    /// The context inside the span.
    fn inner(&self) -> SpanContext {
        match self.phase {
            Phase::Begun(span_id) => SpanContext { span_id, depth: self.parent.depth + 1 },
            Phase::Created | Phase::Over => self.parent,
        }
    }
}

impl Drop for FutureSpanState {
    fn drop(&mut self) {
        self.end();
    }
}

/// A poll that is going on. Left by a panic of the future, it ends the span.
struct Polling<'a> {
    span: &'a mut FutureSpanState,
    is_over: bool,
    _entered: Entered,
}

impl<'a> Polling<'a> {
    fn enter(span: &'a mut FutureSpanState) -> Self {
        let entered = Entered::enter(span.inner());
        Self { span, is_over: true, _entered: entered }
    }

    fn leave(mut self, is_over: bool) {
        self.is_over = is_over;
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        if self.is_over {
            self.span.end();
        }
    }
}
