//! What the macros call. Not part of the interface.

use crate::buffer::Kind;
use crate::clock;
use crate::metadata::MetricMetadata;
use crate::record::{FLOAT_METRIC, INTEGER_METRIC, head};
use crate::recording::hot;

pub use crate::recording::log::{record_constant, record_formatted};

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
    hot::record(Kind::Metrics, || [head(metadata, INTEGER_METRIC), clock::now() as u64, value]);
}

/// Records a sample of a floating-point metric.
#[inline(always)]
pub fn record_float(metadata: &'static MetricMetadata, value: f64) {
    hot::record(Kind::Metrics, || {
        [head(metadata, FLOAT_METRIC), clock::now() as u64, value.to_bits()]
    });
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
