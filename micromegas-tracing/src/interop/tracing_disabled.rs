//! The layer for the `tracing` crate without the feature `enable`.

use tracing_core::Subscriber;
use tracing_subscriber::Layer;

/// Records nothing: the feature `enable` is absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingLayer;

impl<S: Subscriber> Layer<S> for TracingLayer {}
