//! A sink that passes on what a rule keeps.

use crate::control::Sampling;
use crate::http::EventCounts;
use micromegas_tracing::{EventBlock, EventSink, LevelFilter, LogEntry};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Decides which blocks of threads are sent, whole or not at all.
///
/// ```
/// use micromegas_telemetry_sink::BlockSampler;
/// use micromegas_tracing::EventBlock;
/// use micromegas_transit::StreamInfo;
///
/// /// Keeps what worker threads record.
/// struct Workers;
///
/// impl BlockSampler for Workers {
///     fn keeps(&self, stream: &StreamInfo, _: &EventBlock) -> bool {
///         stream.properties.get("thread-name").is_some_and(|name| name.starts_with("worker"))
///     }
/// }
/// ```
pub trait BlockSampler: Send + Sync + 'static {
    /// Whether this block is sent. Asked once for each block, in the order of their stream, on the
    /// flusher's thread.
    fn keeps(&self, stream: &StreamInfo, block: &EventBlock) -> bool;
}

/// Sets the rule of a [`SamplingSink`] aside, or puts it in force again.
#[derive(Debug)]
pub struct SamplingSwitch(Mutex<Sampling>);

impl Default for SamplingSwitch {
    /// The rule is in force.
    fn default() -> Self {
        Self(Mutex::new(Sampling::Host))
    }
}

impl SamplingSwitch {
    /// Decides about blocks from now on.
    pub fn set(&self, sampling: Sampling) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = sampling;
    }

    /// What decides at present.
    pub fn get(&self) -> Sampling {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Passes on what a rule keeps of the blocks of threads, and all other blocks. The next block that
/// is kept declares the events of those that were not, so a reader can tell that they are missing
/// for a reason.
pub struct SamplingSink {
    sink: Arc<dyn EventSink>,
    sampler: Option<Arc<dyn BlockSampler>>,
    switch: Arc<SamplingSwitch>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Events since the last block that was kept, by stream.
    skipped: HashMap<Uuid, u64>,
    sampled_out: EventCounts,
}

impl SamplingSink {
    /// Passes on to `sink` what `sampler` keeps; without one, everything.
    pub fn new(sink: Arc<dyn EventSink>, sampler: Option<Arc<dyn BlockSampler>>) -> Self {
        Self { sink, sampler, switch: Arc::default(), state: Mutex::default() }
    }

    /// Heeds this switch.
    pub fn with_switch(mut self, switch: Arc<SamplingSwitch>) -> Self {
        self.switch = switch;
        self
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What sets the rule aside.
    pub fn switch(&self) -> &Arc<SamplingSwitch> {
        &self.switch
    }

    /// Events that were not passed on so far.
    pub fn sampled_out(&self) -> EventCounts {
        self.lock().sampled_out
    }

    fn keeps(&self, stream: &StreamInfo, block: &EventBlock) -> bool {
        if !stream.tags.iter().any(|tag| tag == "cpu") {
            return true;
        }
        // The rule is asked anyway, so that what it remembers is right when it counts again.
        let is_kept = self.sampler.as_ref().is_none_or(|sampler| sampler.keeps(stream, block));
        match self.switch.get() {
            Sampling::All => true,
            Sampling::None => false,
            Sampling::Host => is_kept,
        }
    }
}

impl EventSink for SamplingSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.sink.on_process(process);
    }

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        self.sink.on_stream(stream);
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, mut block: EventBlock) {
        let is_kept = self.keeps(stream, &block);
        let mut state = self.lock();
        let skipped = state.skipped.remove(&stream.stream_id).unwrap_or_default();
        block.skipped_events += skipped;
        if is_kept {
            drop(state);
            self.sink.on_block(stream, block);
        } else {
            let events = u64::try_from(block.event_count).unwrap_or_default();
            state.skipped.insert(stream.stream_id, block.skipped_events + events);
            state.sampled_out.traces += events;
        }
    }

    fn log_level(&self) -> LevelFilter {
        self.sink.log_level()
    }

    fn flush_period(&self) -> Option<Duration> {
        self.sink.flush_period()
    }

    fn on_log(&self, entry: &LogEntry<'_>) {
        self.sink.on_log(entry);
    }

    fn on_flush(&self, deadline: Instant) -> bool {
        self.sink.on_flush(deadline)
    }

    fn on_shutdown(&self, deadline: Instant) {
        self.sink.on_shutdown(deadline);
    }
}

impl fmt::Debug for SamplingSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SamplingSink").field("state", &self.state).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "sink_tests.rs"]
mod tests;
