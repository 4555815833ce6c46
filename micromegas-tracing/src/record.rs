//! How events lie in a buffer: whole 64-bit words, the first of which is the descriptor's address
//! with the kind of the record in its low four bits, the second the time.
//!
//! | buffer | tag | record | words after the head |
//! |---|---|---|---|
//! | spans | 0, 1 | begin, end of a thread's span | time |
//! | spans | 2, 3 | begin, end of a future's span | time, span id, parent id, depth |
//! | metrics | 0, 1 | integer, float | time, value |
//! | logs | 0 | constant text | time |
//! | logs | 1 | formatted text | time, length in bytes, text padded with zeros |
//!
//! This form never leaves the process.
#![expect(
    unsafe_code,
    reason = "addresses of descriptors become references again when records are read"
)]

use crate::buffer::Kind;
use crate::metadata::{LogMetadata, MetricMetadata, SpanMetadata};
use std::marker::PhantomData;

pub(crate) const BEGIN_SPAN: usize = 0;
pub(crate) const END_SPAN: usize = 1;
pub(crate) const BEGIN_ASYNC_SPAN: usize = 2;
pub(crate) const END_ASYNC_SPAN: usize = 3;
pub(crate) const INTEGER_METRIC: usize = 0;
pub(crate) const FLOAT_METRIC: usize = 1;
pub(crate) const CONSTANT_TEXT: usize = 0;
pub(crate) const FORMATTED_TEXT: usize = 1;

const TAG_MASK: u64 = 0xf;

/// Words before the text of a log entry.
pub(crate) const TEXT_HEAD_WORDS: usize = 3;

/// The first word of a record.
#[inline(always)]
pub(crate) fn head<Metadata>(metadata: &'static Metadata, tag: usize) -> u64 {
    const { assert!(align_of::<Metadata>() > TAG_MASK as usize) };
    (std::ptr::from_ref(metadata).expose_provenance() + tag) as u64
}

/// Whether a record with this first word is about the span of a future.
pub(crate) fn is_async_span(kind: Kind, head: u64) -> bool {
    kind == Kind::Spans && (head & TAG_MASK) as usize >= BEGIN_ASYNC_SPAN
}

/// An event of a span buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SpanRecord {
    pub(crate) metadata: &'static SpanMetadata,
    pub(crate) time: i64,
    pub(crate) is_begin: bool,
    /// Present for the span of a future.
    pub(crate) future: Option<FutureSpan>,
}

/// What the events of a future's span say beyond those of a thread's span.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FutureSpan {
    pub(crate) span_id: u64,
    pub(crate) parent_span_id: u64,
    pub(crate) depth: u32,
}

/// An event of a metric buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MetricRecord {
    pub(crate) metadata: &'static MetricMetadata,
    pub(crate) time: i64,
    pub(crate) value: MetricValue,
}

/// The value of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum MetricValue {
    Integer(u64),
    Float(f64),
}

/// An event of a log buffer; the text, if formatted, is still in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRecord<'a> {
    pub(crate) metadata: &'static LogMetadata,
    pub(crate) time: i64,
    pub(crate) text: Option<WordText<'a>>,
}

/// Text as it lies in words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WordText<'a> {
    words: &'a [u64],
    bytes: usize,
}

impl WordText<'_> {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        let bytes = self.bytes.min(size_of_val(self.words));
        // SAFETY: the words are initialised memory of at least `bytes` bytes, bytes have no
        // alignment, and the result borrows what the words borrow.
        unsafe { std::slice::from_raw_parts(self.words.as_ptr().cast::<u8>(), bytes) }
    }
}

/// What one kind of buffer holds.
pub(crate) trait Record<'a>: Copy {
    /// The kind of buffer.
    const KIND: Kind;

    /// When it happened.
    fn time(&self) -> i64;

    /// Reads the first record and moves `words` behind it.
    ///
    /// # Safety
    /// The words are whole records, written by this crate's recording functions for a buffer of
    /// this kind.
    unsafe fn read(words: &mut &'a [u64]) -> Option<Self>;
}

impl<'a> Record<'a> for SpanRecord {
    const KIND: Kind = Kind::Spans;

    fn time(&self) -> i64 {
        self.time
    }

    unsafe fn read(words: &mut &'a [u64]) -> Option<Self> {
        let [head, time] = take(words)?;
        let tag = (head & TAG_MASK) as usize;
        let future = if tag >= BEGIN_ASYNC_SPAN {
            let [span_id, parent_span_id, depth] = take(words)?;
            Some(FutureSpan { span_id, parent_span_id, depth: depth as u32 })
        } else {
            None
        };
        Some(Self {
            // SAFETY: by the contract of `read`, the head is that of a span's descriptor.
            metadata: unsafe { descriptor(head) },
            time: time as i64,
            is_begin: tag == BEGIN_SPAN || tag == BEGIN_ASYNC_SPAN,
            future,
        })
    }
}

