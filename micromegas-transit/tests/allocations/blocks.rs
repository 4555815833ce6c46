//! Blocks of each kind of event, and readers of them.

use micromegas_transit::planar::{Codec, Encoder};
use micromegas_transit::types::{
    BeginAsyncSpanEvent, BeginThreadSpanEvent, EndThreadSpanEvent, FloatMetricEvent,
    IntegerMetricEvent, LogMetadataRecord, LogStaticStrEvent, LogStringEventV2,
    MetricMetadataDependency, PropertySetDependency, SpanRecord, StaticStringDependency, log,
    log_stream_layout, metric_stream_layout, metrics, thread, thread_stream_layout,
};
use micromegas_transit::{
    AsyncSpanColumns, Limits, LogColumns, MetricColumns, OpenBlock, Payload, RecordQueue, Reflect,
    ReflectDynamic, SpanColumns, StreamLayout, StreamPlan, TextColumn, compress_frame,
};

/// What a block consists of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    ConstantLogs,
    Logs,
    Metrics,
    ThreadSpans,
    TaggedEnds,
    AsyncSpans,
}

/// The end of a span, with properties.
#[repr(C)]
#[derive(Reflect)]
struct TaggedEndThreadSpanEvent {
    #[reflect(reference)]
    thread_span_desc: u64,
    #[reflect(reference)]
    properties: u64,
    time: i64,
}

/// How the records of events are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    Plain,
    Planar(Codec),
}

impl Encoding {
    /// Those that this build reads.
    pub(crate) fn all() -> Vec<Self> {
        let codecs = [Codec::Lz4, Codec::Zstd].into_iter().filter(|codec| codec.is_available());
        std::iter::once(Self::Plain).chain(codecs.map(Self::Planar)).collect()
    }

    fn encode(self, layout: &StreamLayout, records: &[u8]) -> Vec<u8> {
        match self {
            Self::Plain => compress_frame(records),
            Self::Planar(codec) => {
                Encoder::new(&layout.objects, codec).unwrap().encode(records, None)
            }
        }
    }
}

/// A block with its stream's layout.
pub(crate) struct TestBlock {
    pub(crate) layout: StreamLayout,
    pub(crate) payload: Payload,
    /// Of both buffers.
    pub(crate) decompressed_bytes: usize,
}

const TEXT: u64 = 1;
const DESCRIPTOR: u64 = 2;
const PROPERTIES: u64 = 3;

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::ConstantLogs,
        Self::Logs,
        Self::Metrics,
        Self::ThreadSpans,
        Self::TaggedEnds,
        Self::AsyncSpans,
    ];

    /// Decodes a block of `count` records into columns and tells their size in bytes.
    pub(crate) fn decode(self, block: &OpenBlock<'_>, count: usize) -> usize {
        let (rows, bytes) = match self {
            Self::ConstantLogs | Self::Logs => {
                let logs = block.logs().columns;
                (logs.ticks.len(), log_bytes(&logs))
            }
            Self::Metrics => {
                let rows = block.metrics().columns.ticks.len();
                (rows, rows * (4 + 8 + 3 * 4 + 8 + 8 + 1 + 4))
            }
            Self::ThreadSpans => {
                let rows = block.thread_spans().columns.ticks.len();
                (rows, rows * (4 + 8 + 1 + 4))
            }
            Self::TaggedEnds => {
                let rows = block.thread_spans().columns.properties.len();
                (rows, rows * (4 + 8 + 1 + 4 + 4))
            }
            Self::AsyncSpans => {
                let rows = block.async_spans().columns.ticks.len();
                (rows, rows * (4 + 8 + 1 + 4 + 8 + 8 + 4))
            }
        };
        assert_eq!(rows, count);
        bytes
    }

    /// A reader of many blocks.
    pub(crate) fn reader(self) -> Reader {
        Reader { kind: self, buffer: Vec::new(), columns: Columns::default() }
    }
}

fn log_bytes(logs: &LogColumns) -> usize {
    let TextColumn { offsets, bytes } = &logs.message;
    logs.ticks.len() * (4 + 8 + 4 + 4 + 4) + offsets.len() * 4 + bytes.len()
}

/// Reads one block after the other into the same memory.
pub(crate) struct Reader {
    kind: Kind,
    buffer: Vec<u8>,
    columns: Columns,
}

#[derive(Default)]
struct Columns {
    logs: LogColumns,
    metrics: MetricColumns,
    thread_spans: SpanColumns,
    async_spans: AsyncSpanColumns,
}

