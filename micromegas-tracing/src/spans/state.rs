//! The span of a future, from its creation to its end.

use crate::buffer::Kind;
use crate::clock;
use crate::filter;
use crate::metadata::SpanMetadata;
use crate::properties::tags::Tags;
use crate::properties::{PropertyList, PropertySet};
use crate::record::{BEGIN_ASYNC_SPAN, END_ASYNC_SPAN, EXTRA_WORDS, ExtraHead, SPAN_EXTRA, head};
use crate::recording::hot;
use crate::spans::context::{Entered, SpanContext, new_span_id};
use crate::spans::trace::{self, TraceContext};
use std::borrow::Cow;
use std::fmt;

/// Where a future's span stands.
#[derive(Debug)]
pub struct AsyncSpan {
    metadata: &'static SpanMetadata,
    parent: SpanContext,
    phase: Phase,
    /// In place of the descriptor's; empty without.
    name: &'static str,
    /// What most spans have not; so that their futures stay small.
    extra: Option<Box<SpanExtra>>,
}

#[derive(Debug, Default)]
struct SpanExtra {
    /// In place of all other names; empty without.
    name: String,
    constants: Option<&'static PropertySet>,
    spread: Option<&'static PropertySet>,
    list: PropertyList,
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

impl AsyncSpan {
    pub(crate) fn new(metadata: &'static SpanMetadata) -> Self {
        Self::within(metadata, SpanContext::current())
    }

    pub(crate) fn within(metadata: &'static SpanMetadata, parent: SpanContext) -> Self {
        Self { metadata, parent, phase: Phase::Created, name: "", extra: None }
    }

    /// Sets a property to what the value displays as. It takes the place of one with the same
    /// name, in whatever case. The properties are recorded with the end of the span.
    pub fn set_property(&mut self, name: &str, value: impl fmt::Display) {
        if self.phase != Phase::Over {
            self.extra().list.set_property(name, value);
        }
    }

    /// Lets `fill` add properties.
    #[cfg(feature = "tracing")]
    pub(crate) fn with_list(&mut self, fill: impl FnOnce(&mut PropertyList)) {
        if self.phase != Phase::Over {
            fill(&mut self.extra().list);
        }
    }

    pub(crate) fn set_name(&mut self, name: Cow<'static, str>) {
        match name {
            Cow::Borrowed(name) => self.name = name,
            Cow::Owned(name) => self.extra().name = name,
        }
    }

    pub(crate) fn set_constants(
        &mut self,
        constants: Option<&'static PropertySet>,
        spread: Option<&'static PropertySet>,
    ) {
        let extra = self.extra();
        extra.constants = constants;
        extra.spread = spread;
    }

    pub(crate) fn set_remote_parent(&mut self, parent: TraceContext) {
        self.parent = SpanContext::of_remote(parent);
    }

    fn extra(&mut self) -> &mut SpanExtra {
        self.extra.get_or_insert_default()
    }

    /// The span's identity; 0 if it has not begun or is not recorded.
    pub fn span_id(&self) -> u64 {
        match self.phase {
            Phase::Begun(span_id) => span_id,
            Phase::Created | Phase::Over => 0,
        }
    }

    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.phase == Phase::Created {
            self.phase = self.begin_recorded().map_or(Phase::Over, Phase::Begun);
        }
    }

    fn begin_recorded(&self) -> Option<u64> {
        if !filter::is_everything_verbose() && !self.metadata.passes_filter() {
            return None;
        }
        let span_id = new_span_id();
        let is_recorded = self.record(BEGIN_ASYNC_SPAN, span_id, Tags::default());
        if is_recorded && let Some(parent) = self.parent.remote_parent() {
            trace::record_context(
                self.metadata,
                span_id,
                parent.trace_id_words(),
                parent.span_id(),
            );
        }
        is_recorded.then_some(span_id)
    }

    pub(crate) fn end(&mut self) {
        if let Phase::Begun(span_id) = self.phase {
            self.phase = Phase::Over;
            let tags = self.extra.as_deref().map_or_else(Tags::default, |extra| Tags {
                pairs: extra.list.as_bytes(),
                constants: extra.constants,
                spread: extra.spread,
            });
            self.record(END_ASYNC_SPAN, span_id, tags);
        }
    }

    fn record(&self, tag: usize, span_id: u64, tags: Tags<'_>) -> bool {
        let SpanContext { span_id: parent, depth, .. } = self.parent;
        let own_name = self.extra.as_deref().map_or("", |extra| &extra.name);
        let name = if own_name.is_empty() { self.name } else { own_name };
        if name.is_empty() && tags.is_empty() {
            return hot::record(Kind::Spans, || {
                let time = clock::now() as u64;
                [head(self.metadata, tag), time, span_id, parent, u64::from(depth)]
            });
        }
        let extra = ExtraHead { tags, name, unit: "" };
        let mut words = [0; 5 + EXTRA_WORDS];
        let tag = tag + SPAN_EXTRA;
        let time = clock::now() as u64;
        let fixed = [head(self.metadata, tag), time, span_id, parent, u64::from(depth)];
        words[..5].copy_from_slice(&fixed);
        words[5..].copy_from_slice(&extra.words(0));
        hot::record_parts(Kind::Spans, &words, &extra.parts())
    }

    /// The context inside the span.
    pub(crate) fn inner(&self) -> SpanContext {
        match self.phase {
            Phase::Begun(span_id) => self.parent.inside(span_id),
            Phase::Created | Phase::Over => self.parent,
        }
    }
}

impl Drop for AsyncSpan {
    fn drop(&mut self) {
        self.end();
    }
}

/// A poll that is going on. Left by a panic of the future, it ends the span.
pub(super) struct Polling<'a> {
    span: &'a mut AsyncSpan,
    is_over: bool,
    _entered: Entered,
}

impl<'a> Polling<'a> {
    pub(super) fn enter(span: &'a mut AsyncSpan) -> Self {
        span.begin();
        let entered = Entered::enter(span.inner());
        Self { span, is_over: true, _entered: entered }
    }

    /// The future is not ready.
    pub(super) fn leave(mut self) {
        self.is_over = false;
    }

    /// The future is ready; `before_end` sees the span before it ends.
    pub(super) fn finish(self, before_end: impl FnOnce(&mut AsyncSpan)) {
        before_end(self.span);
    }
}

impl Drop for Polling<'_> {
    fn drop(&mut self) {
        if self.is_over {
            self.span.end();
        }
    }
}
