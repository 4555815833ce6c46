//! Everything in memory, for tests of instrumented programs.

use micromegas_tracing::{EventBlock, EventSink, LevelFilter, LogEntry};
use micromegas_transit::{
    Limits, OpenBlock, Payload, ProcessInfo, Scope, StreamInfo, StreamPlan, compress_frame,
};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Keeps all it is given, so that a test can look at what a program recorded.
///
/// ```no_run
/// use micromegas_telemetry_sink::MemorySink;
/// use micromegas_tracing::prelude::*;
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let sink = Arc::new(MemorySink::default());
/// let guard = micromegas_tracing::init(Default::default(), sink.clone())?;
/// info!("{} bottles", 99);
/// guard.flush(Duration::from_secs(5));
/// assert_eq!(sink.recorded()?.logs[0].message, "99 bottles");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemorySink {
    shown_level: LevelFilter,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    processes: Vec<Arc<ProcessInfo>>,
    blocks: Vec<(Arc<StreamInfo>, EventBlock)>,
    shown: Vec<String>,
}

/// What a [`MemorySink`] was given, decoded.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Log entries in the order of their stream.
    pub logs: Vec<RecordedLog>,
    /// Metric samples in the order of their stream.
    pub metrics: Vec<RecordedMetric>,
    /// Begins and ends of threads' spans, stream by stream as the blocks came.
    pub thread_spans: Vec<RecordedSpan>,
    /// Begins and ends of futures' spans, as the blocks came.
    pub async_spans: Vec<RecordedAsyncSpan>,
    /// Events that blocks declare as lost before them.
    pub skipped_events: u64,
}

/// A log entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedLog {
    /// Absolute ticks.
    pub ticks: i64,
    /// The level's number.
    pub level: i32,
    /// What it is about.
    pub target: String,
    /// Its text.
    pub message: String,
    /// Its properties, sorted by name.
    pub properties: Vec<(String, String)>,
}

/// A sample of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedMetric {
    /// Absolute ticks.
    pub ticks: i64,
    /// The metric's name.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The value; integers are converted.
    pub value: f64,
    /// What it is about.
    pub target: String,
    /// Its properties, sorted by name.
    pub properties: Vec<(String, String)>,
}

/// The begin or end of a thread's span.
#[derive(Clone, Debug)]
pub struct RecordedSpan {
    /// The thread's stream.
    pub stream: Arc<StreamInfo>,
    /// Absolute ticks.
    pub ticks: i64,
    /// The span's name.
    pub name: String,
    /// What it is about.
    pub target: String,
    /// False for the end.
    pub is_begin: bool,
    /// The properties, sorted by name; ends have them.
    pub properties: Vec<(String, String)>,
}

/// The begin or end of a future's span.
#[derive(Clone, Debug)]
pub struct RecordedAsyncSpan {
    /// The stream of the thread it was recorded on.
    pub stream: Arc<StreamInfo>,
    /// Absolute ticks.
    pub ticks: i64,
    /// The span's name.
    pub name: String,
    /// False for the end.
    pub is_begin: bool,
    /// Identity of the span.
    pub span_id: u64,
    /// Identity of the span around it; 0 for none.
    pub parent_span_id: u64,
    /// Number of spans around it.
    pub depth: u32,
    /// The properties, sorted by name; ends have them.
    pub properties: Vec<(String, String)>,
}

