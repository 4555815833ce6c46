//! The message of a block.

use micromegas_transit::{Limits, Payload};
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message as _;

/// What a stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    Logs,
    Metrics,
    Traces,
}

impl Signal {
    /// By the format of a stream.
    pub(crate) fn of_format(format: &str) -> Option<Self> {
        match format {
            "otlp/v1/logs" => Some(Self::Logs),
            "otlp/v1/metrics" => Some(Self::Metrics),
            "otlp/v1/traces" => Some(Self::Traces),
            _ => None,
        }
    }
}

/// What one resource sent.
#[derive(Debug)]
pub(crate) enum Message {
    Logs(ResourceLogs),
    Metrics(ResourceMetrics),
    Traces(ResourceSpans),
}

impl Message {
    /// Reads a payload; an error is the reason in words.
    pub(crate) fn decode(
        signal: Signal,
        payload: &Payload,
        limits: &Limits,
    ) -> Result<Self, String> {
        let bytes = payload.objects.clone();
        if bytes.len() > limits.decompressed_bytes {
            return Err(format!("its message has more than {} bytes", limits.decompressed_bytes));
        }
        let decoded = match signal {
            Signal::Logs => ResourceLogs::decode(bytes).map(Self::Logs),
            Signal::Metrics => ResourceMetrics::decode(bytes).map(Self::Metrics),
            Signal::Traces => ResourceSpans::decode(bytes).map(Self::Traces),
        };
        decoded.map_err(|error| format!("its message is not OTLP: {error}"))
    }
}
