//! Traces that cross processes, as W3C trace context describes them: in and out.

use crate::buffer::Kind;
use crate::clock;
use crate::metadata::{CallSite, SpanMetadata};
use crate::record::{TRACE_CONTEXT, head};
use crate::recording::hot;
use crate::spans::context::{Entered, SpanContext, TraceOrigin, set_first_span_id};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::OnceLock;
use uuid::Uuid;

/// Ids of spans stay below this, so that they are exact also as floating-point numbers.
const SPAN_ID_BITS: u32 = 52;

const SAMPLED: u8 = 1;

static PROCESS: OnceLock<Uuid> = OnceLock::new();

static HANDED_ON: SpanMetadata = SpanMetadata::new(
    "trace context",
    CallSite { target: module_path!(), module_path: module_path!(), file: file!(), line: line!() },
);

/// The place of a span in a trace: what one process tells the next (`traceparent` of W3C trace
/// context).
///
/// ```
/// use micromegas_tracing::TraceContext;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context: TraceContext = text.parse()?;
/// assert_eq!(context.trace_id(), 0x4bf92f3577b34da6a3ce929d0e0e4736);
/// assert_eq!(context.to_string(), text);
/// # Ok::<(), micromegas_tracing::ParseTraceContextError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceContext {
    trace_id: [u64; 2],
    span_id: u64,
    is_sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a traceparent: version, trace id, parent id and flags in lower-case hexadecimal digits, with dashes between them"
)]
pub struct ParseTraceContextError;

impl TraceContext {
    /// A context; none if one of the ids is zero, which stands for no trace and no span.
    pub fn new(trace_id: u128, span_id: u64, is_sampled: bool) -> Option<Self> {
        let words = [(trace_id >> 64) as u64, trace_id as u64];
        (trace_id != 0 && span_id != 0).then_some(Self { trace_id: words, span_id, is_sampled })
    }

    /// Identity of the trace, in all processes.
    pub fn trace_id(&self) -> u128 {
        u128::from(self.trace_id[0]) << 64 | u128::from(self.trace_id[1])
    }

    /// Identity of the span that hands the context on.
    pub fn span_id(&self) -> u64 {
        self.span_id
    }

    /// Whether the caller may have recorded the trace.
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    pub(crate) fn trace_id_words(&self) -> [u64; 2] {
        self.trace_id
    }

    /// Makes the spans that begin on this thread, while the guard lives, a part of the trace: for
    /// code that handles a call of another process without being a future.
    pub fn enter(self) -> EnteredTrace {
        let entered = Entered::enter(SpanContext::of_remote(self));
        EnteredTrace { _entered: entered, _of_thread: PhantomData }
    }
}

/// See [`TraceContext::enter`].
#[derive(Debug)]
#[must_use = "the trace is left when the guard is dropped"]
pub struct EnteredTrace {
    _entered: Entered,
    _of_thread: PhantomData<*const ()>,
}

impl fmt::Display for TraceContext {
    /// As version 00 of `traceparent`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [high, low] = self.trace_id;
        let flags = u8::from(self.is_sampled);
        write!(f, "00-{high:016x}{low:016x}-{:016x}-{flags:02x}", self.span_id)
    }
}

impl FromStr for TraceContext {
    type Err = ParseTraceContextError;

    /// Reads `traceparent`. Of versions after 00 it reads what version 00 has.
    fn from_str(text: &str) -> Result<Self, ParseTraceContextError> {
        let bytes = text.as_bytes();
        let (Some(known), rest) = (bytes.first_chunk::<55>(), bytes.get(55..)) else {
            return Err(ParseTraceContextError);
        };
        let version = hex(&known[..2])?;
        let is_whole = match (version, rest.unwrap_or_default()) {
            (0xff, _) => false,
            (_, []) => true,
            (0, _) => false,
            (_, rest) => rest[0] == b'-',
        };
        let has_dashes = known[2] == b'-' && known[35] == b'-' && known[52] == b'-';
        if !is_whole || !has_dashes {
            return Err(ParseTraceContextError);
        }
        let trace_id = [hex(&known[3..19])?, hex(&known[19..35])?];
        let span_id = hex(&known[36..52])?;
        let is_sampled = hex(&known[53..])? as u8 & SAMPLED != 0;
        if trace_id == [0, 0] || span_id == 0 {
            return Err(ParseTraceContextError);
        }
        Ok(Self { trace_id, span_id, is_sampled })
    }
}

