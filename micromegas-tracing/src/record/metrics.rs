//! Records of a metric buffer.
#![expect(unsafe_code, reason = "words are read as the records they are")]

use crate::buffer::Kind;
use crate::metadata::MetricMetadata;
use crate::record::extra::PackedExtra;
use crate::record::words::{Record, descriptor, tag_of, take};
use crate::stats::Counts;

pub(crate) const INTEGER_METRIC: usize = 0;
pub(crate) const FLOAT_METRIC: usize = 1;
/// Added to a tag: an extra follows.
pub(crate) const METRIC_EXTRA: usize = 2;

/// An event of a metric buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetricRecord<'a> {
    pub(crate) metadata: &'static MetricMetadata,
    pub(crate) time: i64,
    pub(crate) value: MetricValue,
    /// Present for metrics with names of their own, and for samples with properties.
    pub(crate) extra: Option<PackedExtra<'a>>,
}

/// The value of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MetricValue {
    Integer(u64),
    Float(f64),
}

impl<'a> Record<'a> for MetricRecord<'a> {
    const KIND: Kind = Kind::Metrics;

    fn time(&self) -> i64 {
        self.time
    }

    fn note(&self, counts: &mut Counts) {
        counts.metrics += 1;
    }

    unsafe fn read(words: &mut &'a [u64]) -> Option<Self> {
        let [head, time, value] = take(words)?;
        let tag = tag_of(head);
        let value = if tag & FLOAT_METRIC != 0 {
            MetricValue::Float(f64::from_bits(value))
        } else {
            MetricValue::Integer(value)
        };
        let extra = if tag & METRIC_EXTRA != 0 {
            // SAFETY: by the contract of `read`, an extra follows a head with this tag.
            Some(unsafe { PackedExtra::take(words) }?)
        } else {
            None
        };
        // SAFETY: by the contract of `read`, the head is that of a metric's descriptor.
        let metadata = unsafe { descriptor(head) };
        Some(Self { metadata, time: time as i64, value, extra })
    }
}
