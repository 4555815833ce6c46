//! Begins and ends of spans that may change threads.

use super::super::columns::AsyncSpanColumns;
use super::super::event_plan::{AsyncSpanPlan, EventPlan, ScopePlan, SpanPlan};
use super::super::open::OpenBlock;
use super::rows::{Place, Rows, Use};

impl OpenBlock<'_> {
    /// Decodes the asynchronous spans of a planar block in which all of them are plain. Returns the
    /// number of records; none if the block is another one, and the columns are undefined then.
    pub(in super::super) fn async_spans_from_planes(
        &self,
        columns: &mut AsyncSpanColumns,
    ) -> Option<u32> {
        let planar = self.objects.planes()?;
        let mut rows = Rows::of(self, &planar, &self.tables.scopes.ids, |plan| match plan {
            EventPlan::AsyncSpan(plan) => plain_use(plan).unwrap_or(Use::Rebuild),
            other => Use::of_other(other),
        })?;
        let mut begins = [false; 256];
        for (is_begin, plan) in begins.iter_mut().zip(&self.plan.events) {
            *is_begin = matches!(plan, EventPlan::AsyncSpan(plan) if plan.span.is_begin);
        }
        columns.clear(rows.row_count());
        while rows.advance() {
            columns.record.extend_from_slice(rows.records());
            columns.ticks.extend(rows.values(0).iter().map(|ticks| ticks.cast_signed()));
            columns.is_begin.extend(rows.types().iter().map(|index| begins[usize::from(*index)]));
            columns.span_id.extend_from_slice(rows.values(1));
            columns.parent_span_id.extend_from_slice(rows.values(2));
            columns.depth.extend(rows.values(3).iter().map(|depth| *depth as u32));
            columns.scope.extend(rows.descriptors()?.iter().map(|scope| *scope as i32));
        }
        columns.scopes.clone_from(&self.tables.scopes.rows);
        Some(planar.header.record_count)
    }
}

/// Time, span, parent and depth of a span that has them all, in full width, and no properties.
fn plain_use(plan: &AsyncSpanPlan) -> Option<Use<4>> {
    let AsyncSpanPlan { span, span_id, parent_span_id, depth } = plan;
    let SpanPlan { time, scope: ScopePlan::Descriptor(descriptor), properties: None, .. } = span
    else {
        return None;
    };
    let [time, span_id, parent_span_id] = [*time, *span_id, (*parent_span_id)?].map(Place::word);
    let depth = Place::half_word((*depth)?.half_word()?);
    Some(Use::Row([time, span_id, parent_span_id, depth], *descriptor))
}
