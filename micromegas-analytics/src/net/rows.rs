//! Finished spans of network traffic.

use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, BooleanArray, Int64Array, StringDictionaryBuilder, UInt32Array,
};
use datafusion::arrow::datatypes::Int32Type;
use micromegas_transit::NetSpanKind;

use crate::columns::timestamps;

/// A finished span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NetSpan {
    pub(crate) id: i64,
    pub(crate) parent: i64,
    pub(crate) depth: u32,
    pub(crate) kind: NetSpanKind,
    pub(crate) name: Arc<str>,
    pub(crate) connection_name: Arc<str>,
    pub(crate) is_outgoing: bool,
    pub(crate) begin_bits: i64,
    pub(crate) bit_size: i64,
    pub(crate) begin_time: i64,
    pub(crate) end_time: i64,
}

/// Finished spans, in the order of their ends.
#[derive(Debug, Default)]
pub(crate) struct NetRows {
    spans: Vec<NetSpan>,
}

impl NetRows {
    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn push(&mut self, span: NetSpan) {
        self.spans.push(span);
    }

    #[cfg(test)]
    pub(super) fn spans(&self) -> &[NetSpan] {
        &self.spans
    }

    /// The columns of `net_spans` after the identities.
    pub(crate) fn into_columns(self) -> [ArrayRef; 12] {
        let spans = &self.spans;
        let integers = |of: fn(&NetSpan) -> i64| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(spans.iter().map(of)))
        };
        let symbols = |of: fn(&NetSpan) -> &str| -> ArrayRef {
            let mut builder = StringDictionaryBuilder::<Int32Type>::new();
            spans.iter().for_each(|span| builder.append_value(of(span)));
            Arc::new(builder.finish())
        };
        let times = |of: fn(&NetSpan) -> i64| timestamps(spans.iter().map(of).collect());
        [
            integers(|span| span.id),
            integers(|span| span.parent),
            Arc::new(UInt32Array::from_iter_values(spans.iter().map(|span| span.depth))),
            symbols(|span| span.kind.as_str()),
            symbols(|span| &span.name),
            symbols(|span| &span.connection_name),
            Arc::new(spans.iter().map(|span| Some(span.is_outgoing)).collect::<BooleanArray>()),
            integers(|span| span.begin_bits),
            integers(|span| span.begin_bits.saturating_add(span.bit_size)),
            integers(|span| span.bit_size),
            times(|span| span.begin_time),
            times(|span| span.end_time),
        ]
    }
}
