//! Decoding samples of metrics.

use super::columns::{Decoded, MetricColumns};
use super::event_plan::{EventPlan, MetricPlan};
use super::fields::{Number, i64_at, u32_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::tables::Tables;

impl OpenBlock<'_> {
    /// Decodes the samples of metrics: 4 types. Properties called `name`, `unit` and `target`
    /// override those of the metric.
    pub fn metrics(&self) -> Decoded<MetricColumns> {
        let mut columns = MetricColumns::default();
        let mut losses = Losses::default();
        columns.reserve(self.objects.len() / SMALLEST_RECORD);
        let record_count = self.for_each_event(&mut losses, |plan, record| match plan {
            EventPlan::Metric(plan) => {
                columns.push(&self.tables, plan, record.index, record.payload)
            }
            other => Self::pass_over(other),
        });
        Decoded { columns, record_count, losses }
    }
}

/// Size of the smallest metric record of published clients: type index, reference, value, time.
const SMALLEST_RECORD: usize = 1 + 24;

impl MetricColumns {
    fn reserve(&mut self, count: usize) {
        self.record.reserve(count);
        self.ticks.reserve(count);
        self.name.reserve(count);
        self.unit.reserve(count);
        self.target.reserve(count);
        self.value.reserve(count);
        self.integer.reserve(count);
        self.is_integer.reserve(count);
        self.properties.reserve(count);
    }

    #[inline]
    fn push(
        &mut self,
        tables: &Tables,
        plan: &MetricPlan,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let too_short = LossReason::RecordTooShort;
        let ticks = i64_at(record, plan.time).ok_or(too_short)?;
        let id = u64_at(record, plan.descriptor).ok_or(too_short)?;
        let mut descriptor = tables.metric_descriptor(id)?;
        let (value, integer, is_integer) = match plan.value_kind {
            Number::F64 => {
                let bits = u64_at(record, plan.value).ok_or(too_short)?;
                (f64::from_bits(bits), 0, false)
            }
            Number::U64 => {
                let value = u64_at(record, plan.value).ok_or(too_short)?;
                (value as f64, value, true)
            }
            Number::I64 => {
                let value = i64_at(record, plan.value).ok_or(too_short)?;
                (value as f64, value.cast_unsigned(), true)
            }
            Number::U32 => {
                let value = u32_at(record, plan.value).ok_or(too_short)?;
                (value.into(), value.into(), true)
            }
            Number::U8 => {
                let value = *record.get(plan.value).ok_or(too_short)?;
                (value.into(), value.into(), true)
            }
        };
        let mut properties = -1;
        if let Some(offset) = plan.properties {
            properties = tables.property_set(u64_at(record, offset).ok_or(too_short)?)?;
            let overrides = tables.overrides[properties as usize];
            descriptor.name = overrides.name.unwrap_or(descriptor.name);
            descriptor.unit = overrides.unit.unwrap_or(descriptor.unit);
            descriptor.target = overrides.target.unwrap_or(descriptor.target);
        }
        self.record.push(index);
        self.ticks.push(ticks);
        self.name.push(descriptor.name);
        self.unit.push(descriptor.unit);
        self.target.push(descriptor.target);
        self.value.push(value);
        self.integer.push(integer);
        self.is_integer.push(is_integer);
        self.properties.push(properties);
        Ok(())
    }
}
