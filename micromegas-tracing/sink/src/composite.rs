//! Several sinks behind one.

use micromegas_tracing::{EventBlock, EventSink, LevelFilter, LogEntry};
use micromegas_transit::{ProcessInfo, StreamInfo};
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Gives everything to each of its sinks, in their order. A sink that panics does not keep the
/// others from getting it.
pub struct CompositeSink {
    sinks: Vec<Arc<dyn EventSink>>,
}

impl CompositeSink {
    /// A sink that gives everything to all of `sinks`.
    pub fn new(sinks: Vec<Arc<dyn EventSink>>) -> Self {
        Self { sinks }
    }

    /// Panics only if every sink did, and there is one: what one of them has is not lost.
    fn for_each(&self, give: impl Fn(&dyn EventSink)) {
        let mut has_given = false;
        let mut panic = None;
        for sink in &self.sinks {
            match catch_unwind(AssertUnwindSafe(|| give(&**sink))) {
                Ok(()) => has_given = true,
                Err(payload) => panic = Some(payload),
            }
        }
        if let Some(payload) = panic
            && !has_given
        {
            resume_unwind(payload);
        }
    }
}

impl fmt::Debug for CompositeSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompositeSink").field("sinks", &self.sinks.len()).finish()
    }
}

impl EventSink for CompositeSink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.for_each(|sink| sink.on_process(process));
    }

    fn on_stream(&self, stream: &Arc<StreamInfo>) {
        self.for_each(|sink| sink.on_stream(stream));
    }

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        match self.sinks.as_slice() {
            [only] => only.on_block(stream, block),
            _ => self.for_each(|sink| sink.on_block(stream, block.clone())),
        }
    }

    fn log_level(&self) -> LevelFilter {
        self.sinks.iter().map(|sink| sink.log_level()).max().unwrap_or_default()
    }

    /// The shortest that one of them asks for.
    fn flush_period(&self) -> Option<Duration> {
        self.sinks.iter().filter_map(|sink| sink.flush_period()).min()
    }

    fn on_log(&self, entry: &LogEntry<'_>) {
        self.for_each(|sink| {
            if sink.log_level().allows(entry.level()) {
                sink.on_log(entry);
            }
        });
    }

    fn on_flush(&self, deadline: Instant) -> bool {
        let mut is_done = true;
        for sink in &self.sinks {
            // Each is asked, also after one has failed.
            is_done &= sink.on_flush(deadline);
        }
        is_done
    }

    fn on_shutdown(&self, deadline: Instant) {
        self.for_each(|sink| sink.on_shutdown(deadline));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use micromegas_transit::StreamLayout;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use uuid::Uuid;

    struct Counting {
        level: LevelFilter,
        panics: bool,
        streams: AtomicUsize,
    }

    impl Counting {
        fn new(level: LevelFilter, panics: bool) -> Arc<Self> {
            Arc::new(Self { level, panics, streams: AtomicUsize::new(0) })
        }
    }

    impl EventSink for Counting {
        fn on_process(&self, _: &Arc<ProcessInfo>) {}

        fn on_stream(&self, _: &Arc<StreamInfo>) {
            assert!(!self.panics, "this sink panics");
            self.streams.fetch_add(1, Ordering::Relaxed);
        }

        fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}

        fn log_level(&self) -> LevelFilter {
            self.level
        }
    }

    fn stream() -> Arc<StreamInfo> {
        Arc::new(StreamInfo {
            process_id: Uuid::nil(),
            stream_id: Uuid::nil(),
            layout: StreamLayout { dependencies: Vec::new(), objects: Vec::new() },
            tags: Vec::new(),
            properties: BTreeMap::new(),
        })
    }

    #[test]
    fn a_panicking_sink_does_not_keep_others_from_getting_everything() {
        let healthy = Counting::new(LevelFilter::Info, false);
        let composite = CompositeSink::new(vec![
            Counting::new(LevelFilter::Warn, true),
            Arc::clone(&healthy) as Arc<dyn EventSink>,
        ]);
        composite.on_stream(&stream());
        assert_eq!(healthy.streams.load(Ordering::Relaxed), 1);
        assert_eq!(composite.log_level(), LevelFilter::Info);
    }

    #[test]
    fn the_shortest_period_that_a_sink_asks_for_counts() {
        struct Slow(u64);
        impl EventSink for Slow {
            fn on_process(&self, _: &Arc<ProcessInfo>) {}
            fn on_stream(&self, _: &Arc<StreamInfo>) {}
            fn on_block(&self, _: &Arc<StreamInfo>, _: EventBlock) {}
            fn flush_period(&self) -> Option<Duration> {
                Some(Duration::from_secs(self.0))
            }
        }
        let careless = Counting::new(LevelFilter::Off, false);
        assert_eq!(CompositeSink::new(vec![Arc::clone(&careless) as _]).flush_period(), None);
        let sinks: Vec<Arc<dyn EventSink>> = vec![Arc::new(Slow(9)), careless, Arc::new(Slow(7))];
        assert_eq!(CompositeSink::new(sinks).flush_period(), Some(Duration::from_secs(7)));
    }

    #[test]
    fn what_no_sink_has_is_a_panic_of_the_composite() {
        let composite = CompositeSink::new(vec![Counting::new(LevelFilter::Off, true)]);
        let outcome = catch_unwind(AssertUnwindSafe(|| composite.on_stream(&stream())));
        assert!(outcome.is_err());
    }
}
