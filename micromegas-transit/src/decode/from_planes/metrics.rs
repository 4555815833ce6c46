//! Samples of metrics.

use super::super::columns::MetricColumns;
use super::super::event_plan::{EventPlan, MetricPlan};
use super::super::fields::Number;
use super::super::open::OpenBlock;
use super::ids::{DenseIds, MISSING};
use super::rows::{Rows, Use};

impl OpenBlock<'_> {
    /// Decodes the metrics of a planar block in which all samples are words without properties.
    /// Returns the number of records; none if the block is another one, and the columns are
    /// undefined then.
    pub(in super::super) fn metrics_from_planes(&self, columns: &mut MetricColumns) -> Option<u32> {
        let planar = self.objects.planar()?;
        let mut rows = Rows::of(self, planar, |plan| match plan {
            EventPlan::Metric(MetricPlan {
                time,
                descriptor,
                value,
                value_kind: Number::F64 | Number::U64 | Number::I64,
                properties: None,
            }) => Use::Row([*time, *descriptor, *value]),
            EventPlan::Metric(_) => Use::Rebuild,
            other => Use::of_other(other),
        })?;
        let mut kinds = [Number::U64; 256];
        for (kind, plan) in kinds.iter_mut().zip(&self.plan.events) {
            if let EventPlan::Metric(plan) = plan {
                *kind = plan.value_kind;
            }
        }
        let count = rows.row_count();
        let ids = DenseIds::new(&self.tables.metric_descriptor_ids, count);
        columns.clear(count);
        while rows.advance() {
            columns.record.extend_from_slice(rows.records());
            columns.ticks.extend(rows.values(0).iter().map(|ticks| ticks.cast_signed()));
            for id in rows.values(1) {
                let index = ids.get(*id);
                if index == MISSING {
                    return None;
                }
                let descriptor = self.tables.metric_descriptors[index as usize];
                columns.name.push(descriptor.name);
                columns.unit.push(descriptor.unit);
                columns.target.push(descriptor.target);
            }
            let values = || rows.types().iter().zip(rows.values(2));
            columns.value.extend(values().map(|(index, bits)| match kinds[usize::from(*index)] {
                Number::F64 => f64::from_bits(*bits),
                Number::I64 => bits.cast_signed() as f64,
                _ => *bits as f64,
            }));
            let is_float = |index: &u8| kinds[usize::from(*index)] == Number::F64;
            columns
                .integer
                .extend(values().map(|(index, bits)| if is_float(index) { 0 } else { *bits }));
            columns.is_integer.extend(rows.types().iter().map(|index| !is_float(index)));
        }
        columns.properties.resize(count, -1);
        Some(planar.header.record_count)
    }
}
