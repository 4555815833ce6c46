//! A sink that wants nothing.

use std::sync::Arc;

use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::{ProcessInfo, StreamInfo};

/// Discards every block, so that a bench of recording measures recording.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiscardingSink;

impl EventSink for DiscardingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}

    fn on_shutdown(&self, _: std::time::Instant) {}
}
