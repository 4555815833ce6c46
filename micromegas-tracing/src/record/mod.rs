//! How events lie in a buffer: whole 64-bit words, the first of which is the descriptor's address
//! with the kind of the record in its low four bits, the second the time.
//!
//! | buffer | tag | record | words after the head |
//! |---|---|---|---|
//! | spans | 0, 1 | begin, end of a thread's span | time |
//! | spans | 2, 3 | begin, end of a future's span | time, span id, parent id, depth |
//! | spans | +4 | the same with a name of its own, or with properties | …, extra |
//! | spans | 8 | trace context | time, span id, remote parent, 0, trace id in two words |
//! | metrics | 0, 1 | integer, float | time, value |
//! | metrics | +2 | the same with a name of its own, or with properties | time, value, extra |
//! | logs | 0 | constant text | time |
//! | logs | 1 | formatted text | time, length in bytes, text padded with zeros |
//! | logs | 2, 3 | constant text, template, with properties | time, extra |
//! | logs | 4 | formatted text with properties | time, extra |
//! | logs | 5 | entry of another library: in place of the address its level, 16 times | time, extra |
//!
//! An extra is made of five words and bytes padded with zeros: the addresses of two property sets,
//! or 0; the lengths of name (low half) and unit; the length of the pairs; the length of all that
//! follows: name, unit, pairs, text.
//!
//! This form never leaves the process.

mod extra;
mod logs;
mod metrics;
mod spans;
mod words;

pub(crate) use extra::{EXTRA_WORDS, Extra, ExtraHead, PackedExtra};
pub(crate) use logs::{
    CONSTANT_TEXT, FORMATTED_TEXT, LogForm, LogRecord, TAGGED_CONSTANT, TAGGED_TEMPLATE,
    TAGGED_TEXT, TAGGED_TEXT_HEAD_WORDS, TEXT_HEAD_WORDS, foreign_head,
};
pub(crate) use metrics::{FLOAT_METRIC, INTEGER_METRIC, METRIC_EXTRA, MetricRecord, MetricValue};
pub(crate) use spans::{
    BEGIN_ASYNC_SPAN, BEGIN_SPAN, END_ASYNC_SPAN, END_SPAN, FutureSpan, SPAN_EXTRA, SpanRecord,
    TRACE_CONTEXT, events_lost_with, is_async_span,
};
pub(crate) use words::{Record, Records, head};
