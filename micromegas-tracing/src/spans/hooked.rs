//! Futures that are spans and tell them what came out.

use crate::spans::state::{AsyncSpan, Polling};
use pin_project_lite::pin_project;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

pin_project! {
    /// A future that is a span, with a hook; see
    /// [`instrument_with`](crate::InstrumentFuture::instrument_with).
    #[must_use = "futures do nothing unless they are polled"]
    pub struct HookedFuture<F, H> {
        // The future is dropped before its span ends.
        #[pin]
        future: F,
        span: AsyncSpan,
        hook: Option<H>,
    }
}

impl<F, H> HookedFuture<F, H> {
    pub(super) fn new(future: F, span: AsyncSpan, hook: H) -> Self {
        Self { future, span, hook: Some(hook) }
    }
}

impl<F: Future, H: FnOnce(&F::Output, &mut AsyncSpan)> Future for HookedFuture<F, H> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let polling = Polling::enter(this.span);
        let outcome = this.future.poll(context);
        match &outcome {
            Poll::Pending => polling.leave(),
            Poll::Ready(output) => polling.finish(|span| {
                if let Some(hook) = this.hook.take() {
                    hook(output, span);
                }
            }),
        }
        outcome
    }
}

impl<F: fmt::Debug, H> fmt::Debug for HookedFuture<F, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookedFuture")
            .field("future", &self.future)
            .field("span", &self.span)
            .finish_non_exhaustive()
    }
}
