//! The sink that all tests share.

use micromegas_telemetry_sink::{
    MemorySink, Recorded, RecordedAsyncSpan, RecordedLog, RecordedMetric, RecordedSpan,
};
use micromegas_tracing::{Config, EventBlock, Guard, LevelFilter};
use micromegas_transit::types::thread;
use micromegas_transit::{
    ColumnValues, Limits, OpenBlock, Payload, StreamInfo, StreamPlan, compress_frame,
};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

static SINK: LazyLock<(Arc<MemorySink>, Mutex<Guard>)> = LazyLock::new(|| {
    let sink = Arc::new(MemorySink::with_shown_level(LevelFilter::Debug));
    let config = Config::default()
        .with_max_level(LevelFilter::Trace)
        .with_flush_period(Duration::from_secs(3600));
    let guard = micromegas_tracing::init(config, Arc::<MemorySink>::clone(&sink));
    (sink, Mutex::new(guard.expect("the first dispatch")))
});

/// Starts recording, if no test has yet.
pub(crate) fn start() {
    LazyLock::force(&SINK);
}

/// All that was recorded so far, by this test and others.
pub(crate) fn recorded() -> Recorded {
    assert!(micromegas_tracing::flush(Duration::from_secs(30)));
    SINK.0.recorded().expect("blocks are whole")
}

/// The messages that were shown at once.
pub(crate) fn shown() -> Vec<String> {
    SINK.0.shown()
}

/// The entries of a target.
pub(crate) fn logs(target: &str) -> Vec<RecordedLog> {
    let mut logs = recorded().logs;
    logs.retain(|entry| entry.target == target);
    logs
}

/// The samples of a metric.
pub(crate) fn samples(name: &str) -> Vec<RecordedMetric> {
    let mut metrics = recorded().metrics;
    metrics.retain(|sample| sample.name == name);
    metrics
}

/// Begins and ends of threads' spans of a name.
pub(crate) fn spans(name: &str) -> Vec<RecordedSpan> {
    let mut spans = recorded().thread_spans;
    spans.retain(|event| event.name == name);
    spans
}

/// Begins and ends of futures' spans of a name.
pub(crate) fn async_spans(name: &str) -> Vec<RecordedAsyncSpan> {
    let mut spans = recorded().async_spans;
    spans.retain(|event| event.name == name);
    spans
}

/// Properties as they are recorded.
pub(crate) fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A trace context as it is recorded.
pub(crate) struct RecordedTrace {
    pub(crate) span_id: u64,
    pub(crate) trace_id: u128,
    pub(crate) remote_parent_span_id: u64,
}

/// All trace contexts that were recorded so far. They are no columns of a kind of their own.
pub(crate) fn recorded_traces() -> Vec<RecordedTrace> {
    let mut traces = Vec::new();
    opened("cpu", |_, _, open| {
        let columns = open.event_columns(thread::TRACE_CONTEXT_EVENT).columns;
        let word = |name: &str, row: usize| match &columns.get(name).expect("a member").values {
            ColumnValues::Unsigned(values) => values[row],
            other => panic!("{other:?}"),
        };
        traces.extend((0..columns.record.len()).map(|row| RecordedTrace {
            span_id: word("span_id", row),
            trace_id: u128::from(word("trace_id_high", row)) << 64
                | u128::from(word("trace_id_low", row)),
            remote_parent_span_id: word("remote_parent_span_id", row),
        }));
    });
    traces
}

/// Shows all blocks of a tag that were recorded so far, decoded.
pub(crate) fn opened(tag: &str, mut show: impl FnMut(&StreamInfo, &EventBlock, &OpenBlock<'_>)) {
    assert!(micromegas_tracing::flush(Duration::from_secs(30)));
    for (stream, block) in SINK.0.blocks() {
        if stream.tags != [tag] {
            continue;
        }
        let limits = Limits::default();
        let plan = StreamPlan::compile(&stream.layout, &limits).expect("a layout of ours");
        let payload = Payload {
            dependencies: compress_frame(&block.dependencies).into(),
            objects: compress_frame(&block.objects).into(),
        };
        let open = plan.open(&payload, &limits).expect("a block of ours");
        assert!(open.dependency_losses().is_empty());
        show(&stream, &block, &open);
    }
}
