//! Events with properties, and the context of a span in a trace that crosses processes.

use super::dependencies::write_text;
use crate::{MemberLayout, Reflect, ReflectDynamic, TypeLayout};

/// A log entry with properties whose message is its descriptor's format string.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct TaggedLogStaticStrEvent {
    /// The [`LogMetadataRecord`](super::LogMetadataRecord).
    #[reflect(reference)]
    pub desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    #[reflect(reference)]
    pub properties: u64,
    /// When.
    pub time: i64,
}

/// A log entry whose message the reader makes of the format string and the properties: `{key}` and
/// `{key:?}` stand for the property of that name.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct TaggedLogTemplateEvent {
    /// The [`LogMetadataRecord`](super::LogMetadataRecord).
    #[reflect(reference)]
    pub desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    #[reflect(reference)]
    pub properties: u64,
    /// When.
    pub time: i64,
}

/// A log entry with properties and a message of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaggedLogString<'a> {
    /// The [`LogMetadataRecord`](super::LogMetadataRecord).
    pub desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    pub properties: u64,
    /// When.
    pub time: i64,
    /// The formatted message.
    pub message: &'a str,
}

impl ReflectDynamic for TaggedLogString<'_> {
    fn layout() -> TypeLayout {
        TypeLayout::dynamic("TaggedLogString")
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.desc.to_le_bytes());
        out.extend_from_slice(&self.properties.to_le_bytes());
        out.extend_from_slice(&self.time.to_le_bytes());
        write_text(out, self.message);
    }
}

/// How a record without descriptor refers to a string; readers take its width from the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticStringRef {
    /// The [`StaticStringDependency`](super::StaticStringDependency).
    pub id: u64,
}

impl StaticStringRef {
    /// Size in bytes.
    pub const SIZE: usize = 8;

    /// The layout that a stream with such references has beside those of its events.
    pub fn layout() -> TypeLayout {
        TypeLayout {
            name: "StaticStringRef".to_owned(),
            size: Self::SIZE as u32,
            members: vec![MemberLayout::of::<u64>("id", 0, true)],
            is_reference: true,
        }
    }
}

/// A log entry with properties from another logging library: level and target lie in the record,
/// and no property takes their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaggedLogInteropEvent<'a> {
    /// When.
    pub time: i64,
    /// From 1 (fatal) to 6 (trace).
    pub level: u8,
    /// What the entry is about.
    pub target: StaticStringRef,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    pub properties: u64,
    /// The message.
    pub message: &'a str,
}

impl ReflectDynamic for TaggedLogInteropEvent<'_> {
    fn layout() -> TypeLayout {
        TypeLayout::dynamic("TaggedLogInteropEvent")
    }

    fn parts() -> Vec<TypeLayout> {
        vec![StaticStringRef::layout()]
    }

    fn write_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.time.to_le_bytes());
        out.push(self.level);
        out.extend_from_slice(&self.target.id.to_le_bytes());
        out.extend_from_slice(&self.properties.to_le_bytes());
        write_text(out, self.message);
    }
}

/// A sample with properties, of a metric with integer values.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct TaggedIntegerMetricEvent {
    /// The [`MetricMetadataDependency`](super::MetricMetadataDependency).
    #[reflect(reference)]
    pub desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    #[reflect(reference)]
    pub properties: u64,
    /// The sample.
    pub value: u64,
    /// When.
    pub time: i64,
}

/// A sample with properties, of a metric with floating-point values.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Reflect)]
pub struct TaggedFloatMetricEvent {
    /// The [`MetricMetadataDependency`](super::MetricMetadataDependency).
    #[reflect(reference)]
    pub desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    #[reflect(reference)]
    pub properties: u64,
    /// The sample.
    pub value: f64,
    /// When.
    pub time: i64,
}

/// A span of a thread ends, and these are its properties.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct TaggedEndThreadSpanEvent {
    /// The [`SpanRecord`](super::SpanRecord).
    #[reflect(reference)]
    pub thread_span_desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    #[reflect(reference)]
    pub properties: u64,
    /// When.
    pub time: i64,
}

/// A span that may have changed threads ends, and these are its properties.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct TaggedEndAsyncSpanEvent {
    /// The [`SpanRecord`](super::SpanRecord).
    #[reflect(reference)]
    pub span_desc: u64,
    /// The [`PropertySetDependency`](super::PropertySetDependency).
    #[reflect(reference)]
    pub properties: u64,
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

/// The place of a span in a trace that crosses processes (W3C trace context). It stands beside the
/// begin of the span, or where the context was handed on to another process.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Reflect)]
pub struct TraceContextEvent {
    /// Identity of the span in its process, and in the trace.
    pub span_id: u64,
    /// The first half of the trace's id, as it is written.
    pub trace_id_high: u64,
    /// The second half.
    pub trace_id_low: u64,
    /// Identity of the span in another process around this one; 0 for none.
    pub remote_parent_span_id: u64,
    /// When.
    pub time: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_those_of_the_published_tables() {
        assert_eq!(TaggedLogStaticStrEvent::SIZE, 24);
        assert_eq!(TaggedLogTemplateEvent::SIZE, 24);
        assert_eq!(TaggedIntegerMetricEvent::SIZE, 32);
        assert_eq!(TaggedFloatMetricEvent::SIZE, 32);
        assert_eq!(TaggedEndAsyncSpanEvent::SIZE, 48);
    }

    #[test]
    fn an_entry_of_another_library_holds_level_and_target() {
        let mut out = Vec::new();
        let target = StaticStringRef { id: 7 };
        TaggedLogInteropEvent { time: 1, level: 4, target, properties: 9, message: "m" }
            .write_to(&mut out);
        assert_eq!(out.len(), 8 + 1 + 8 + 8 + 5 + 1);
        assert_eq!(out[8..10], [4, 7]);
        assert_eq!(out[17], 9);
    }
}
