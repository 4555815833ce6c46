//! Begins and ends of a thread's spans.

use super::super::columns::SpanColumns;
use super::super::event_plan::{EventPlan, ScopePlan, SpanPlan};
use super::super::open::OpenBlock;
use super::rows::{Place, Rows, Use};

impl OpenBlock<'_> {
    /// Decodes the spans of a planar block in which all of them are plain. Returns the number of
    /// records; none if the block is another one, and the columns are undefined then.
    pub(in super::super) fn thread_spans_from_planes(
        &self,
        columns: &mut SpanColumns,
    ) -> Option<u32> {
        let planar = self.objects.planes()?;
        let mut rows = Rows::of(self, &planar, &self.tables.scopes.ids, |plan| match plan {
            EventPlan::Span(SpanPlan {
                time,
                scope: ScopePlan::Descriptor(descriptor),
                properties: None,
                ..
            }) => Use::Row([Place::word(*time)], *descriptor),
            EventPlan::Span(_) => Use::Rebuild,
            other => Use::of_other(other),
        })?;
        let mut begins = [false; 256];
        for (is_begin, plan) in begins.iter_mut().zip(&self.plan.events) {
            *is_begin = matches!(plan, EventPlan::Span(SpanPlan { is_begin: true, .. }));
        }
        columns.clear(rows.row_count());
        while rows.advance() {
            columns.record.extend_from_slice(rows.records());
            columns.ticks.extend(rows.values(0).iter().map(|ticks| ticks.cast_signed()));
            columns.is_begin.extend(rows.types().iter().map(|index| begins[usize::from(*index)]));
            columns.scope.extend(rows.descriptors()?.iter().map(|scope| *scope as i32));
        }
        columns.scopes.clone_from(&self.tables.scopes.rows);
        Some(planar.header.record_count)
    }
}
