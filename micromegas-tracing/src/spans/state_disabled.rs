//! What stands for the span of a future without the feature `enable`: nothing, of no size.

use crate::metadata::SpanMetadata;
use crate::properties::PropertySet;
use crate::spans::trace::TraceContext;
use std::borrow::Cow;
use std::fmt;

/// Where a future's span stands: the feature `enable` is absent, so nowhere.
#[derive(Debug)]
pub struct AsyncSpan;

impl AsyncSpan {
    pub(crate) fn new(_: &'static SpanMetadata) -> Self {
        Self
    }

    /// Does nothing.
    #[inline(always)]
    pub fn set_property(&mut self, _name: &str, _value: impl fmt::Display) {}

    /// 0: nothing is recorded.
    #[inline(always)]
    pub fn span_id(&self) -> u64 {
        0
    }

    pub(crate) fn set_name(&mut self, _: Cow<'static, str>) {}

    pub(crate) fn set_constants(
        &mut self,
        _: Option<&'static PropertySet>,
        _: Option<&'static PropertySet>,
    ) {
    }

    pub(crate) fn set_remote_parent(&mut self, _: TraceContext) {}
}

/// A poll that is going on.
pub(super) struct Polling;

impl Polling {
    #[inline(always)]
    pub(super) fn enter(_: &mut AsyncSpan) -> Self {
        Self
    }

    #[inline(always)]
    pub(super) fn leave(self) {}

    /// The hook is not called: there is no span to look at.
    #[inline(always)]
    pub(super) fn finish(self, _before_end: impl FnOnce(&mut AsyncSpan)) {}
}
