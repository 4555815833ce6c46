//! Other libraries' events and tasks, each behind a feature.

#[cfg(feature = "log")]
mod log;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(feature = "tracing")]
mod tracing;
#[cfg(feature = "tracing")]
mod tracing_fields;

#[cfg(feature = "log")]
pub use log::{LogBridge, bridge_log};
#[cfg(feature = "tokio")]
pub use tokio::{TracingRuntimeExt, spawn_with_context};
#[cfg(feature = "tracing")]
pub use tracing::TracingLayer;
