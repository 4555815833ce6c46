//! Futures that stay in the span around their creation.

use crate::spans::context::{Entered, SpanContext};
use pin_project_lite::pin_project;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A future that is no span itself, but whose spans have the span around its creation as their
    /// parent, wherever it is polled; see
    /// [`in_current_span`](crate::InstrumentFuture::in_current_span).
    #[derive(Debug)]
    #[must_use = "futures do nothing unless they are polled"]
    pub struct SpanContextFuture<F> {
        #[pin]
        future: F,
        context: SpanContext,
    }
}

impl<F: Future> SpanContextFuture<F> {
    /// Keeps `future` in the span around this call.
    pub fn new(future: F) -> Self {
        Self { future, context: SpanContext::current() }
    }
}

impl<F: Future> Future for SpanContextFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let _entered = Entered::enter(*this.context);
        this.future.poll(context)
    }
}
