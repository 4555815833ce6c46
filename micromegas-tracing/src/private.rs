//! What the macros call. Not part of the interface.

use crate::buffer::Kind;
use crate::clock;
use crate::filter;
use crate::metadata::{MetricMetadata, SpanMetadata};
use crate::properties::tags::Tags;
use crate::properties::{PropertyList, PropertySet};
use crate::record::{EXTRA_WORDS, ExtraHead, FLOAT_METRIC, INTEGER_METRIC, METRIC_EXTRA, head};
use crate::recording::{hot, signal};
use crate::spans::TaggedSpanGuard;
use std::borrow::Cow;

pub use crate::filter::is_level_enabled;
pub use crate::recording::log::{Message, record_constant, record_formatted, record_tagged};
pub use micromegas_tracing_macros::{__log, __metric, __span};

/// Whether a format string is the message as it stands: it has no brace.
pub const fn is_constant(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut index = 0;
    while index < bytes.len() {
        if matches!(bytes[index], b'{' | b'}') {
            return false;
        }
        index += 1;
    }
    true
}

/// Records a sample of an integer metric.
#[inline(always)]
pub fn record_integer(metadata: &'static MetricMetadata, value: u64) {
    if filter::is_everything_verbose() || metadata.passes_filter() {
        hot::record(Kind::Metrics, || [head(metadata, INTEGER_METRIC), clock::now() as u64, value]);
    }
}

/// Records a sample of a floating-point metric.
#[inline(always)]
pub fn record_float(metadata: &'static MetricMetadata, value: f64) {
    if filter::is_everything_verbose() || metadata.passes_filter() {
        hot::record(Kind::Metrics, || {
            [head(metadata, FLOAT_METRIC), clock::now() as u64, value.to_bits()]
        });
    }
}

/// The value of a sample.
pub trait MetricValue: Copy {
    /// The kind of its record.
    #[doc(hidden)]
    const TAG: usize;
    /// The word in its record.
    #[doc(hidden)]
    fn to_word(self) -> u64;
}

impl MetricValue for u64 {
    const TAG: usize = INTEGER_METRIC;

    fn to_word(self) -> u64 {
        self
    }
}

impl MetricValue for f64 {
    const TAG: usize = FLOAT_METRIC;

    fn to_word(self) -> u64 {
        self.to_bits()
    }
}

/// Name and unit of a metric that its descriptor does not know; empty if it does.
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricNames<'a> {
    /// The metric's name.
    pub name: &'a str,
    /// The unit of its samples.
    pub unit: &'a str,
}

/// Records a sample with properties, or of a metric whose name was made at run time.
pub fn record_sample<V: MetricValue>(
    metadata: &'static MetricMetadata,
    names: MetricNames<'_>,
    constants: Option<&'static PropertySet>,
    spread: Option<&'static PropertySet>,
    fill: impl FnOnce(&mut PropertyList),
    value: V,
) {
    if !(filter::is_everything_verbose() || metadata.passes_filter()) {
        return;
    }
    if signal::refuses(Kind::Metrics) {
        return;
    }
    let time = clock::now() as u64;
    PropertyList::with(fill, |pairs| {
        let tags = Tags { pairs, constants, spread };
        let extra = ExtraHead { tags, name: names.name, unit: names.unit };
        let mut words = [0; 3 + EXTRA_WORDS];
        words[..3].copy_from_slice(&[head(metadata, V::TAG + METRIC_EXTRA), time, value.to_word()]);
        words[3..].copy_from_slice(&extra.words(0));
        hot::record_parts(Kind::Metrics, &words, &extra.parts());
    });
}

/// Begins a span with a name chosen at run time.
pub fn named_span(location: &'static SpanMetadata, name: &'static str) -> TaggedSpanGuard {
    TaggedSpanGuard::begin(location, name, None, None, |_| {})
}

/// A name made at run time.
pub fn dynamic_name(name: impl Into<String>) -> Cow<'static, str> {
    Cow::Owned(name.into())
}

/// Checks the types of properties that are not recorded.
pub fn unused_properties(
    _constants: Option<&'static PropertySet>,
    _spread: Option<&'static PropertySet>,
    _fill: impl FnOnce(&mut PropertyList),
) {
}

/// What the macros make of a future where nothing is recorded.
#[cfg(not(feature = "enable"))]
pub fn not_a_span<F: Future>(future: F) -> crate::InstrumentedFuture<F> {
    crate::static_span_location!(NOWHERE);
    crate::InstrumentedFuture::new(future, &NOWHERE)
}

/// Gives an expression a type, in code that is never reached.
pub fn never<T>() -> T {
    unreachable!("it only states a type")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_with_a_brace_is_formatted() {
        assert!(is_constant("ready"));
        assert!(!is_constant("{x}"));
        assert!(!is_constant("{{"));
    }
}
