//! Spans of a thread.

use crate::buffer::Kind;
use crate::clock;
use crate::filter;
use crate::metadata::SpanMetadata;
use crate::record::{BEGIN_SPAN, END_SPAN, head};
use crate::recording::hot;
use std::marker::PhantomData;

/// A span of the thread that made it; it ends when the guard is dropped.
///
/// The guard is one pointer. It is null when the begin was not recorded, and then records no end;
/// one whose begin was recorded records its end whatever the filters say by then.
#[derive(Debug)]
#[must_use = "the span ends when the guard is dropped"]
pub struct ThreadSpanGuard {
    metadata: Option<&'static SpanMetadata>,
    /// Begin and end belong to the same thread.
    _of_thread: PhantomData<*const ()>,
}

impl ThreadSpanGuard {
    /// As [`begin`](Self::begin), if the span is compiled in.
    #[doc(hidden)]
    #[inline(always)]
    pub fn begin_if(is_compiled_in: bool, metadata: &'static SpanMetadata) -> Self {
        if is_compiled_in {
            Self::begin(metadata)
        } else {
            Self { metadata: None, _of_thread: PhantomData }
        }
    }

    /// Begins a span.
    #[inline(always)]
    pub fn begin(metadata: &'static SpanMetadata) -> Self {
        let is_recorded = cfg!(feature = "enable")
            && (filter::is_everything_verbose() || metadata.passes_filter())
            && hot::record(Kind::Spans, || [head(metadata, BEGIN_SPAN), clock::now() as u64]);
        Self { metadata: is_recorded.then_some(metadata), _of_thread: PhantomData }
    }
}

impl Drop for ThreadSpanGuard {
    #[inline(always)]
    fn drop(&mut self) {
        if let Some(metadata) = self.metadata {
            hot::record(Kind::Spans, || [head(metadata, END_SPAN), clock::now() as u64]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::CallSite;

    #[test]
    fn a_guard_is_one_pointer() {
        assert_eq!(size_of::<ThreadSpanGuard>(), size_of::<usize>());
    }

    #[test]
    fn before_the_dispatch_runs_a_guard_is_null() {
        static SPAN: SpanMetadata = SpanMetadata::new(
            "early",
            CallSite { target: "t", module_path: "t", file: "f", line: 1 },
        );
        assert!(ThreadSpanGuard::begin(&SPAN).metadata.is_none());
    }
}
