//! Spans of a thread with properties, or with names made at run time.

use crate::buffer::Kind;
use crate::clock;
use crate::filter;
use crate::metadata::SpanMetadata;
use crate::properties::tags::Tags;
use crate::properties::{PropertyList, PropertySet};
use crate::record::{BEGIN_SPAN, END_SPAN, EXTRA_WORDS, ExtraHead, SPAN_EXTRA, head};
use crate::recording::hot;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;

/// A span of the thread that made it, which carries its properties to its end; it ends when the
/// guard is dropped.
///
/// Constant properties cost an address; others are kept in memory of the thread's, which serves one
/// guard after the other.
#[must_use = "the span ends when the guard is dropped: give it a name, as in `let span = …`"]
pub struct TaggedSpanGuard {
    /// None if the begin was not recorded.
    metadata: Option<&'static SpanMetadata>,
    name: Cow<'static, str>,
    constants: Option<&'static PropertySet>,
    spread: Option<&'static PropertySet>,
    list: Cell<PropertyList>,
    /// Begin and end belong to the same thread.
    _of_thread: PhantomData<*const ()>,
}

impl TaggedSpanGuard {
    /// Begins a span; `fill` makes its properties if it is recorded. An empty name stands for that
    /// of the descriptor.
    pub fn begin(
        metadata: &'static SpanMetadata,
        name: impl Into<Cow<'static, str>>,
        constants: Option<&'static PropertySet>,
        spread: Option<&'static PropertySet>,
        fill: impl FnOnce(&mut PropertyList),
    ) -> Self {
        let mut guard = Self::unrecorded();
        guard.constants = constants;
        guard.spread = spread;
        if filter::is_everything_verbose() || metadata.passes_filter() {
            // Properties come before the begin, so that what their making takes is not in the span.
            fill(guard.list.get_mut());
            guard.name = name.into();
            if record(metadata, BEGIN_SPAN, &guard.name, Tags::default()) {
                guard.metadata = Some(metadata);
            }
        }
        guard
    }

    /// What stands for a span that is not recorded.
    #[doc(hidden)]
    pub fn unrecorded() -> Self {
        Self {
            metadata: None,
            name: Cow::Borrowed(""),
            constants: None,
            spread: None,
            list: Cell::default(),
            _of_thread: PhantomData,
        }
    }

    /// Sets a property to what the value displays as. It takes the place of one with the same
    /// name, in whatever case.
    pub fn set_property(&self, name: &str, value: impl fmt::Display) {
        if self.metadata.is_some() {
            let mut list = self.list.take();
            list.set_property(name, value);
            self.list.set(list);
        }
    }
}

impl Drop for TaggedSpanGuard {
    fn drop(&mut self) {
        if let Some(metadata) = self.metadata {
            let (constants, spread) = (self.constants, self.spread);
            let tags = Tags { pairs: self.list.get_mut().as_bytes(), constants, spread };
            record(metadata, END_SPAN, &self.name, tags);
        }
    }
}

impl fmt::Debug for TaggedSpanGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaggedSpanGuard")
            .field("metadata", &self.metadata)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn record(metadata: &'static SpanMetadata, tag: usize, name: &str, tags: Tags<'_>) -> bool {
    let time = clock::now() as u64;
    if name.is_empty() && tags.is_empty() {
        return hot::record(Kind::Spans, || [head(metadata, tag), time]);
    }
    let extra = ExtraHead { tags, name, unit: "" };
    let mut words = [0; 2 + EXTRA_WORDS];
    words[0] = head(metadata, tag + SPAN_EXTRA);
    words[1] = time;
    words[2..].copy_from_slice(&extra.words(0));
    hot::record_parts(Kind::Spans, &words, &extra.parts())
}

/// What stands for a guard where nothing is recorded.
#[derive(Clone, Copy, Debug)]
#[must_use = "the span ends when the guard is dropped: give it a name, as in `let span = …`"]
pub struct DisabledSpanGuard;

impl DisabledSpanGuard {
    /// Does nothing.
    #[inline(always)]
    pub fn set_property(&self, _name: &str, _value: impl fmt::Display) {}
}
