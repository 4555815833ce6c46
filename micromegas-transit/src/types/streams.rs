//! The sets of types of the three built-in streams, their layouts and type indices.

use super::{
    BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    FloatMetricEvent, IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
    MetricMetadataDependency, PropertySetDependency, SpanLocationRecord, SpanRecord,
    StaticStringDependency, TaggedEndAsyncSpanEvent, TaggedEndThreadSpanEvent,
    TaggedFloatMetricEvent, TaggedIntegerMetricEvent, TaggedLogInteropEvent,
    TaggedLogStaticStrEvent, TaggedLogString, TaggedLogTemplateEvent, TraceContextEvent,
};
use crate::{StreamLayout, record_set};

/// Type indices of the log stream (tag `log`).
pub mod log {
    use crate::{Holds, types};

    /// Dependency [`StaticStringDependency`](crate::types::StaticStringDependency).
    pub const STATIC_STRING: u8 =
        <types::LogDependencies as Holds<types::StaticStringDependency<'_>>>::TYPE_INDEX;
    /// Dependency [`LogMetadataRecord`](crate::types::LogMetadataRecord).
    pub const LOG_METADATA: u8 =
        <types::LogDependencies as Holds<types::LogMetadataRecord>>::TYPE_INDEX;
    /// Dependency [`PropertySetDependency`](crate::types::PropertySetDependency).
    pub const PROPERTY_SET: u8 =
        <types::LogDependencies as Holds<types::PropertySetDependency<'_>>>::TYPE_INDEX;

    /// Event [`LogStaticStrEvent`](crate::types::LogStaticStrEvent).
    pub const LOG_STATIC_STR_EVENT: u8 =
        <types::LogEvents as Holds<types::LogStaticStrEvent>>::TYPE_INDEX;
    /// Event [`LogStringEventV2`](crate::types::LogStringEventV2).
    pub const LOG_STRING_EVENT: u8 =
        <types::LogEvents as Holds<types::LogStringEventV2<'_>>>::TYPE_INDEX;
    /// Event [`TaggedLogStaticStrEvent`](crate::types::TaggedLogStaticStrEvent).
    pub const TAGGED_LOG_STATIC_STR_EVENT: u8 =
        <types::LogEvents as Holds<types::TaggedLogStaticStrEvent>>::TYPE_INDEX;
    /// Event [`TaggedLogTemplateEvent`](crate::types::TaggedLogTemplateEvent).
    pub const TAGGED_LOG_TEMPLATE_EVENT: u8 =
        <types::LogEvents as Holds<types::TaggedLogTemplateEvent>>::TYPE_INDEX;
    /// Event [`TaggedLogString`](crate::types::TaggedLogString).
    pub const TAGGED_LOG_STRING: u8 =
        <types::LogEvents as Holds<types::TaggedLogString<'_>>>::TYPE_INDEX;
    /// Event [`TaggedLogInteropEvent`](crate::types::TaggedLogInteropEvent).
    pub const TAGGED_LOG_INTEROP_EVENT: u8 =
        <types::LogEvents as Holds<types::TaggedLogInteropEvent<'_>>>::TYPE_INDEX;
}

/// Type indices of the metric stream (tag `metrics`).
pub mod metrics {
    use crate::{Holds, types};

    /// Dependency [`StaticStringDependency`](crate::types::StaticStringDependency).
    pub const STATIC_STRING: u8 =
        <types::MetricDependencies as Holds<types::StaticStringDependency<'_>>>::TYPE_INDEX;
    /// Dependency [`MetricMetadataDependency`](crate::types::MetricMetadataDependency).
    pub const METRIC_METADATA: u8 =
        <types::MetricDependencies as Holds<types::MetricMetadataDependency>>::TYPE_INDEX;
    /// Dependency [`PropertySetDependency`](crate::types::PropertySetDependency).
    pub const PROPERTY_SET: u8 =
        <types::MetricDependencies as Holds<types::PropertySetDependency<'_>>>::TYPE_INDEX;