impl Reader {
    pub(crate) fn read(&mut self, plan: &StreamPlan, payload: &Payload, limits: &Limits) {
        let buffer = std::mem::take(&mut self.buffer);
        let block = plan.open_in(payload, limits, buffer).unwrap();
        let Columns { logs, metrics, thread_spans, async_spans } = &mut self.columns;
        match self.kind {
            Kind::ConstantLogs | Kind::Logs => {
                *logs = block.logs_in(std::mem::take(logs)).columns;
            }
            Kind::Metrics => *metrics = block.metrics_in(std::mem::take(metrics)).columns,
            Kind::ThreadSpans | Kind::TaggedEnds => {
                *thread_spans = block.thread_spans_in(std::mem::take(thread_spans)).columns;
            }
            Kind::AsyncSpans => {
                *async_spans = block.async_spans_in(std::mem::take(async_spans)).columns;
            }
        }
        self.buffer = block.into_buffer();
    }
}

/// A block of `count` records of one kind, with one string and one descriptor.
pub(crate) fn block(kind: Kind, encoding: Encoding, count: usize) -> TestBlock {
    let (layout, dependencies) = stream(kind);
    let mut objects = RecordQueue::new();
    for index in 0..count {
        let time = 1_000 + 7 * index as i64;
        push(kind, &mut objects, index, time);
    }
    let (dependencies, objects) = (dependencies.as_bytes(), objects.as_bytes());
    let payload = Payload {
        dependencies: compress_frame(dependencies).into(),
        objects: encoding.encode(&layout, objects).into(),
    };
    TestBlock { layout, payload, decompressed_bytes: dependencies.len() + objects.len() }
}

fn stream(kind: Kind) -> (StreamLayout, RecordQueue) {
    let mut queue = RecordQueue::new();
    let (text, file, target) = (TEXT, TEXT, TEXT);
    // The type index is 0 in all streams.
    queue.push_dynamic(0, |out| {
        StaticStringDependency { id: text, text: "a text of some length" }.write_to(out);
    });
    let (id, line) = (DESCRIPTOR, 10);
    let layout = match kind {
        Kind::ConstantLogs | Kind::Logs => {
            let site = LogMetadataRecord { id, fmt_str: text, target, file, line, level: 4 };
            queue.push(log::LOG_METADATA, &site);
            log_stream_layout()
        }
        Kind::Metrics => {
            let (name, unit) = (text, text);
            let metric = MetricMetadataDependency { id, name, unit, target, file, line, lod: 2 };
            queue.push(metrics::METRIC_METADATA, &metric);
            metric_stream_layout()
        }
        Kind::ThreadSpans | Kind::TaggedEnds | Kind::AsyncSpans => {
            let span = SpanRecord { id, name: text, target, file, line, lod: 2 };
            queue.push(thread::SPAN, &span);
            queue.push_dynamic(thread::PROPERTY_SET, |out| {
                PropertySetDependency { id: PROPERTIES, properties: &[] }.write_to(out);
            });
            let mut layout = thread_stream_layout();
            layout.objects.push(TaggedEndThreadSpanEvent::layout());
            layout
        }
    };
    (layout, queue)
}

fn push(kind: Kind, queue: &mut RecordQueue, index: usize, time: i64) {
    let desc = DESCRIPTOR;
    let is_even = index.is_multiple_of(2);
    match kind {
        Kind::ConstantLogs => {
            queue.push(log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc, time });
        }
        Kind::Logs if is_even => {
            queue.push(log::LOG_STATIC_STR_EVENT, &LogStaticStrEvent { desc, time });
        }
        Kind::Logs => queue.push_dynamic(log::LOG_STRING_EVENT, |out| {
            let message = &format!("message {index}");
            LogStringEventV2 { desc, time, message }.write_to(out);
        }),
        Kind::Metrics if is_even => {
            let event = IntegerMetricEvent { desc, value: index as u64, time };
            queue.push(metrics::INTEGER_METRIC_EVENT, &event);
        }
        Kind::Metrics => {
            let event = FloatMetricEvent { desc, value: 0.5, time };
            queue.push(metrics::FLOAT_METRIC_EVENT, &event);
        }
        Kind::ThreadSpans if is_even => {
            let event = BeginThreadSpanEvent { thread_span_desc: desc, time };
            queue.push(thread::BEGIN_THREAD_SPAN_EVENT, &event);
        }
        Kind::ThreadSpans => {
            let event = EndThreadSpanEvent { thread_span_desc: desc, time };
            queue.push(thread::END_THREAD_SPAN_EVENT, &event);
        }
        Kind::TaggedEnds => {
            let (thread_span_desc, properties) = (desc, PROPERTIES);
            let event = TaggedEndThreadSpanEvent { thread_span_desc, properties, time };
            queue.push(thread::END_ASYNC_SPAN_EVENT + 1, &event);
        }
        Kind::AsyncSpans => {
            let span_id = index as u64 + 1;
            let event = BeginAsyncSpanEvent {
                span_desc: desc,
                span_id,
                parent_span_id: 0,
                time,
                depth: 0,
                reserved: 0,
            };
            queue.push(thread::BEGIN_ASYNC_SPAN_EVENT, &event);
        }
    }
}
