//! Descriptors: what every event of one call site has in common.
//!
//! The macros place one `static` descriptor at each call site. An event carries the descriptor's
//! address and nothing of its text; the flusher replaces the address by a number when it first
//! meets the descriptor, so no address ever leaves the process.

use crate::filter::{CachedFilter, LEVELS, VERBOSITIES};
use crate::level::Level;
use crate::verbosity::Verbosity;
use std::sync::atomic::{AtomicU32, Ordering};

/// Where in the source a descriptor stands.
#[derive(Clone, Copy, Debug)]
pub struct CallSite {
    /// What the events are about; the module path unless the macro was told otherwise.
    pub target: &'static str,
    /// `module_path!()` of the call site.
    pub module_path: &'static str,
    /// `file!()` of the call site.
    pub file: &'static str,
    /// `line!()` of the call site.
    pub line: u32,
}

/// The number the flusher gave to a descriptor; zero until it met it. Recording never reads it.
#[derive(Debug)]
pub(crate) struct Number(AtomicU32);

impl Number {
    pub(crate) const fn unset() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Only the flusher's thread loads and stores numbers, so no ordering is needed.
    pub(crate) fn load(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn store(&self, number: u32) {
        self.0.store(number, Ordering::Relaxed);
    }
}

/// Describes the log entries of one call site.
///
/// The alignment leaves the low four bits of its address free for the kind of a record.
#[derive(Debug)]
#[repr(align(16))]
pub struct LogMetadata {
    pub(crate) number: Number,
    filter: CachedFilter,
    level: Level,
    text: &'static str,
    site: CallSite,
}

impl LogMetadata {
    /// A descriptor for entries of `level`; `text` is the format string, or the whole message
    /// where nothing is formatted.
    pub const fn new(level: Level, text: &'static str, site: CallSite) -> Self {
        Self { number: Number::unset(), filter: CachedFilter::unset(), level, text, site }
    }

    /// The severity of the entries.
    pub const fn level(&self) -> Level {
        self.level
    }

    /// The format string as written at the call site.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Where the entries come from.
    pub const fn site(&self) -> &CallSite {
        &self.site
    }

    /// What the entries are about.
    pub const fn target(&self) -> &'static str {
        self.site.target
    }

    /// Whether the entries are recorded at present.
    #[inline]
    pub fn is_enabled(&self) -> bool {
        self.filter.allows(&LEVELS, self.level as u8, self.site.target)
    }

    /// As [`is_enabled`](Self::is_enabled); the macros know the level without looking here.
    #[doc(hidden)]
    #[inline(always)]
    pub fn is_enabled_at(&self, level: Level) -> bool {
        self.filter.allows(&LEVELS, level as u8, self.site.target)
    }
}

/// Describes the samples of one metric at one call site.
#[derive(Debug)]
#[repr(align(16))]
pub struct MetricMetadata {
    pub(crate) number: Number,
    filter: CachedFilter,
    verbosity: Verbosity,
    name: &'static str,
    unit: &'static str,
    site: CallSite,
}

impl MetricMetadata {
    /// A descriptor for samples of the metric `name`, measured in `unit`.
    pub const fn new(name: &'static str, unit: &'static str, site: CallSite) -> Self {
        let (number, filter) = (Number::unset(), CachedFilter::unset());
        Self { number, filter, verbosity: Verbosity::High, name, unit, site }
    }

    /// Sets how fine a detail the metric is; high if nothing is said.
    pub const fn with_verbosity(mut self, verbosity: Verbosity) -> Self {
        self.verbosity = verbosity;
        self
    }

    /// How fine a detail the metric is.
    pub const fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn passes_filter(&self) -> bool {
        self.filter.allows(&VERBOSITIES, self.verbosity as u8, self.site.target)
    }

    /// The metric's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The unit of its samples; `ticks` are turned into seconds by the reader.
    pub const fn unit(&self) -> &'static str {
        self.unit
    }

    /// Where the samples come from.
    pub const fn site(&self) -> &CallSite {
        &self.site
    }
}

/// Describes the spans of one call site.
#[derive(Debug)]
#[repr(align(16))]
pub struct SpanMetadata {
    pub(crate) number: Number,
    filter: CachedFilter,
    verbosity: Verbosity,
    name: &'static str,
    site: CallSite,
}

impl SpanMetadata {
    /// A descriptor for spans called `name`.
    pub const fn new(name: &'static str, site: CallSite) -> Self {
        let (number, filter) = (Number::unset(), CachedFilter::unset());
        Self { number, filter, verbosity: Verbosity::High, name, site }
    }

    /// Sets how fine a detail the span is; high if nothing is said.
    pub const fn with_verbosity(mut self, verbosity: Verbosity) -> Self {
        self.verbosity = verbosity;
        self
    }

    /// How fine a detail the span is.
    pub const fn verbosity(&self) -> Verbosity {
        self.verbosity
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn passes_filter(&self) -> bool {
        self.filter.allows(&VERBOSITIES, self.verbosity as u8, self.site.target)
    }

    /// The span's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Where the spans come from.
    pub const fn site(&self) -> &CallSite {
        &self.site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_leave_four_address_bits_free() {
        assert_eq!(align_of::<LogMetadata>(), 16);
        assert_eq!(align_of::<MetricMetadata>(), 16);
        assert_eq!(align_of::<SpanMetadata>(), 16);
    }
}
