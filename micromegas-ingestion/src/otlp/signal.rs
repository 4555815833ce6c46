//! The three kinds of telemetry that OTLP carries.

/// A kind of telemetry that OTLP carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Signal {
    /// Log records.
    Logs,
    /// Metrics: gauges, sums, histograms, exponential histograms, summaries.
    Metrics,
    /// Spans.
    Traces,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Logs, Self::Metrics, Self::Traces];

    /// Its name in paths, and in what a stream's identity is made of.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logs => "logs",
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }

    /// The tag of its streams.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Logs => "log",
            Self::Metrics => "metrics",
            Self::Traces => "trace",
        }
    }

    /// How the payloads of its streams are encoded: the `format` of a stream.
    pub fn format(self) -> &'static str {
        match self {
            Self::Logs => "otlp/v1/logs",
            Self::Metrics => "otlp/v1/metrics",
            Self::Traces => "otlp/v1/traces",
        }
    }

    /// What a partial success calls the records, in JSON.
    pub(crate) fn rejected_key(self) -> &'static str {
        match self {
            Self::Logs => "rejectedLogRecords",
            Self::Metrics => "rejectedDataPoints",
            Self::Traces => "rejectedSpans",
        }
    }

    /// The message that carries it.
    pub(crate) fn request_message(self) -> &'static str {
        match self {
            Self::Logs => "opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest",
            Self::Metrics => "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest",
            Self::Traces => "opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest",
        }
    }

    /// The message of one resource and what it sent: what a block holds.
    pub(crate) fn resource_message(self) -> &'static str {
        match self {
            Self::Logs => "opentelemetry.proto.logs.v1.ResourceLogs",
            Self::Metrics => "opentelemetry.proto.metrics.v1.ResourceMetrics",
            Self::Traces => "opentelemetry.proto.trace.v1.ResourceSpans",
        }
    }
}