impl<'a> Record<'a> for MetricRecord {
    const KIND: Kind = Kind::Metrics;

    fn time(&self) -> i64 {
        self.time
    }

    unsafe fn read(words: &mut &'a [u64]) -> Option<Self> {
        let [head, time, value] = take(words)?;
        Some(Self {
            // SAFETY: by the contract of `read`, the head is that of a metric's descriptor.
            metadata: unsafe { descriptor(head) },
            time: time as i64,
            value: if (head & TAG_MASK) as usize == FLOAT_METRIC {
                MetricValue::Float(f64::from_bits(value))
            } else {
                MetricValue::Integer(value)
            },
        })
    }
}

impl<'a> Record<'a> for LogRecord<'a> {
    const KIND: Kind = Kind::Logs;

    fn time(&self) -> i64 {
        self.time
    }

    unsafe fn read(words: &mut &'a [u64]) -> Option<Self> {
        let [head, time] = take(words)?;
        let text = if (head & TAG_MASK) as usize == FORMATTED_TEXT {
            let [bytes] = take(words)?;
            let bytes = bytes as usize;
            let (text, rest) = words.split_at_checked(bytes.div_ceil(size_of::<u64>()))?;
            *words = rest;
            Some(WordText { words: text, bytes })
        } else {
            None
        };
        // SAFETY: by the contract of `read`, the head is that of a log descriptor.
        let metadata = unsafe { descriptor(head) };
        Some(Self { metadata, time: time as i64, text })
    }
}

fn take<const N: usize>(words: &mut &[u64]) -> Option<[u64; N]> {
    let (first, rest) = words.split_first_chunk::<N>()?;
    *words = rest;
    Some(*first)
}

/// Whole records of one kind, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Records<'a, R> {
    words: &'a [u64],
    record: PhantomData<R>,
}

impl<'a, R: Record<'a>> Records<'a, R> {
    /// The records in `words`.
    ///
    /// # Safety
    /// As for [`Record::read`].
    pub(crate) unsafe fn new(words: &'a [u64]) -> Self {
        Self { words, record: PhantomData }
    }
}

impl<'a, R: Record<'a>> Iterator for Records<'a, R> {
    type Item = R;

    fn next(&mut self) -> Option<R> {
        // SAFETY: by the contract of `new`, the words are whole records of this kind.
        unsafe { R::read(&mut self.words) }
    }
}

/// # Safety
/// `word` was made by [`head`] of a descriptor of this type.
unsafe fn descriptor<Metadata>(word: u64) -> &'static Metadata {
    let address = std::ptr::with_exposed_provenance::<Metadata>((word & !TAG_MASK) as usize);
    // SAFETY: `head` took the address of a static descriptor of this type and exposed it.
    unsafe { &*address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::Level;
    use crate::metadata::CallSite;

    const SITE: CallSite = CallSite { target: "t", module_path: "m", file: "f", line: 1 };

    #[test]
    fn records_read_back_as_written() {
        static SPAN: SpanMetadata = SpanMetadata::new("span", SITE);
        let words = [
            head(&SPAN, BEGIN_SPAN),
            10,
            head(&SPAN, END_ASYNC_SPAN),
            20,
            7,
            6,
            2,
            head(&SPAN, END_SPAN),
            30,
        ];
        // SAFETY: three span records, as written above.
        let mut records = unsafe { Records::<SpanRecord>::new(&words) };
        let begin = records.next().expect("a begin");
        assert!(std::ptr::eq(begin.metadata, &SPAN));
        assert!(begin.is_begin && begin.time == 10 && begin.future.is_none());
        let end = records.next().expect("an end");
        assert!(!end.is_begin);
        assert_eq!(end.future, Some(FutureSpan { span_id: 7, parent_span_id: 6, depth: 2 }));
        assert_eq!(records.next().expect("an end").time, 30);
        assert!(records.next().is_none());
    }

    #[test]
    fn text_keeps_its_length() {
        static LOG: LogMetadata = LogMetadata::new(Level::Info, "{}", SITE);
        let words = [
            head(&LOG, FORMATTED_TEXT),
            1,
            9,
            u64::from_ne_bytes(*b"nine byt"),
            u64::from_ne_bytes(*b"e\0\0\0\0\0\0\0"),
            head(&LOG, CONSTANT_TEXT),
            2,
        ];
        // SAFETY: two log records, as written above.
        let mut records = unsafe { Records::<LogRecord<'_>>::new(&words) };
        let text = records.next().and_then(|record| record.text).expect("a text");
        assert_eq!(text.as_bytes(), b"nine byte");
        assert!(records.next().expect("an entry").text.is_none());
        assert!(records.next().is_none());
    }
}
