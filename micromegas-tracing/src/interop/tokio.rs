//! Tasks and threads of tokio. Nothing here is needed to record on its threads, which are threads
//! like all others.

use crate::recording::threads;
use crate::spans::SpanContextFuture;
use tokio::runtime::Builder;
use tokio::task::JoinHandle;

/// As [`tokio::spawn`]; the spans of the task have the span around this call as their parent.
///
/// # Panics
/// As [`tokio::spawn`], outside of a runtime.
pub fn spawn_with_context<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    ::tokio::spawn(SpanContextFuture::new(future))
}

/// Prepares the threads of a runtime for recording.
pub trait TracingRuntimeExt {
    /// Gives each thread its buffer of spans when it starts, so that its first span costs no more
    /// than the others. It takes the place of the builder's `on_thread_start`.
    fn with_tracing_callbacks(&mut self) -> &mut Self;

    /// As [`with_tracing_callbacks`](Self::with_tracing_callbacks), for a host that does something
    /// at a thread's start itself.
    fn with_tracing_callbacks_and_custom_start<F>(&mut self, on_start: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static;
}

impl TracingRuntimeExt for Builder {
    fn with_tracing_callbacks(&mut self) -> &mut Self {
        self.with_tracing_callbacks_and_custom_start(|| {})
    }

    fn with_tracing_callbacks_and_custom_start<F>(&mut self, on_start: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.on_thread_start(move || {
            threads::prepare_current();
            on_start();
        })
    }
}
