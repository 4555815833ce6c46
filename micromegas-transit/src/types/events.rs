//! Events.
//!
//! A `time` is an absolute tick count of the process's clock. A reference is the id of a dependency
//! of the same block.

use super::dependencies::write_text;
use crate::{Reflect, ReflectDynamic, TypeLayout};

/// A log entry whose message is its descriptor's format string.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct LogStaticStrEvent {
    /// The [`LogMetadataRecord`](super::LogMetadataRecord).
    #[reflect(reference)]
    pub desc: u64,
    /// When.
    pub time: i64,
}

/// A log entry with a message of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogStringEventV2<'a> {
    /// The [`LogMetadataRecord`](super::LogMetadataRecord).
    pub desc: u64,
    /// When.
    pub time: i64,
    /// The formatted message.
    pub message: &'a str,
}

impl ReflectDynamic for LogStringEventV2<'_> {
    fn layout() -> TypeLayout {
        TypeLayout::dynamic("LogStringEventV2")
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.desc.to_le_bytes());
        out.extend_from_slice(&self.time.to_le_bytes());
        write_text(out, self.message);
    }
}

/// A sample of a metric with integer values.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct IntegerMetricEvent {
    /// The [`MetricMetadataDependency`](super::MetricMetadataDependency).
    #[reflect(reference)]
    pub desc: u64,
    /// The sample.
    pub value: u64,
    /// When.
    pub time: i64,
}

/// A sample of a metric with floating-point values.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Reflect)]
pub struct FloatMetricEvent {
    /// The [`MetricMetadataDependency`](super::MetricMetadataDependency).
    #[reflect(reference)]
    pub desc: u64,
    /// The sample.
    pub value: f64,
    /// When.
    pub time: i64,
}

/// A span of a thread begins.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct BeginThreadSpanEvent {
    /// The [`SpanRecord`](super::SpanRecord).
    #[reflect(reference)]
    pub thread_span_desc: u64,
    /// When.
    pub time: i64,
}

/// A span of a thread ends.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct EndThreadSpanEvent {
    /// The [`SpanRecord`](super::SpanRecord).
    #[reflect(reference)]
    pub thread_span_desc: u64,
    /// When.
    pub time: i64,
}

/// A span that may change threads begins.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct BeginAsyncSpanEvent {
    /// The [`SpanRecord`](super::SpanRecord).
    #[reflect(reference)]
    pub span_desc: u64,
    /// Identity of the span in its process.
    pub span_id: u64,
    /// Identity of the span around it; 0 for none.
    pub parent_span_id: u64,
    /// When.
    pub time: i64,
    /// Number of spans around it.
    pub depth: u32,
    /// Always 0; it fills the struct to a multiple of 8 bytes.
    pub reserved: u32,
}

/// A span that may have changed threads ends.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct EndAsyncSpanEvent {
    /// The [`SpanRecord`](super::SpanRecord).
    #[reflect(reference)]
    pub span_desc: u64,
    /// Identity of the span in its process.
    pub span_id: u64,
    /// Identity of the span around it; 0 for none.
    pub parent_span_id: u64,
    /// When.
    pub time: i64,
    /// Number of spans around it.
    pub depth: u32,
    /// Always 0; it fills the struct to a multiple of 8 bytes.
    pub reserved: u32,
}
