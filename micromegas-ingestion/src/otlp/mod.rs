//! OpenTelemetry's protocol: logs, metrics and traces over HTTP and gRPC.
//!
//! A request is read once and split by resource. Each resource becomes a block of its own stream
//! format, its bytes as they were sent; `docs/otlp.md` describes what is stored. Delta and
//! cumulative metrics, histograms of all kinds and fields that this version does not know stay as
//! they are: what they mean is decided when they are read.

mod answer;
mod batch;
mod encoding;
mod grpc;
mod gzip;
mod http;
mod identity;
mod incoming;
mod json;
mod known;
mod options;
mod redaction;
mod scalar;
mod scan;
mod schema;
mod signal;
mod store;
mod text;
mod value;
mod wire;

pub use grpc::{Logs, Metrics, OtlpService, OtlpSignal, Traces, otlp_grpc_routes};
pub use http::{OtlpFormat, otlp_routes};
pub(crate) use known::KnownStreams;
pub use options::OtlpOptions;
pub use signal::Signal;
pub use store::OtlpOutcome;
