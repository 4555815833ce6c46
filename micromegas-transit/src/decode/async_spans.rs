//! Decoding begins and ends of spans that may change threads.

use super::columns::{AsyncSpanColumns, Decoded};
use super::event_plan::{AsyncSpanPlan, EventPlan};
use super::fields::{i64_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::scopes::Scopes;
use super::spans::{fill_properties, push_property_set};
use super::tables::Tables;

impl OpenBlock<'_> {
    /// Decodes the begins and ends of spans that may change threads: 8 types.
    pub fn async_spans(&self) -> Decoded<AsyncSpanColumns> {
        let mut columns = AsyncSpanColumns::default();
        let mut losses = Losses::default();
        let mut scopes = Scopes::new(&self.tables);
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
    #[inline]
    fn push(
        &mut self,
        tables: &Tables,
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
            push_property_set(&mut self.properties, tables, self.record.len(), record, offset)?;
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
