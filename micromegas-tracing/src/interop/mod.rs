//! Other libraries' events and tasks, each behind a feature.

#[cfg(feature = "log")]
mod log;
#[cfg(feature = "tokio")]
mod tokio;
#[cfg(all(feature = "tracing", feature = "enable"))]
mod tracing;
#[cfg(all(feature = "tracing", not(feature = "enable")))]
#[path = "tracing_disabled.rs"]
mod tracing;
#[cfg(all(feature = "tracing", feature = "enable"))]
mod tracing_fields;

#[cfg(feature = "log")]
pub use log::{LogBridge, bridge_log};
#[cfg(feature = "tokio")]
pub use tokio::{TracingRuntimeExt, spawn_with_context};
#[cfg(feature = "tracing")]
pub use tracing::TracingLayer;
