//! A sink that does with blocks what delivery does before it sends them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::{ProcessInfo, StreamInfo, compress_frame};

/// Encodes and compresses blocks of spans while it is told to, and discards all others.
#[derive(Debug, Default)]
pub struct EncodingSink {
    is_encoding: AtomicBool,
    bytes: AtomicU64,
    encoder: Mutex<Option<Encoder>>,
}

impl EncodingSink {
    /// Sets whether blocks are encoded from now on.
    pub fn set_encoding(&self, is_encoding: bool) {
        self.is_encoding.store(is_encoding, Ordering::SeqCst);
    }

    /// How many bytes would have been sent so far.
    pub fn byte_count(&self) -> u64 {
        self.bytes.load(Ordering::SeqCst)
    }
}

impl EventSink for EncodingSink {
    fn on_process(&self, _: &Arc<ProcessInfo>) {}

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        let is_spans = stream.tags.iter().any(|tag| tag == "cpu");
        if !is_spans || !self.is_encoding.load(Ordering::SeqCst) {
            return;
        }
        let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
        if encoder.is_none() {
            *encoder = Encoder::new(&stream.layout.objects, Codec::Lz4).ok();
        }
        let encoder = encoder.as_mut().expect("our own layout can be encoded");
        let objects = encoder.encode(&block.objects, block.carried_spans.as_deref());
        let bytes = objects.len() + compress_frame(&block.dependencies).len();
        self.bytes.fetch_add(bytes as u64, Ordering::SeqCst);
    }
}
