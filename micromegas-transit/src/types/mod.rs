//! The types that our own writer sends: reflected structs, and the layouts of its streams.
//!
//! Names and members are those that published decoders look for. Ids are any numbers unique within
//! a block; every string is a [`StaticStringDependency`]; dependencies come before what refers to
//! them: strings, then property sets and descriptors.

mod dependencies;
mod events;
mod image;
mod streams;
mod tagged;

pub use dependencies::{
    LogMetadataRecord, MetricMetadataDependency, Property, PropertySetDependency,
    SpanLocationRecord, SpanRecord, StaticStringDependency,
};
pub use events::{
    BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    FloatMetricEvent, IntegerMetricEvent, LogStaticStrEvent, LogStringEventV2,
};
pub use image::ImageEvent;
pub use streams::{
    LogDependencies, LogEvents, MetricDependencies, MetricEvents, ThreadDependencies, ThreadEvents,
    log, log_stream_layout, metric_stream_layout, metrics, thread, thread_stream_layout,
};
pub use tagged::{
    StaticStringRef, TaggedEndAsyncSpanEvent, TaggedEndThreadSpanEvent, TaggedFloatMetricEvent,
    TaggedIntegerMetricEvent, TaggedLogInteropEvent, TaggedLogStaticStrEvent, TaggedLogString,
    TaggedLogTemplateEvent, TraceContextEvent,
};
