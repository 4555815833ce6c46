//! The stack of spans that are open where a block begins.

use super::varint;
use crate::cursor::Cursor;
use crate::{Error, Limits, Result};

/// A span of the thread that is open at the block's first event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CarriedSpan {
    /// Number of the begin event in its stream: the block's `object_offset` plus the record's index.
    pub event_id: i64,
    /// Id of the span's descriptor, which is among the dependencies of the block that carries it.
    pub descriptor: u64,
    /// When the span began, in absolute ticks.
    pub begin: i64,
}

/// Appends a stack, outermost span first; none means that it is not known.
pub(super) fn write(out: &mut Vec<u8>, spans: Option<&[CarriedSpan]>) {
    let Some(spans) = spans else {
        varint::write(out, 0);
        return;
    };
    varint::write(out, spans.len() as u64 + 1);
    let (mut event_id, mut begin) = (0_i64, 0_i64);
    for span in spans {
        varint::write_signed(out, span.event_id.wrapping_sub(event_id));
        varint::write(out, span.descriptor);
        varint::write_signed(out, span.begin.wrapping_sub(begin));
        (event_id, begin) = (span.event_id, span.begin);
    }
}

/// Reads a stack.
pub(super) fn read(cursor: &mut Cursor<'_>, limits: &Limits) -> Result<Option<Vec<CarriedSpan>>> {
    let Some(count) = varint::read(cursor)?.checked_sub(1) else {
        return Ok(None);
    };
    if count > limits.carried_span_count.into() {
        let limit = limits.carried_span_count.into();
        return Err(Error::LimitExceeded { what: "number of open spans", limit });
    }
    let mut spans = Vec::new();
    let (mut event_id, mut begin) = (0_i64, 0_i64);
    for _ in 0..count {
        event_id = event_id.wrapping_add(varint::read_signed(cursor)?);
        let descriptor = varint::read(cursor)?;
        begin = begin.wrapping_add(varint::read_signed(cursor)?);
        spans.push(CarriedSpan { event_id, descriptor, begin });
    }
    Ok(Some(spans))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_round_trip_and_unknown_is_not_empty() {
        let span = |event_id, begin| CarriedSpan { event_id, descriptor: u64::MAX, begin };
        let spans = [span(5, -3), span(i64::MAX, i64::MIN), span(0, 7)];
        for stack in [None, Some(&spans[..0]), Some(&spans[..])] {
            let mut bytes = Vec::new();
            write(&mut bytes, stack);
            let mut cursor = Cursor::new(&bytes);
            assert_eq!(read(&mut cursor, &Limits::default()).unwrap().as_deref(), stack);
            assert!(cursor.is_empty());
        }
    }

    #[test]
    fn a_count_without_spans_is_an_error() {
        for count_plus_one in [2, 60_000, u64::MAX] {
            let mut bytes = Vec::new();
            varint::write(&mut bytes, count_plus_one);
            assert!(read(&mut Cursor::new(&bytes), &Limits::default()).is_err());
        }
    }

    #[test]
    fn the_depth_is_limited() {
        let spans = [CarriedSpan { event_id: 1, descriptor: 1, begin: 1 }; 3];
        let mut bytes = Vec::new();
        write(&mut bytes, Some(&spans));
        let read_within = |carried_span_count| {
            let limits = Limits { carried_span_count, ..Limits::default() };
            read(&mut Cursor::new(&bytes), &limits)
        };
        assert_eq!(read_within(3), Ok(Some(spans.to_vec())));
        assert!(matches!(read_within(2), Err(Error::LimitExceeded { limit: 2, .. })));
    }
}
