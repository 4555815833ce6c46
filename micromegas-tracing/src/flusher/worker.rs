//! The flusher's loop.

use crate::buffer::Kind;
use crate::buffer::mapping;
use crate::config::Config;
use crate::event_sink::EventSink;
use crate::flusher::dependencies::Dependencies;
use crate::flusher::merged::{self, Logs, Metrics};
use crate::flusher::own_streams::OwnStreams;
use crate::flusher::schedule::Schedule;
use crate::flusher::spans::SpanStreams;
use crate::flusher::streams::{Outlet, Stream};
use crate::flusher::wake::{self, Asked};
use crate::origin::Origin;
use crate::recording::threads;
use crate::stats::Counts;
use micromegas_transit::ProcessInfo;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, Builder};
use std::time::Instant;

/// All that the flusher's thread owns.
struct Worker {
    process: Arc<ProcessInfo>,
    origin: Origin,
    sink: Arc<dyn EventSink>,
    schedule: Schedule,
    dependencies: Dependencies,
    logs: Stream,
    metrics: Stream,
    spans: SpanStreams,
    own: OwnStreams,
}

/// Starts the flusher.
pub(crate) fn spawn(
    config: &Config,
    process: Arc<ProcessInfo>,
    origin: Origin,
    sink: Arc<dyn EventSink>,
) -> std::io::Result<()> {
    let mut worker = Worker {
        schedule: Schedule::new(config, Instant::now()),
        dependencies: Dependencies::default(),
        logs: Stream::of_logs(process.process_id),
        metrics: Stream::of_metrics(process.process_id),
        spans: SpanStreams::default(),
        own: OwnStreams::default(),
        process,
        origin,
        sink,
    };
    let builder = Builder::new().name("micromegas-flusher".to_owned());
    let handle = builder.spawn(move || {
        wake::become_flusher();
        guarded(|| worker.run());
        wake::announce_stop();
    })?;
    wake::set_flusher(handle.thread().clone());
    Ok(())
}

impl Worker {
    fn run(&mut self) {
        let sink = Arc::clone(&self.sink);
        guarded(|| sink.on_process(&self.process));
        loop {
            let asked = wake::take_asked();
            // What was recorded before the request lies in the buffers now.
            guarded(|| self.pass(&asked));
            if let Some(ticket) = asked.flush {
                wake::answer(ticket);
            }
            if let Some(deadline) = asked.shutdown {
                guarded(|| sink.on_shutdown(deadline));
                return;
            }
            guarded(|| self.schedule.set_sink_period(sink.flush_period()));
            let now = Instant::now();
            if self.schedule.is_trim_due(now) {
                threads::trim_pool();
                self.dependencies.trim();
                mapping::trim();
            }
            let has_excess = threads::POOL.has_excess() || mapping::has_spare();
            match self.schedule.idle_time(now, has_excess) {
                Some(idle_time) => thread::park_timeout(idle_time),
                None => thread::park(),
            }
        }
    }

    /// Hands over what is due.
    fn pass(&mut self, asked: &Asked) {
        let now = Instant::now();
        let is_all = asked.flush.is_some() || asked.shutdown.is_some();
        if asked.is_urgent {
            self.schedule.note_urgent();
        }
        if is_all || asked.own_streams || self.schedule.is_due(Kind::Logs, now) {
            guarded(|| self.flush_own());
        }
        for kind in [Kind::Logs, Kind::Metrics, Kind::Spans] {
            if is_all || asked.drain[kind as usize] || self.schedule.is_due(kind, now) {
                self.schedule.note_done(kind, now);
                guarded(|| self.flush(kind));
            }
        }
    }

    /// Streams of the host's own are handed over as often as logs.
    fn flush_own(&mut self) {
        let mut outlet = Outlet {
            process_id: self.process.process_id,
            origin: self.origin,
            sink: &*self.sink,
            dependencies: &mut self.dependencies,
            accounted: Counts::default(),
        };
        self.own.flush(&mut outlet);
    }

    fn flush(&mut self, kind: Kind) {
        let mut outlet = Outlet {
            process_id: self.process.process_id,
            origin: self.origin,
            sink: &*self.sink,
            dependencies: &mut self.dependencies,
            accounted: Counts::default(),
        };
        match kind {
            Kind::Logs => merged::flush::<Logs>(&mut self.logs, &mut outlet),
            Kind::Metrics => merged::flush::<Metrics>(&mut self.metrics, &mut outlet),
            Kind::Spans => self.spans.flush(&mut outlet),
        }
    }
}

/// A panic in the sink or in the flusher itself must not end recording, nor the host.
fn guarded(run: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(run));
}
