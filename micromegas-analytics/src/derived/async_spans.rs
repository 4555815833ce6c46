//! The view set `async_spans`: one row an asynchronous span.

use super::DerivedTable;
use crate::columns::{Column, ColumnKind, schema_of};
use crate::view::Instances;

const COLUMNS: &[Column] = &[
    Column::new("span_id", ColumnKind::Int64, "The span; unique in its process."),
    Column::new("parent_span_id", ColumnKind::Int64, "The span inside which it began; 0 for none."),
    Column::new("depth", ColumnKind::UInt32, "How many spans it is nested in."),
    Column::new("hash", ColumnKind::UInt32, "A hash of the scope: name, file, target and line."),
    Column::new("begin", ColumnKind::Time, "When it began, by the process's clock."),
    Column::new("end", ColumnKind::Time, "When it ended; NULL while it is open.").nullable(),
    Column::new(
        "duration",
        ColumnKind::Int64,
        "Nanoseconds from begin to end; NULL while it is open.",
    )
    .nullable(),
    Column::new("name", ColumnKind::Symbol, "The name of the scope."),
    Column::new("target", ColumnKind::Symbol, "The module or category of the scope."),
    Column::new("filename", ColumnKind::Symbol, "The source file of the scope."),
    Column::new("line", ColumnKind::UInt32, "The source line of the scope."),
    Column::new("stream_id", ColumnKind::Symbol, "The stream of the thread in which it began."),
    Column::new(
        "end_stream_id",
        ColumnKind::Symbol,
        "The stream of the thread in which it ended; NULL while it is open.",
    )
    .nullable(),
];

/// Begins with the ends that belong to them, whichever threads they are of. A span ends once: if
/// its process says so twice, with the first of them. Threads read their clocks one by one, so an
/// end may seem to be before the begin; the span is empty then.
const SQL: &str = r#"
SELECT begins.span_id, begins.parent_span_id, begins.depth, begins.hash,
       begins.time AS begin,
       CASE WHEN ends.time < begins.time THEN begins.time ELSE ends.time END AS "end",
       CASE WHEN ends.time < begins.time THEN 0
            ELSE CAST(ends.time AS BIGINT) - CAST(begins.time AS BIGINT) END AS duration,
       begins.name, begins.target, begins.filename, begins.line,
       begins.stream_id, ends.stream_id AS end_stream_id
FROM (SELECT * FROM async_events WHERE event_type = 'begin') AS begins
LEFT JOIN (
    SELECT span_id, min(time) AS time, first_value(stream_id ORDER BY time, stream_id) AS stream_id
    FROM async_events WHERE event_type = 'end' GROUP BY span_id
) AS ends ON begins.span_id = ends.span_id
"#;

/// The table.
pub(super) fn async_spans() -> DerivedTable {
    DerivedTable {
        name: "async_spans",
        columns: COLUMNS,
        schema: schema_of(COLUMNS),
        time: ("begin", "end"),
        sources: &["async_events"],
        sql: SQL,
        instances: Instances::Process,
    }
}
