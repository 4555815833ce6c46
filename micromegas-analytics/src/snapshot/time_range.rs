//! A range of time that limits every table of a query.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use datafusion::catalog::TableProvider;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::common::{Column, ScalarValue};
use datafusion::datasource::source_as_provider;
use datafusion::error::Result;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, TableScan, lit};
use datafusion::optimizer::AnalyzerRule;

use super::LakeTable;
use crate::clock::to_nanoseconds;

/// A closed range of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeRange {
    /// The first moment.
    pub(crate) begin: DateTime<Utc>,
    /// The last moment.
    pub(crate) end: DateTime<Utc>,
}

/// An analyzer rule: every table of ours in a plan, subqueries included, is filtered to the rows
/// whose time overlaps a range. It is nothing but one more condition in SQL.
#[derive(Debug)]
pub(crate) struct LimitTime {
    range: TimeRange,
}

impl LimitTime {
    pub(crate) fn new(range: TimeRange) -> Self {
        Self { range }
    }

    fn condition(&self, scan: &TableScan) -> Option<Expr> {
        let provider = source_as_provider(&scan.source).ok()?;
        let table = provider.downcast_ref::<LakeTable>()?;
        let (first, last) = table.time_columns()?;
        let column = |name: &str| Expr::Column(Column::new(Some(scan.table_name.clone()), name));
        let time = |time: DateTime<Utc>| {
            let zone = Some(Arc::from("+00:00"));
            lit(ScalarValue::TimestampNanosecond(Some(to_nanoseconds(time)), zone))
        };
        let starts_in_time = column(first).lt_eq(time(self.range.end));
        let mut ends_in_time = column(last).gt_eq(time(self.range.begin));
        // What has not ended overlaps everything after its begin.
        if table.schema().field_with_name(last).is_ok_and(|field| field.is_nullable()) {
            ends_in_time = ends_in_time.or(column(last).is_null());
        }
        Some(starts_in_time.and(ends_in_time))
    }
}

impl AnalyzerRule for LimitTime {
    fn analyze(&self, plan: LogicalPlan, _config: &ConfigOptions) -> Result<LogicalPlan> {
        plan.transform_up_with_subqueries(|node| {
            let LogicalPlan::TableScan(scan) = &node else {
                return Ok(Transformed::no(node));
            };
            let Some(condition) = self.condition(scan) else {
                return Ok(Transformed::no(node));
            };
            LogicalPlanBuilder::from(node).filter(condition)?.build().map(Transformed::yes)
        })
        .map(|transformed| transformed.data)
    }

    fn name(&self) -> &'static str {
        "limit_time"
    }
}
