//! Records of a span buffer.
#![expect(unsafe_code, reason = "words are read as the records they are")]

use crate::buffer::Kind;
use crate::metadata::SpanMetadata;
use crate::record::extra::PackedExtra;
use crate::record::words::{Record, descriptor, tag_of, take};
use crate::stats::Counts;

pub(crate) const BEGIN_SPAN: usize = 0;
pub(crate) const END_SPAN: usize = 1;
pub(crate) const BEGIN_ASYNC_SPAN: usize = 2;
pub(crate) const END_ASYNC_SPAN: usize = 3;
/// Added to a tag: an extra follows.
pub(crate) const SPAN_EXTRA: usize = 4;
pub(crate) const TRACE_CONTEXT: usize = 8;

const END_BIT: usize = 1;
const ASYNC_BIT: usize = 2;

/// Whether a record with this first word is about the span of a future.
pub(crate) fn is_async_span(kind: Kind, head: u64) -> bool {
    let tag = tag_of(head);
    kind == Kind::Spans && (tag & ASYNC_BIT != 0 || tag == TRACE_CONTEXT)
}

/// How many events are lost with a record with this first word: the begin of a span takes its end
/// with it, which is not recorded then.
pub(crate) fn events_lost_with(kind: Kind, head: u64) -> u64 {
    let tag = tag_of(head);
    let is_begin = kind == Kind::Spans && tag & END_BIT == 0 && tag != TRACE_CONTEXT;
    if is_begin { 2 } else { 1 }
}

/// An event of a span buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanRecord<'a> {
    pub(crate) metadata: &'static SpanMetadata,
    pub(crate) time: i64,
    pub(crate) is_begin: bool,
    /// Present for the span of a future.
    pub(crate) future: Option<FutureSpan>,
    /// Present for spans with names of their own, and for ends with properties.
    pub(crate) extra: Option<PackedExtra<'a>>,
    /// The trace's id, in a record that tells the trace context of the future's span: then the
    /// parent is one in another process.
    pub(crate) trace_id: Option<[u64; 2]>,
}

/// What the events of a future's span say beyond those of a thread's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FutureSpan {
    pub(crate) span_id: u64,
    pub(crate) parent_span_id: u64,
    pub(crate) depth: u32,
}

impl<'a> Record<'a> for SpanRecord<'a> {
    const KIND: Kind = Kind::Spans;

    fn time(&self) -> i64 {
        self.time
    }

    #[inline(always)]
    fn note(&self, counts: &mut Counts) {
        if self.future.is_some() {
            counts.async_span_events += 1;
        } else {
            counts.thread_span_events += 1;
        }
    }

    // Inlined, so that the flusher's loop keeps a record in registers.
    #[inline(always)]
    unsafe fn read(words: &mut &'a [u64]) -> Option<Self> {
        let [head, time] = take(words)?;
        let tag = tag_of(head);
        let has_trace = tag == TRACE_CONTEXT;
        let future = if has_trace || tag & ASYNC_BIT != 0 {
            let [span_id, parent_span_id, depth] = take(words)?;
            Some(FutureSpan { span_id, parent_span_id, depth: depth as u32 })
        } else {
            None
        };
        let trace_id = if has_trace { Some(take(words)?) } else { None };
        let extra = if tag & SPAN_EXTRA != 0 {
            // SAFETY: by the contract of `read`, an extra follows a head with this tag.
            Some(unsafe { PackedExtra::take(words) }?)
        } else {
            None
        };
        // SAFETY: by the contract of `read`, the head is that of a span's descriptor.
        let metadata = unsafe { descriptor(head) };
        let is_begin = tag & END_BIT == 0;
        Some(Self { metadata, time: time as i64, is_begin, future, extra, trace_id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::CallSite;
    use crate::record::{ExtraHead, Records, head};

    const SITE: CallSite = CallSite { target: "t", module_path: "m", file: "f", line: 1 };

    #[test]
    fn records_read_back_as_written() {
        static SPAN: SpanMetadata = SpanMetadata::new("span", SITE);
        let mut words = vec![head(&SPAN, BEGIN_SPAN), 10, head(&SPAN, END_ASYNC_SPAN), 20, 7, 6, 2];
        words.extend([head(&SPAN, BEGIN_SPAN + SPAN_EXTRA), 25]);
        words.extend(ExtraHead { name: "own", ..ExtraHead::default() }.words(0));
        words.push(u64::from_ne_bytes(*b"own\0\0\0\0\0"));
        words.extend([head(&SPAN, TRACE_CONTEXT), 27, 7, 9, 0, 1, 2]);
        words.extend([head(&SPAN, END_SPAN), 30]);
        // SAFETY: five span records, as written above.
        let mut records = unsafe { Records::<SpanRecord<'_>>::new(&words) };
        let begin = records.next().expect("a begin");
        assert!(std::ptr::eq(begin.metadata, &SPAN));
        assert!(begin.is_begin && begin.time == 10 && begin.future.is_none());
        let end = records.next().expect("an end");
        assert!(!end.is_begin);
        assert_eq!(end.future, Some(FutureSpan { span_id: 7, parent_span_id: 6, depth: 2 }));
        let named = records.next().expect("a begin");
        assert!(named.is_begin && named.future.is_none());
        assert_eq!(named.extra.and_then(|extra| extra.read()).map(|extra| extra.name), Some("own"));
        let trace = records.next().expect("a trace context");
        assert_eq!(trace.trace_id, Some([1, 2]));
        assert_eq!(records.next().expect("an end").time, 30);
        assert!(records.next().is_none());
    }
}
