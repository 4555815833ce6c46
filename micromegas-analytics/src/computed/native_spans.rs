//! The spans of a native process around a trace.

use std::collections::{HashMap, HashSet};

use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::DataFrame;
use uuid::Uuid;

use super::rows::Rows;

/// An asynchronous span, from its begin on.
#[derive(Debug, Clone)]
pub(super) struct NativeSpan {
    pub(super) span_id: i64,
    pub(super) parent_span_id: i64,
    pub(super) stream_id: String,
    pub(super) begin: i64,
    pub(super) name: String,
    pub(super) target: String,
}

/// What was read of a process within a window of time.
#[derive(Debug, Default)]
pub(super) struct NativeSpans {
    /// Spans that are in some trace, with it and the span of another process around them.
    contexts: HashMap<i64, (u128, i64)>,
    begins: Vec<NativeSpan>,
    /// The first end of each span.
    ends: HashMap<i64, i64>,
    /// The spans of the trace.
    members: HashSet<i64>,
}

/// Rows of a window of time; all of them if it is none.
fn within(table: DataFrame, window: Option<(i64, i64)>) -> Result<DataFrame> {
    let Some((from, until)) = window else { return Ok(table) };
    let time = |ns: i64| lit(ScalarValue::TimestampNanosecond(Some(ns), Some("+00:00".into())));
    table.filter(col("time").between(time(from), time(until)))
}

impl NativeSpans {
    pub(super) async fn read_contexts(
        &mut self,
        table: DataFrame,
        process_id: Uuid,
        window: Option<(i64, i64)>,
    ) -> Result<()> {
        let of_process = table.filter(col("process_id").eq(lit(process_id.to_string())))?;
        let columns = ["trace_id", "span_id", "remote_parent_span_id"].map(col);
        for batch in within(of_process, window)?.select(columns)?.collect().await? {
            let rows = Rows::new(&batch);
            for row in 0..rows.len() {
                let trace_id = rows.id::<16>("trace_id", row)?.map_or(0, u128::from_be_bytes);
                let parent = rows.integer("remote_parent_span_id", row)?;
                self.contexts.insert(rows.integer("span_id", row)?, (trace_id, parent));
            }
        }
        Ok(())
    }

    pub(super) async fn read_events(
        &mut self,
        table: DataFrame,
        window: Option<(i64, i64)>,
    ) -> Result<()> {
        let columns =
            ["event_type", "span_id", "parent_span_id", "stream_id", "time", "name", "target"];
        for batch in within(table, window)?.select(columns.map(col))?.collect().await? {
            let rows = Rows::new(&batch);
            for row in 0..rows.len() {
                let (span_id, Some(time)) =
                    (rows.integer("span_id", row)?, rows.time("time", row)?)
                else {
                    continue;
                };
                if rows.text("event_type", row)? == "end" {
                    let end = self.ends.entry(span_id).or_insert(time);
                    *end = time.min(*end);
                    continue;
                }
                self.begins.push(NativeSpan {
                    span_id,
                    parent_span_id: rows.integer("parent_span_id", row)?,
                    stream_id: rows.text("stream_id", row)?.to_owned(),
                    begin: time,
                    name: rows.text("name", row)?.to_owned(),
                    target: rows.text("target", row)?.to_owned(),
                });
            }
        }
        Ok(())
    }

    fn is_in(&self, span_id: i64, trace_id: u128) -> bool {
        self.contexts.get(&span_id).is_some_and(|(id, _)| *id == trace_id)
    }

    /// Finds the spans that are in the trace: those of which the process says so, and those inside
    /// them, up to those of which it says that they are in another one.
    pub(super) fn select(&mut self, trace_id: u128) {
        let mut children: HashMap<i64, Vec<i64>> = HashMap::new();
        for span in &self.begins {
            children.entry(span.parent_span_id).or_default().push(span.span_id);
        }
        let own = self.contexts.keys().copied().filter(|id| self.is_in(*id, trace_id));
        let mut open: Vec<i64> = own.collect();
        let mut members: HashSet<i64> = open.iter().copied().collect();
        while let Some(span_id) = open.pop() {
            for child in children.get(&span_id).into_iter().flatten() {
                let is_elsewhere =
                    self.contexts.contains_key(child) && !self.is_in(*child, trace_id);
                if !is_elsewhere && members.insert(*child) {
                    open.push(*child);
                }
            }
        }
        self.members = members;
    }

    /// Whether every span of the trace has its begin and its end.
    pub(super) fn are_whole(&self, trace_id: u128) -> bool {
        let begun: HashSet<i64> = self.begins.iter().map(|span| span.span_id).collect();
        let mut own = self.contexts.keys().filter(|id| self.is_in(**id, trace_id));
        own.all(|id| begun.contains(id)) && self.members.iter().all(|id| self.ends.contains_key(id))
    }

    /// The spans of the trace.
    pub(super) fn selected(&self) -> impl Iterator<Item = &NativeSpan> {
        self.begins.iter().filter(|span| self.members.contains(&span.span_id))
    }

    /// When a span ended. Threads read their clocks one by one, so an end may seem to be before the
    /// begin; the span is empty then.
    pub(super) fn end_of(&self, span: &NativeSpan) -> Option<i64> {
        self.ends.get(&span.span_id).map(|end| (*end).max(span.begin))
    }

    /// The span of another process around a span.
    pub(super) fn remote_parent(&self, span_id: i64) -> Option<i64> {
        self.contexts.get(&span_id).map(|(_, parent)| *parent).filter(|parent| *parent != 0)
    }
}
