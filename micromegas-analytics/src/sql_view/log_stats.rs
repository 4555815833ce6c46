//! The table `log_stats`: how many log entries there are a minute.

use super::built_in::BuiltIn;
use crate::columns::{Column, ColumnKind};

const COLUMNS: &[Column] = &[
    Column::new("time_bin", ColumnKind::Time, "The minute, by its begin."),
    Column::new("process_id", ColumnKind::Symbol, "The process, as a lower-case UUID."),
    Column::new("level", ColumnKind::Int32, "1 Fatal, 2 Error, 3 Warn, 4 Info, 5 Debug, 6 Trace."),
    Column::new("target", ColumnKind::Symbol, "The module or category that logged."),
    Column::new("count", ColumnKind::Int64, "The number of entries."),
];

const SQL: &str = "
SELECT date_bin('1 minute', time) AS time_bin, process_id, level, target, count(*) AS count
FROM log_entries
WHERE insert_time >= '{begin}' AND insert_time < '{end}'
GROUP BY process_id, level, target, time_bin
";

/// The view.
pub(super) const LOG_STATS: BuiltIn =
    BuiltIn { name: "log_stats", version: 1, sql: SQL, columns: COLUMNS };
