//! Decoding begins and ends of spans that may change threads.

use super::columns::{AsyncSpanColumns, Decoded};
use super::event_plan::{AsyncSpanPlan, EventPlan};
use super::fields::{i64_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::scopes::Scopes;
use super::spans::{clear, fill_properties, push_property_set};
use super::tables::Tables;

impl OpenBlock<'_> {
    /// Decodes the begins and ends of spans that may change threads: 8 types.
    pub fn async_spans(&self) -> Decoded<AsyncSpanColumns> {
        self.async_spans_in(AsyncSpanColumns::default())
    }

    /// Does what [`async_spans`](Self::async_spans) does, in the memory of columns that are not
    /// needed any more; what they hold is lost.
    pub fn async_spans_in(&self, mut columns: AsyncSpanColumns) -> Decoded<AsyncSpanColumns> {
        if let Some(record_count) = self.async_spans_from_planes(&mut columns) {
            return Decoded { columns, record_count, losses: Losses::default() };
        }
        columns.clear(self.count_rows(|plan| matches!(plan, EventPlan::AsyncSpan(_))));
        let mut losses = Losses::default();
        let mut scopes = Scopes::new(&self.tables, std::mem::take(&mut columns.scopes));
        let record_count = self.for_each_event(&mut losses, |plan, record| match plan {
            EventPlan::AsyncSpan(plan) => {
                columns.push(&self.tables, &mut scopes, plan, record.index, record.payload)
            }
            other => Self::pass_over(other),
        });
        columns.scopes = scopes.into_scopes();
        fill_properties(&mut columns.properties, columns.record.len());
        Decoded { columns, record_count, losses }
    }
}

impl AsyncSpanColumns {
    pub(super) fn clear(&mut self, row_count: usize) {
        let Self {
            record,
            ticks,
            is_begin,
            scope,
            span_id,
            parent_span_id,
            depth,
            properties,
            scopes: _,
        } = self;
        clear(record, row_count);
        clear(ticks, row_count);
        clear(is_begin, row_count);
        clear(scope, row_count);
        clear(span_id, row_count);
        clear(parent_span_id, row_count);
        clear(depth, row_count);
        clear(properties, 0);
    }

    #[inline]
    fn push(
        &mut self,
        tables: &Tables<'_>,
        scopes: &mut Scopes<'_>,
        plan: &AsyncSpanPlan,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let too_short = LossReason::RecordTooShort;
        let word = |offset| u64_at(record, offset).ok_or(too_short);
        let ticks = i64_at(record, plan.span.time).ok_or(too_short)?;
        let span_id = word(plan.span_id)?;
        let parent_span_id = plan.parent_span_id.map_or(Ok(0), word)?;
        let depth = plan.depth.map_or(Some(0), |depth| depth.read(record)).ok_or(too_short)?;
        let scope = scopes.resolve(plan.span.scope, record)?;
        if let Some(offset) = plan.span.properties {
            push_property_set(&mut self.properties, tables, &self.record, record, offset)?;
        }
        self.record.push(index);
        self.ticks.push(ticks);
        self.is_begin.push(plan.span.is_begin);
        self.scope.push(scope);
        self.span_id.push(span_id);
        self.parent_span_id.push(parent_span_id);
        self.depth.push(depth);
        Ok(())
    }
}