fn hex(digits: &[u8]) -> Result<u64, ParseTraceContextError> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return Err(ParseTraceContextError),
        };
        Ok(value << 4 | u64::from(digit))
    })
}

/// The context for a call of another process: the innermost span of a future around this code, and
/// the trace that it is in. None outside all spans, unless the code was itself called by another
/// process ([`TraceContext::enter`]): then the caller's context is handed on.
///
/// A trace that began in this process has an identity made of the process's and of its first span;
/// each call records it.
///
/// ```
/// use micromegas_tracing::trace_context;
///
/// # fn request() -> Vec<(&'static str, String)> { Vec::new() }
/// let mut headers = request();
/// if let Some(context) = trace_context() {
///     headers.push(("traceparent", context.to_string()));
/// }
/// ```
pub fn trace_context() -> Option<TraceContext> {
    let current = SpanContext::current();
    match current.trace {
        TraceOrigin::Local(0) => None,
        TraceOrigin::Local(first) => {
            let trace_id = trace_id_of(first)?;
            record_context(&HANDED_ON, first, trace_id, 0);
            Some(TraceContext { trace_id, span_id: current.span_id, is_sampled: true })
        }
        TraceOrigin::Remote(parent) if current.span_id == 0 => Some(parent),
        TraceOrigin::Remote(parent) => {
            Some(TraceContext { span_id: current.span_id, is_sampled: true, ..parent })
        }
    }
}

/// The trace that began with a span of this process.
fn trace_id_of(first_span_id: u64) -> Option<[u64; 2]> {
    let (high, low) = PROCESS.get()?.as_u64_pair();
    Some([high, low ^ first_span_id])
}

/// Records which trace a span is in.
pub(crate) fn record_context(
    metadata: &'static SpanMetadata,
    span_id: u64,
    [high, low]: [u64; 2],
    remote_parent: u64,
) {
    let time = clock::now() as u64;
    let words = [head(metadata, TRACE_CONTEXT), time, span_id, remote_parent, 0, high, low];
    hot::record(Kind::Spans, || words);
}

/// Gives the process its place among others: its traces' ids are made of its own, and its spans'
/// ids begin at a place that no other process is likely to come to.
pub(crate) fn set_process(process_id: Uuid) {
    let _ = PROCESS.set(process_id);
    let (_, low) = Uuid::new_v4().as_u64_pair();
    // The highest bits tell the variant of the id; the lowest give room for a first block of ids.
    let first = low & ((1 << SPAN_ID_BITS) - 1) & !0xff;
    set_first_span_id(first.max(1));
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_reads_back_as_written() {
        let context: TraceContext = TEXT.parse().expect("a traceparent");
        assert_eq!(context.span_id(), 0x00f0_67aa_0ba9_02b7);
        assert!(context.is_sampled());
        assert_eq!(context.to_string(), TEXT);
        assert_eq!(TraceContext::new(context.trace_id(), context.span_id(), true), Some(context));
        assert_eq!(TraceContext::new(0, 1, true), None);
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        let later = TEXT.replacen("00", "cc", 1);
        assert_eq!(later.parse(), TEXT.parse::<TraceContext>());
        assert_eq!(format!("{later}-what-the-future-holds").parse(), TEXT.parse::<TraceContext>());
        assert!(format!("{later}.what").parse::<TraceContext>().is_err());
    }

    #[test]
    fn what_is_no_traceparent_is_refused() {
        let wrong = [
            "",
            "00",
            &TEXT.replacen("00", "ff", 1),
            &TEXT.to_uppercase(),
            &format!("{TEXT}-more"),
            &TEXT[..54],
            &TEXT.replace("00f067aa0ba902b7", "0000000000000000"),
            &TEXT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &TEXT.replace('-', "_"),
            &TEXT.replacen("4bf9", "4bé", 1),
        ];
        for text in wrong {
            assert_eq!(text.parse::<TraceContext>(), Err(ParseTraceContextError), "{text}");
        }
    }
}
