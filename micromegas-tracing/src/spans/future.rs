//! Futures that are spans.

use crate::metadata::SpanMetadata;
use crate::properties::PropertySet;
use crate::spans::carried::SpanContextFuture;
use crate::spans::hooked::HookedFuture;
use crate::spans::state::{AsyncSpan, Polling};
use crate::spans::trace::TraceContext;
use pin_project_lite::pin_project;
use std::borrow::Cow;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Makes spans of futures.
pub trait InstrumentFuture: Future + Sized {
    /// Makes the future a span: it begins at the first poll and ends when the future is ready,
    /// dropped or panics. Its parent is the span around this call, wherever it is polled later.
    ///
    /// ```
    /// use micromegas_tracing::prelude::*;
    ///
    /// static_span_desc!(FETCH, "fetch");
    /// let fetching = async { 42 }.instrument(&FETCH).with_property("attempt", 1);
    /// # drop(fetching);
    /// ```
    fn instrument(self, metadata: &'static SpanMetadata) -> InstrumentedFuture<Self> {
        InstrumentedFuture::new(self, metadata)
    }

    /// As [`instrument`](Self::instrument); when the future is ready, `hook` sees what came out and
    /// may set properties of the span.
    ///
    /// ```
    /// use micromegas_tracing::prelude::*;
    ///
    /// static_span_desc!(FETCH, "fetch");
    /// let fetching = async { vec![0; 42] }
    ///     .instrument_with(&FETCH, |bytes, span| span.set_property("size", bytes.len()));
    /// # drop(fetching);
    /// ```
    fn instrument_with<H>(self, metadata: &'static SpanMetadata, hook: H) -> HookedFuture<Self, H>
    where
        H: FnOnce(&Self::Output, &mut AsyncSpan),
    {
        InstrumentedFuture::new(self, metadata).with_hook(hook)
    }

    /// Keeps the future in the span around this call, also when it is polled by another task or
    /// thread.
    fn in_current_span(self) -> SpanContextFuture<Self> {
        SpanContextFuture::new(self)
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
        span: AsyncSpan,
    }
}

impl<F: Future> InstrumentedFuture<F> {
    /// A span described by `metadata` around `future`; the parent is the span around this call.
    pub fn new(future: F, metadata: &'static SpanMetadata) -> Self {
        Self { future, span: AsyncSpan::new(metadata) }
    }

    /// Gives the span a name of its own in place of its descriptor's.
    pub fn with_name(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.span.set_name(name.into());
        self
    }

    /// Gives the span a property; see [`AsyncSpan::set_property`].
    pub fn with_property(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.span.set_property(name, value);
        self
    }

    /// Gives the span the properties of a set.
    pub fn with_properties(mut self, set: &'static PropertySet) -> Self {
        self.span.set_constants(None, Some(set));
        self
    }

    /// Makes the span one that another process called: it becomes a part of the trace that the
    /// caller is in. Without a context nothing changes.
    ///
    /// ```
    /// use micromegas_tracing::prelude::*;
    /// use micromegas_tracing::TraceContext;
    ///
    /// static_span_desc!(HANDLE, "handle");
    /// let caller: TraceContext =
    ///     "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse()?;
    /// let handling = async {}.instrument(&HANDLE).with_remote_parent(caller);
    /// # drop(handling);
    /// # Ok::<(), micromegas_tracing::ParseTraceContextError>(())
    /// ```
    pub fn with_remote_parent(mut self, parent: impl Into<Option<TraceContext>>) -> Self {
        if let Some(parent) = parent.into() {
            self.span.set_remote_parent(parent);
        }
        self
    }

    /// Adds a hook that sees what came out and may set properties of the span.
    pub fn with_hook<H>(self, hook: H) -> HookedFuture<F, H>
    where
        H: FnOnce(&F::Output, &mut AsyncSpan),
    {
        HookedFuture::new(self.future, self.span, hook)
    }
}

impl<F: Future> Future for InstrumentedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polling = Polling::enter(this.span);
        let outcome = this.future.poll(context);
        if outcome.is_pending() {
            polling.leave();
        }
        outcome
    }
}
