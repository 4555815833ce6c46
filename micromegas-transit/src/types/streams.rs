//! Layouts of the three built-in streams, and the type indices that follow from them.

use super::{
    BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    FloatMetricEvent, IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
    MetricMetadataDependency, Property, PropertySetDependency, SpanLocationRecord, SpanRecord,
    StaticStringDependency,
};
use crate::{Reflect, ReflectDynamic, StreamLayout};

/// Type indices of the log stream (tag `log`).
pub mod log {
    /// Dependency [`StaticStringDependency`](crate::types::StaticStringDependency).
    pub const STATIC_STRING: u8 = 0;
    /// Dependency [`LogMetadataRecord`](crate::types::LogMetadataRecord).
    pub const LOG_METADATA: u8 = 1;
    /// Dependency [`PropertySetDependency`](crate::types::PropertySetDependency).
    pub const PROPERTY_SET: u8 = 2;

    /// Event [`LogStaticStrEvent`](crate::types::LogStaticStrEvent).
    pub const LOG_STATIC_STR_EVENT: u8 = 0;
    /// Event [`LogStringEventV2`](crate::types::LogStringEventV2).
    pub const LOG_STRING_EVENT: u8 = 1;
}

/// Type indices of the metric stream (tag `metrics`).
pub mod metrics {
    /// Dependency [`StaticStringDependency`](crate::types::StaticStringDependency).
    pub const STATIC_STRING: u8 = 0;
    /// Dependency [`MetricMetadataDependency`](crate::types::MetricMetadataDependency).
    pub const METRIC_METADATA: u8 = 1;
    /// Dependency [`PropertySetDependency`](crate::types::PropertySetDependency).
    pub const PROPERTY_SET: u8 = 2;

    /// Event [`IntegerMetricEvent`](crate::types::IntegerMetricEvent).
    pub const INTEGER_METRIC_EVENT: u8 = 0;
    /// Event [`FloatMetricEvent`](crate::types::FloatMetricEvent).
    pub const FLOAT_METRIC_EVENT: u8 = 1;
}

/// Type indices of a thread's stream (tag `cpu`).
pub mod thread {
    /// Dependency [`StaticStringDependency`](crate::types::StaticStringDependency).
    pub const STATIC_STRING: u8 = 0;
    /// Dependency [`SpanRecord`](crate::types::SpanRecord).
    pub const SPAN: u8 = 1;
    /// Dependency [`SpanLocationRecord`](crate::types::SpanLocationRecord).
    pub const SPAN_LOCATION: u8 = 2;
    /// Dependency [`PropertySetDependency`](crate::types::PropertySetDependency).
    pub const PROPERTY_SET: u8 = 3;

    /// Event [`BeginThreadSpanEvent`](crate::types::BeginThreadSpanEvent).
    pub const BEGIN_THREAD_SPAN_EVENT: u8 = 0;
    /// Event [`EndThreadSpanEvent`](crate::types::EndThreadSpanEvent).
    pub const END_THREAD_SPAN_EVENT: u8 = 1;
    /// Event [`BeginAsyncSpanEvent`](crate::types::BeginAsyncSpanEvent).
    pub const BEGIN_ASYNC_SPAN_EVENT: u8 = 2;
    /// Event [`EndAsyncSpanEvent`](crate::types::EndAsyncSpanEvent).
    pub const END_ASYNC_SPAN_EVENT: u8 = 3;
}

/// Layout of the log stream.
pub fn log_stream_layout() -> StreamLayout {
    StreamLayout {
        dependencies: vec![
            StaticStringDependency::layout(),
            LogMetadataRecord::layout(),
            PropertySetDependency::layout(),
            Property::layout(),
        ],
        objects: vec![LogStaticStrEvent::layout(), LogStringEventV2::layout()],
    }
}

/// Layout of the metric stream.
pub fn metric_stream_layout() -> StreamLayout {
    StreamLayout {
        dependencies: vec![
            StaticStringDependency::layout(),
            MetricMetadataDependency::layout(),
            PropertySetDependency::layout(),
            Property::layout(),
        ],
        objects: vec![IntegerMetricEvent::layout(), FloatMetricEvent::layout()],
    }
}

/// Layout of a thread's stream.
pub fn thread_stream_layout() -> StreamLayout {
    StreamLayout {
        dependencies: vec![
            StaticStringDependency::layout(),
            SpanRecord::layout(),
            SpanLocationRecord::layout(),
            PropertySetDependency::layout(),
            Property::layout(),
        ],
        objects: vec![
            BeginThreadSpanEvent::layout(),
            EndThreadSpanEvent::layout(),
            BeginAsyncSpanEvent::layout(),
            EndAsyncSpanEvent::layout(),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_indices_agree_with_the_layouts() {
        let name = |table: &[crate::TypeLayout], index: u8| table[usize::from(index)].name.clone();
        let layout = log_stream_layout();
        assert_eq!(name(&layout.dependencies, log::STATIC_STRING), "StaticStringDependency");
        assert_eq!(name(&layout.dependencies, log::LOG_METADATA), "LogMetadataRecord");
        assert_eq!(name(&layout.dependencies, log::PROPERTY_SET), "PropertySetDependency");
        assert_eq!(name(&layout.objects, log::LOG_STATIC_STR_EVENT), "LogStaticStrEvent");
        assert_eq!(name(&layout.objects, log::LOG_STRING_EVENT), "LogStringEventV2");
        let layout = metric_stream_layout();
        assert_eq!(name(&layout.dependencies, metrics::STATIC_STRING), "StaticStringDependency");
        assert_eq!(
            name(&layout.dependencies, metrics::METRIC_METADATA),
            "MetricMetadataDependency"
        );
        assert_eq!(name(&layout.dependencies, metrics::PROPERTY_SET), "PropertySetDependency");
        assert_eq!(name(&layout.objects, metrics::INTEGER_METRIC_EVENT), "IntegerMetricEvent");
        assert_eq!(name(&layout.objects, metrics::FLOAT_METRIC_EVENT), "FloatMetricEvent");
        let layout = thread_stream_layout();
        assert_eq!(name(&layout.dependencies, thread::STATIC_STRING), "StaticStringDependency");
        assert_eq!(name(&layout.dependencies, thread::SPAN), "SpanRecord");
        assert_eq!(name(&layout.dependencies, thread::SPAN_LOCATION), "SpanLocationRecord");
        assert_eq!(name(&layout.dependencies, thread::PROPERTY_SET), "PropertySetDependency");
        assert_eq!(name(&layout.objects, thread::BEGIN_THREAD_SPAN_EVENT), "BeginThreadSpanEvent");
        assert_eq!(name(&layout.objects, thread::END_THREAD_SPAN_EVENT), "EndThreadSpanEvent");
        assert_eq!(name(&layout.objects, thread::BEGIN_ASYNC_SPAN_EVENT), "BeginAsyncSpanEvent");
        assert_eq!(name(&layout.objects, thread::END_ASYNC_SPAN_EVENT), "EndAsyncSpanEvent");
    }

    #[test]
    fn canonical_form_leaves_our_layouts_alone() {
        for layout in [log_stream_layout(), metric_stream_layout(), thread_stream_layout()] {
            assert_eq!(layout.clone().canonical(), layout);
        }
    }
}
