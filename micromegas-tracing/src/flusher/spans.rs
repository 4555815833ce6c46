//! Spans: one stream a thread.

use crate::buffer::Kind;
use crate::flusher::block::BlockBuilder;
use crate::flusher::dependencies::Dependencies;
use crate::flusher::open_spans::OpenSpans;
use crate::flusher::streams::{Outlet, Stream};
use crate::flusher::{recovery, runs};
use crate::record::{Extra, FutureSpan, Record, Records, SpanRecord};
use crate::recording::{late, threads};
use micromegas_transit::RecordQueue;
use micromegas_transit::types::{
    BeginAsyncSpanEvent, BeginThreadSpanEvent, EndAsyncSpanEvent, EndThreadSpanEvent,
    TaggedEndAsyncSpanEvent, TaggedEndThreadSpanEvent, TraceContextEvent, thread,
};
use std::collections::{HashMap, VecDeque};

/// The streams of this many ended threads are kept.
const ENDED_THREADS_MAX: usize = 256;

/// The stream of a thread, and the spans that are open where it has come to.
#[derive(Debug)]
struct SpanStream {
    stream: Stream,
    open: OpenSpans,
}

impl SpanStream {
    fn new(stream: Stream) -> Self {
        Self { stream, open: OpenSpans::default() }
    }
}

/// The streams of the threads, by the threads' numbers.
#[derive(Debug, Default)]
pub(super) struct SpanStreams {
    streams: HashMap<u32, SpanStream>,
    /// The threads that ended last; the destructors of their thread-locals may still record.
    ended: VecDeque<u32>,
}

impl SpanStreams {
    /// Hands everything recorded so far to the sink.
    pub(super) fn flush(&mut self, outlet: &mut Outlet<'_>) {
        let process_id = outlet.process_id;
        // First what came last: when this was recorded, its threads' chains were complete.
        let late = late::take(Kind::Spans);
        for thread in threads::list() {
            for taken in threads::take(&thread, Kind::Spans) {
                let stream = self
                    .streams
                    .entry(thread.number)
                    .or_insert_with(|| SpanStream::new(Stream::of_thread(process_id, &thread)));
                if taken.skipped_events() > 0 {
                    stream.stream.skip(taken.skipped_events());
                    stream.open.lose_track();
                }
                deliver(runs::of_taken(&taken), stream, outlet);
            }
        }
        for run in late {
            let stream = self.streams.entry(run.thread_number).or_insert_with(|| {
                SpanStream::new(Stream::of_late_thread(process_id, run.thread_number))
            });
            deliver(runs::of_late(&run), stream, outlet);
        }
        self.ended.extend(threads::forget_finished());
        while self.ended.len() > ENDED_THREADS_MAX
            && let Some(number) = self.ended.pop_front()
        {
            self.streams.remove(&number);
        }
    }
}

fn deliver<'a>(
    records: Records<'a, SpanRecord<'a>>,
    stream: &mut SpanStream,
    outlet: &mut Outlet<'_>,
) {
    let lost = recovery::guarded(&[records], outlet, |outlet| {
        hand_over(records, stream, outlet);
    });
    if lost > 0 {
        stream.stream.skip(lost);
        stream.open.lose_track();
    }
}

fn hand_over<'a>(
    mut records: Records<'a, SpanRecord<'a>>,
    SpanStream { stream, open }: &mut SpanStream,
    outlet: &mut Outlet<'_>,
) {
    while !records.is_empty() {
        let mut block = BlockBuilder::begin(outlet.dependencies);
        block.carried_spans = open.carried(outlet.dependencies);
        let mut event_id = stream.next_event_id();
        while !block.is_full()
            && let Some(record) = records.next()
        {
            match record.extra {
                None => write_event(&mut block, outlet.dependencies, &record, None, open, event_id),
                Some(extra) => {
                    let extra = extra.read();
                    let extra = extra.as_ref();
                    write_event(&mut block, outlet.dependencies, &record, extra, open, event_id);
                }
            }
            event_id += 1;
        }
        outlet.deliver(stream, block);
    }
}

/// Adds an event to the block, and keeps track of what is open. Most events have no extra, and so
/// none is made for them.
#[inline(always)]
fn write_event(
    block: &mut BlockBuilder,
    dependencies: &mut Dependencies,
    record: &SpanRecord<'_>,
    extra: Option<&Extra<'_>>,
    open: &mut OpenSpans,
    event_id: i64,
) {
    let SpanRecord { metadata, time, is_begin, .. } = *record;
    block.note_time(time);
    record.note(&mut block.counts);
    let name = extra.map_or("", |extra| extra.name);
    open.note(event_id, record, name);
    let id = dependencies.named_span(metadata, name);
    let properties = extra
        .filter(|extra| !extra.tags.is_empty())
        .map(|extra| dependencies.property_set(thread::PROPERTY_SET, &extra.tags));
    let objects = &mut block.objects;
    match (record.future, record.trace_id) {
        (None, _) => {
            write_thread_span(objects, id, time, is_begin, properties);
        }
        (Some(span), None) => {
            write_async_span(objects, id, time, is_begin, &span, properties);
        }
        (Some(span), Some([trace_id_high, trace_id_low])) => {
            let (span_id, remote_parent_span_id) = (span.span_id, span.parent_span_id);
            let event = TraceContextEvent {
                span_id,
                trace_id_high,
                trace_id_low,
                remote_parent_span_id,
                time,
            };
            objects.push(thread::TRACE_CONTEXT_EVENT, &event);
        }
    }
}

#[inline(always)]
fn write_thread_span(
    objects: &mut RecordQueue,
    thread_span_desc: u64,
    time: i64,
    is_begin: bool,
    properties: Option<u64>,
) {
    match properties {
        _ if is_begin => {
            let event = BeginThreadSpanEvent { thread_span_desc, time };
            objects.push(thread::BEGIN_THREAD_SPAN_EVENT, &event);
        }
        None => {
            let event = EndThreadSpanEvent { thread_span_desc, time };
            objects.push(thread::END_THREAD_SPAN_EVENT, &event);
        }
        Some(properties) => {
            let event = TaggedEndThreadSpanEvent { thread_span_desc, properties, time };
            objects.push(thread::TAGGED_END_THREAD_SPAN_EVENT, &event);
        }
    }
}

fn write_async_span(
    objects: &mut RecordQueue,
    span_desc: u64,
    time: i64,
    is_begin: bool,
    span: &FutureSpan,
    properties: Option<u64>,
) {
    let FutureSpan { span_id, parent_span_id, depth } = *span;
    let reserved = 0;
    match properties {
        _ if is_begin => {
            let event =
                BeginAsyncSpanEvent { span_desc, span_id, parent_span_id, time, depth, reserved };
            objects.push(thread::BEGIN_ASYNC_SPAN_EVENT, &event);
        }
        None => {
            let event =
                EndAsyncSpanEvent { span_desc, span_id, parent_span_id, time, depth, reserved };
            objects.push(thread::END_ASYNC_SPAN_EVENT, &event);
        }
        Some(properties) => {
            let event = TaggedEndAsyncSpanEvent {
                span_desc,
                properties,
                span_id,
                parent_span_id,
                time,
                depth,
                reserved,
            };
            objects.push(thread::TAGGED_END_ASYNC_SPAN_EVENT, &event);
        }
    }
}