    /// Event [`IntegerMetricEvent`](crate::types::IntegerMetricEvent).
    pub const INTEGER_METRIC_EVENT: u8 =
        <types::MetricEvents as Holds<types::IntegerMetricEvent>>::TYPE_INDEX;
    /// Event [`FloatMetricEvent`](crate::types::FloatMetricEvent).
    pub const FLOAT_METRIC_EVENT: u8 =
        <types::MetricEvents as Holds<types::FloatMetricEvent>>::TYPE_INDEX;
    /// Event [`TaggedIntegerMetricEvent`](crate::types::TaggedIntegerMetricEvent).
    pub const TAGGED_INTEGER_METRIC_EVENT: u8 =
        <types::MetricEvents as Holds<types::TaggedIntegerMetricEvent>>::TYPE_INDEX;
    /// Event [`TaggedFloatMetricEvent`](crate::types::TaggedFloatMetricEvent).
    pub const TAGGED_FLOAT_METRIC_EVENT: u8 =
        <types::MetricEvents as Holds<types::TaggedFloatMetricEvent>>::TYPE_INDEX;
}

/// Type indices of a thread's stream (tag `cpu`).
pub mod thread {
    use crate::{Holds, types};

    /// Dependency [`StaticStringDependency`](crate::types::StaticStringDependency).
    pub const STATIC_STRING: u8 =
        <types::ThreadDependencies as Holds<types::StaticStringDependency<'_>>>::TYPE_INDEX;
    /// Dependency [`SpanRecord`](crate::types::SpanRecord).
    pub const SPAN: u8 = <types::ThreadDependencies as Holds<types::SpanRecord>>::TYPE_INDEX;
    /// Dependency [`SpanLocationRecord`](crate::types::SpanLocationRecord).
    pub const SPAN_LOCATION: u8 =
        <types::ThreadDependencies as Holds<types::SpanLocationRecord>>::TYPE_INDEX;
    /// Dependency [`PropertySetDependency`](crate::types::PropertySetDependency).
    pub const PROPERTY_SET: u8 =
        <types::ThreadDependencies as Holds<types::PropertySetDependency<'_>>>::TYPE_INDEX;

    /// Event [`BeginThreadSpanEvent`](crate::types::BeginThreadSpanEvent).
    pub const BEGIN_THREAD_SPAN_EVENT: u8 =
        <types::ThreadEvents as Holds<types::BeginThreadSpanEvent>>::TYPE_INDEX;
    /// Event [`EndThreadSpanEvent`](crate::types::EndThreadSpanEvent).
    pub const END_THREAD_SPAN_EVENT: u8 =
        <types::ThreadEvents as Holds<types::EndThreadSpanEvent>>::TYPE_INDEX;
    /// Event [`BeginAsyncSpanEvent`](crate::types::BeginAsyncSpanEvent).
    pub const BEGIN_ASYNC_SPAN_EVENT: u8 =
        <types::ThreadEvents as Holds<types::BeginAsyncSpanEvent>>::TYPE_INDEX;
    /// Event [`EndAsyncSpanEvent`](crate::types::EndAsyncSpanEvent).
    pub const END_ASYNC_SPAN_EVENT: u8 =
        <types::ThreadEvents as Holds<types::EndAsyncSpanEvent>>::TYPE_INDEX;
    /// Event [`TaggedEndThreadSpanEvent`](crate::types::TaggedEndThreadSpanEvent).
    pub const TAGGED_END_THREAD_SPAN_EVENT: u8 =
        <types::ThreadEvents as Holds<types::TaggedEndThreadSpanEvent>>::TYPE_INDEX;
    /// Event [`TaggedEndAsyncSpanEvent`](crate::types::TaggedEndAsyncSpanEvent).
    pub const TAGGED_END_ASYNC_SPAN_EVENT: u8 =
        <types::ThreadEvents as Holds<types::TaggedEndAsyncSpanEvent>>::TYPE_INDEX;
    /// Event [`TraceContextEvent`](crate::types::TraceContextEvent).
    pub const TRACE_CONTEXT_EVENT: u8 =
        <types::ThreadEvents as Holds<types::TraceContextEvent>>::TYPE_INDEX;
}

