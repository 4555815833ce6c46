//! OpenTelemetry's logs, metrics and traces, as `docs/otlp.md` says that they are stored.

mod attributes;
mod histogram;
mod logs;
mod message;
mod metrics;
mod number;
mod spans;
mod value;

pub(crate) use logs::LogDecoder;
pub(crate) use message::{Message, Signal};
pub(crate) use metrics::MetricDecoder;
pub(crate) use spans::SpanDecoder;
