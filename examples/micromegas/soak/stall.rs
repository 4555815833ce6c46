//! A time in which nothing gets through.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use micromegas_telemetry_sink::HttpSink;
use micromegas_tracing::{EventBlock, EventSink};
use micromegas_transit::{ProcessInfo, StreamInfo};

/// What stands still during the stall.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StallAt {
    /// The sink takes nothing from the flusher, so that what is recorded stays in the buffers
    Sink,
    /// The server answers nothing, so that what is recorded stays in the sink's queue
    Server,
}

/// When the stall begins and ends.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stall {
    from: Instant,
    until: Instant,
}

impl Stall {
    pub(crate) fn new(from: Instant, time: Duration) -> Self {
        Self { from, until: from + time }
    }

    /// How long to stand still now.
    pub(crate) fn time_left(self) -> Duration {
        let now = Instant::now();
        if now < self.from { Duration::ZERO } else { self.until.saturating_duration_since(now) }
    }
}

/// Delivers over HTTP, except while it stalls.
#[derive(Debug)]
pub(crate) struct StallingSink {
    pub(crate) http: HttpSink,
    pub(crate) stall: Option<Stall>,
}

impl EventSink for StallingSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.http.on_process(process);
    }

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        self.http.on_stream(stream);
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        if let Some(stall) = self.stall {
            std::thread::sleep(stall.time_left());
        }
        self.http.on_block(stream, block);
    }

    fn on_flush(&self, deadline: Instant) -> bool {
        self.http.on_flush(deadline)
    }

    fn on_shutdown(&self, deadline: Instant) {
        self.http.on_shutdown(deadline);
    }
}