record_set! {
    /// Types of the log stream's dependencies.
    pub struct LogDependencies {
        dynamic StaticStringDependency<'_>,
        LogMetadataRecord,
        dynamic PropertySetDependency<'_>,
    }
}

record_set! {
    /// Types of the log stream's events.
    pub struct LogEvents {
        LogStaticStrEvent,
        dynamic LogStringEventV2<'_>,
        TaggedLogStaticStrEvent,
        TaggedLogTemplateEvent,
        dynamic TaggedLogString<'_>,
        dynamic TaggedLogInteropEvent<'_>,
    }
}

record_set! {
    /// Types of the metric stream's dependencies.
    pub struct MetricDependencies {
        dynamic StaticStringDependency<'_>,
        MetricMetadataDependency,
        dynamic PropertySetDependency<'_>,
    }
}

record_set! {
    /// Types of the metric stream's events.
    pub struct MetricEvents {
        IntegerMetricEvent,
        FloatMetricEvent,
        TaggedIntegerMetricEvent,
        TaggedFloatMetricEvent,
    }
}

record_set! {
    /// Types of the dependencies of a thread's stream.
    pub struct ThreadDependencies {
        dynamic StaticStringDependency<'_>,
        SpanRecord,
        SpanLocationRecord,
        dynamic PropertySetDependency<'_>,
    }
}

record_set! {
    /// Types of the events of a thread's stream.
    pub struct ThreadEvents {
        BeginThreadSpanEvent,
        EndThreadSpanEvent,
        BeginAsyncSpanEvent,
        EndAsyncSpanEvent,
        TaggedEndThreadSpanEvent,
        TaggedEndAsyncSpanEvent,
        TraceContextEvent,
    }
}

/// Layout of the log stream.
pub fn log_stream_layout() -> StreamLayout {
    StreamLayout::of::<LogDependencies, LogEvents>()
}

/// Layout of the metric stream.
pub fn metric_stream_layout() -> StreamLayout {
    StreamLayout::of::<MetricDependencies, MetricEvents>()
}

/// Layout of a thread's stream.
pub fn thread_stream_layout() -> StreamLayout {
    StreamLayout::of::<ThreadDependencies, ThreadEvents>()
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
        let tagged = [
            (log::TAGGED_LOG_STATIC_STR_EVENT, "TaggedLogStaticStrEvent"),
            (log::TAGGED_LOG_TEMPLATE_EVENT, "TaggedLogTemplateEvent"),
            (log::TAGGED_LOG_STRING, "TaggedLogString"),
            (log::TAGGED_LOG_INTEROP_EVENT, "TaggedLogInteropEvent"),
        ];
        for (index, expected) in tagged {
            assert_eq!(name(&layout.objects, index), expected);
        }
        let layout = metric_stream_layout();
        assert_eq!(name(&layout.dependencies, metrics::STATIC_STRING), "StaticStringDependency");
        assert_eq!(
            name(&layout.dependencies, metrics::METRIC_METADATA),
            "MetricMetadataDependency"
        );
        assert_eq!(name(&layout.dependencies, metrics::PROPERTY_SET), "PropertySetDependency");
        assert_eq!(name(&layout.objects, metrics::INTEGER_METRIC_EVENT), "IntegerMetricEvent");
        assert_eq!(name(&layout.objects, metrics::FLOAT_METRIC_EVENT), "FloatMetricEvent");
        let (integer, float) =
            (metrics::TAGGED_INTEGER_METRIC_EVENT, metrics::TAGGED_FLOAT_METRIC_EVENT);
        assert_eq!(name(&layout.objects, integer), "TaggedIntegerMetricEvent");
        assert_eq!(name(&layout.objects, float), "TaggedFloatMetricEvent");
        let layout = thread_stream_layout();
        let tagged = [
            (thread::TAGGED_END_THREAD_SPAN_EVENT, "TaggedEndThreadSpanEvent"),
            (thread::TAGGED_END_ASYNC_SPAN_EVENT, "TaggedEndAsyncSpanEvent"),
            (thread::TRACE_CONTEXT_EVENT, "TraceContextEvent"),
        ];
        for (index, expected) in tagged {
            assert_eq!(name(&layout.objects, index), expected);
        }
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