impl MemorySink {
    /// A sink that also keeps the text of the entries that sinks are shown at once, up to `level`.
    pub fn with_shown_level(level: LevelFilter) -> Self {
        Self { shown_level: level, ..Self::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The processes it was told about.
    pub fn processes(&self) -> Vec<Arc<ProcessInfo>> {
        self.lock().processes.clone()
    }

    /// The blocks, in the order in which they came.
    pub fn blocks(&self) -> Vec<(Arc<StreamInfo>, EventBlock)> {
        self.lock().blocks.clone()
    }

    /// The messages of the entries that were shown at once.
    pub fn shown(&self) -> Vec<String> {
        self.lock().shown.clone()
    }

    /// Decodes all blocks.
    ///
    /// # Errors
    /// If a block cannot be read, which would be an error of the recording side.
    pub fn recorded(&self) -> Result<Recorded, micromegas_transit::Error> {
        let mut recorded = Recorded::default();
        let limits = Limits::default();
        for (stream, block) in self.blocks() {
            let payload = Payload {
                dependencies: compress_frame(&block.dependencies).into(),
                objects: compress_frame(&block.objects).into(),
            };
            let plan = StreamPlan::compile(&stream.layout, &limits)?;
            let open = plan.open(&payload, &limits)?;
            recorded.skipped_events += block.skipped_events;
            recorded.add(&stream, &open);
        }
        Ok(recorded)
    }
}

impl EventSink for MemorySink {
    fn on_process(&self, process: &Arc<ProcessInfo>) {
        self.lock().processes.push(Arc::clone(process));
    }

    fn on_stream(&self, _: &Arc<StreamInfo>) {}

    fn on_block(&self, stream: &Arc<StreamInfo>, block: EventBlock) {
        self.lock().blocks.push((Arc::clone(stream), block));
    }

    fn log_level(&self) -> LevelFilter {
        self.shown_level
    }

    fn on_log(&self, entry: &LogEntry<'_>) {
        self.lock().shown.push(entry.message().to_owned());
    }
}

impl Recorded {
    fn add(&mut self, stream: &Arc<StreamInfo>, block: &OpenBlock<'_>) {
        let text = |index: i32| {
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            block.strings().get(index).unwrap_or_default().to_owned()
        };
        let properties = |indices: &[i32], row: usize| {
            let index = indices.get(row).and_then(|index| usize::try_from(*index).ok());
            let pairs = index.and_then(|index| block.property_sets().get(index));
            let pairs = pairs.unwrap_or_default().iter();
            let mut pairs: Vec<_> =
                pairs.map(|(name, value)| (text(*name), text(*value))).collect();
            pairs.sort();
            pairs
        };
        let logs = block.logs().columns;
        self.logs.extend((0..logs.ticks.len()).map(|row| RecordedLog {
            ticks: logs.ticks[row],
            level: logs.level[row],
            target: text(logs.target[row]),
            message: logs.message.get(row).unwrap_or_default().to_owned(),
            properties: properties(&logs.properties, row),
        }));
        let metrics = block.metrics().columns;
        self.metrics.extend((0..metrics.ticks.len()).map(|row| RecordedMetric {
            ticks: metrics.ticks[row],
            name: text(metrics.name[row]),
            unit: text(metrics.unit[row]),
            value: metrics.value[row],
            target: text(metrics.target[row]),
            properties: properties(&metrics.properties, row),
        }));
        let spans = block.thread_spans().columns;
        let scope_text = |scopes: &[Scope], scope: i32, part: fn(&Scope) -> i32| {
            let scope = usize::try_from(scope).ok().and_then(|scope| scopes.get(scope));
            scope.map_or_else(String::new, |scope| text(part(scope)))
        };
        self.thread_spans.extend((0..spans.ticks.len()).map(|row| RecordedSpan {
            stream: Arc::clone(stream),
            ticks: spans.ticks[row],
            name: scope_text(&spans.scopes, spans.scope[row], |scope| scope.name),
            target: scope_text(&spans.scopes, spans.scope[row], |scope| scope.target),
            is_begin: spans.is_begin[row],
            properties: properties(&spans.properties, row),
        }));
        let spans = block.async_spans().columns;
        self.async_spans.extend((0..spans.ticks.len()).map(|row| RecordedAsyncSpan {
            stream: Arc::clone(stream),
            ticks: spans.ticks[row],
            name: scope_text(&spans.scopes, spans.scope[row], |scope| scope.name),
            is_begin: spans.is_begin[row],
            span_id: spans.span_id[row],
            parent_span_id: spans.parent_span_id[row],
            depth: spans.depth[row],
            properties: properties(&spans.properties, row),
        }));
    }
}
