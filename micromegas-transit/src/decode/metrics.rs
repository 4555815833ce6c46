//! Decoding samples of metrics.

use super::columns::{Decoded, MetricColumns};
use super::descriptors::MetricDescriptor;
use super::event_plan::{EventPlan, MetricPlan};
use super::fields::{Number, i64_at, u32_at, u64_at};
use super::losses::{LossReason, Losses};
use super::open::OpenBlock;
use super::plain::{Batch, PlainTypes};
use super::records::Record;
use super::spans::{add_property_set, clear, fill_properties};
use super::tables::Tables;

impl OpenBlock<'_> {
    /// Decodes the samples of metrics: 4 types. Properties called `name`, `unit` and `target`
    /// override those of the metric.
    pub fn metrics(&self) -> Decoded<MetricColumns> {
        self.metrics_in(MetricColumns::default())
    }

    /// Does what [`metrics`](Self::metrics) does, in the memory of columns that are not needed any
    /// more; what they hold is lost.
    pub fn metrics_in(&self, mut columns: MetricColumns) -> Decoded<MetricColumns> {
        if let Some(record_count) = self.metrics_from_planes(&mut columns) {
            return Decoded { columns, record_count, losses: Losses::default() };
        }
        columns.clear(self.count_rows(|plan| matches!(plan, EventPlan::Metric(_))));
        let mut losses = Losses::default();
        let mut plain = PlainTypes::of(self, plain_kind);
        let mut records = self.records();
        loop {
            plain.read_run(&mut records, &self.tables.metric_descriptors.ids, |batch| {
                columns.extend(&self.tables.metric_descriptors.rows, batch)
            });
            let decode = |record: &Record<'_>| match self.plan_of(record) {
                EventPlan::Metric(plan) => {
                    columns.push(&self.tables, plan, record.index, record.payload)
                }
                other => Self::pass_over(other),
            };
            if !Self::decode_next(&mut records, &mut losses, decode) {
                break;
            }
        }
        fill_properties(&mut columns.properties, columns.record.len());
        Decoded { columns, record_count: records.count(), losses }
    }
}

/// Size of a plain record: type index, descriptor, value, time.
const STRIDE: usize = 1 + 24;
const VALUE: usize = 1 + 8;
const TIME: usize = 1 + 16;
const FLOAT: u8 = 1;
const INTEGER: u8 = 2;

/// Whether the records of a type are plain samples, and of what.
fn plain_kind(plan: &EventPlan) -> u8 {
    match plan {
        EventPlan::Metric(MetricPlan {
            time: 16,
            descriptor: 0,
            value: 8,
            value_kind,
            properties: None,
        }) => match value_kind {
            Number::F64 => FLOAT,
            Number::U64 => INTEGER,
            _ => 0,
        },
        _ => 0,
    }
}

impl MetricColumns {
    pub(super) fn clear(&mut self, row_count: usize) {
        let Self { record, ticks, name, unit, target, value, integer, is_integer, properties } =
            self;
        clear(record, row_count);
        clear(ticks, row_count);
        clear(name, row_count);
        clear(unit, row_count);
        clear(target, row_count);
        clear(value, row_count);
        clear(integer, row_count);
        clear(is_integer, row_count);
        properties.clear();
    }

    #[inline]
    fn extend(&mut self, descriptors: &[MetricDescriptor], batch: Batch<'_, STRIDE>) -> bool {
        self.record.extend(batch.indices());
        self.ticks.extend(batch.words(TIME).map(u64::cast_signed));
        self.extend_symbols(descriptors, batch.descriptors);
        let are_integers = batch.kinds.iter().map(|kind| *kind == INTEGER);
        self.extend_samples(batch.words(VALUE), are_integers);
        true
    }

    /// Adds what the descriptors of the next rows say; `indices` has one of each.
    #[inline]
    pub(super) fn extend_symbols(&mut self, descriptors: &[MetricDescriptor], indices: &[u32]) {
        let metrics = || indices.iter().map(|index| &descriptors[*index as usize]);
        self.name.extend(metrics().map(|metric| metric.name));
        self.unit.extend(metrics().map(|metric| metric.unit));
        self.target.extend(metrics().map(|metric| metric.target));
    }

    /// Adds the samples of the next rows, of which some are integers and the others 64-bit
    /// floating-point numbers.
    #[inline]
    pub(super) fn extend_samples(
        &mut self,
        bits: impl Iterator<Item = u64> + Clone,
        are_integers: impl Iterator<Item = bool>,
    ) {
        let begin = self.is_integer.len();
        self.is_integer.extend(are_integers);
        let samples = || bits.clone().zip(&self.is_integer[begin..]);
        self.value.extend(samples().map(|(bits, is_integer)| {
            if *is_integer { bits as f64 } else { f64::from_bits(bits) }
        }));
        self.integer.extend(samples().map(|(bits, is_integer)| {
            // All ones for an integer.
            bits & u64::from(*is_integer).wrapping_neg()
        }));
    }

    #[inline]
    fn push(
        &mut self,
        tables: &Tables<'_>,
        plan: &MetricPlan,
        index: u32,
        record: &[u8],
    ) -> Result<(), LossReason> {
        let too_short = LossReason::RecordTooShort;
        let ticks = i64_at(record, plan.time).ok_or(too_short)?;
        let id = u64_at(record, plan.descriptor).ok_or(too_short)?;
        let mut descriptor: MetricDescriptor = tables.descriptor(id)?;
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
        if let Some(offset) = plan.properties {
            let set = tables.property_set(u64_at(record, offset).ok_or(too_short)?)?;
            add_property_set(&mut self.properties, &self.record, set);
            let overrides = tables.overrides(set);
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
        Ok(())
    }
}
