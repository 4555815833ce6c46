//! The table `metric_stats`: what the samples of a metric are like in a minute.

use super::built_in::BuiltIn;
use crate::columns::{Column, ColumnKind};

const COLUMNS: &[Column] = &[
    Column::new("time_bin", ColumnKind::Time, "The minute, by its begin."),
    Column::new("process_id", ColumnKind::Symbol, "The process, as a lower-case UUID."),
    Column::new("target", ColumnKind::Symbol, "The module or category that measured."),
    Column::new("name", ColumnKind::Symbol, "The name of the metric."),
    Column::new("unit", ColumnKind::Symbol, "The unit of the values."),
    Column::new("count", ColumnKind::Int64, "The number of samples that are finite numbers."),
    Column::new("invalid_count", ColumnKind::Int64, "The number of those that are not."),
    Column::new("sum", ColumnKind::Float64, "Their sum; NULL if count is 0.").nullable(),
    Column::new("min", ColumnKind::Float64, "The least of them; NULL if count is 0.").nullable(),
    Column::new("max", ColumnKind::Float64, "The greatest of them; NULL if count is 0.").nullable(),
    Column::new(
        "last",
        ColumnKind::Float64,
        "The latest of them, of several at one time the greatest; NULL if count is 0.",
    )
    .nullable(),
    Column::new(
        "histogram",
        ColumnKind::Histogram,
        "Their distribution; histograms merge with merge_exponential_histograms.",
    ),
];

/// A value that is not finite says nothing about the others, and spoils no sum. In Arrow's order
/// NaN is above all numbers or below them.
const SQL: &str = "
SELECT time_bin, process_id, target, name, unit,
       count(*) FILTER (WHERE is_finite) AS count,
       count(*) FILTER (WHERE NOT is_finite) AS invalid_count,
       sum(value) FILTER (WHERE is_finite) AS sum,
       min(value) FILTER (WHERE is_finite) AS min,
       max(value) FILTER (WHERE is_finite) AS max,
       last_value(value ORDER BY time, value) FILTER (WHERE is_finite) AS last,
       exponential_histogram(value) AS histogram
FROM (
    SELECT date_bin('1 minute', time) AS time_bin, process_id, target, name, unit, time, value,
           value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308 AS is_finite
    FROM measures
    WHERE insert_time >= '{begin}' AND insert_time < '{end}'
)
GROUP BY time_bin, process_id, target, name, unit
";

/// The view.
pub(super) const METRIC_STATS: BuiltIn =
    BuiltIn { name: "metric_stats", version: 1, sql: SQL, columns: COLUMNS };
