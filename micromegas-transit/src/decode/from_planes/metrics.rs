//! Samples of metrics.

use super::super::columns::MetricColumns;
use super::super::event_plan::{EventPlan, MetricPlan};
use super::super::fields::Number;
use super::super::open::OpenBlock;
use super::rows::{Place, Rows, Use};

impl OpenBlock<'_> {
    /// Decodes the metrics of a planar block in which all samples are words without properties.
    /// Returns the number of records; none if the block is another one, and the columns are
    /// undefined then.
    pub(in super::super) fn metrics_from_planes(&self, columns: &mut MetricColumns) -> Option<u32> {
        let planar = self.objects.planes()?;
        let mut rows =
            Rows::of(self, &planar, &self.tables.metric_descriptors.ids, |plan| match plan {
                EventPlan::Metric(MetricPlan {
                    time,
                    descriptor,
                    value,
                    value_kind: Number::F64 | Number::U64,
                    properties: None,
                }) => Use::Row([*time, *value].map(Place::word), *descriptor),
                EventPlan::Metric(_) => Use::Rebuild,
                other => Use::of_other(other),
            })?;
        let mut integers = [false; 256];
        for (is_integer, plan) in integers.iter_mut().zip(&self.plan.events) {
            *is_integer =
                matches!(plan, EventPlan::Metric(MetricPlan { value_kind: Number::U64, .. }));
        }
        let metrics = &self.tables.metric_descriptors.rows;
        columns.clear(rows.row_count());
        while rows.advance() {
            columns.record.extend_from_slice(rows.records());
            columns.ticks.extend(rows.values(0).iter().map(|ticks| ticks.cast_signed()));
            columns.extend_symbols(metrics, rows.descriptors()?);
            let are_integers = rows.types().iter().map(|own| integers[usize::from(*own)]);
            columns.extend_samples(rows.values(1).iter().copied(), are_integers);
        }
        Some(planar.header.record_count)
    }
}
