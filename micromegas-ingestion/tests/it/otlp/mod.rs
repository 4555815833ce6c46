//! OTLP: what senders send, what they are answered, and what the lake holds then.

pub(crate) mod encodings;
mod formats;
mod grpc;
mod ids;
mod json;
mod partial;
mod redaction;
pub(crate) mod requests;
mod stored;
