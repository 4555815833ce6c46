//! The SQL behind each part of the demo's report.

use uuid::Uuid;

/// The thread streams of a process.
pub(crate) fn thread_streams(process_id: Uuid) -> String {
    format!(
        "SELECT stream_id FROM streams
         WHERE process_id = '{process_id}' AND array_has(tags, 'cpu') ORDER BY stream_id"
    )
}

/// Log entries, metrics, thread span events and async span events of a process, as stored.
///
/// A span whose end is still to come counts one event, any other span two;
/// the row that stands for the thread itself counts none.
pub(crate) fn events_by_kind(process_id: Uuid, spans: &str) -> String {
    format!(
        "WITH spans AS ({spans})
         SELECT
           (SELECT count(*) FROM log_entries WHERE process_id = '{process_id}') AS log_entries,
           (SELECT count(*) FROM measures WHERE process_id = '{process_id}') AS metrics,
           (SELECT coalesce(sum(CASE WHEN flags & 1 = 1 THEN 1 ELSE 2 END), 0)
              FROM spans WHERE depth > 0) AS thread_span_events,
           (SELECT count(*) FROM view_instance('async_events', '{process_id}')) AS async_span_events"
    )
}

/// The functions in which most time was spent, without what they called.
///
/// Depth 0 is the thread itself, so the spans start at depth 1 and those with a parent at depth 2.
pub(crate) fn self_time(spans: &str) -> String {
    format!(
        "WITH spans AS ({spans}),
         children AS (
           SELECT stream_id, parent, sum(duration) AS duration FROM spans
           WHERE depth > 1 GROUP BY stream_id, parent)
         SELECT name AS function,
                count(*) AS calls,
                round(sum(spans.duration - coalesce(children.duration, 0)) / 1e6, 1) AS self_ms,
                round(avg(spans.duration) / 1e3, 2) AS mean_us,
                round(max(spans.duration) / 1e3, 1) AS max_us
         FROM spans LEFT JOIN children
           ON children.stream_id = spans.stream_id AND children.parent = spans.id
         WHERE spans.depth > 0
         GROUP BY name ORDER BY self_ms DESC LIMIT 10"
    )
}

/// How the values of a file metric are distributed.
pub(crate) fn percentiles(process_id: Uuid) -> String {
    format!(
        "SELECT name AS metric, unit, count(*) AS values,
                round(approx_percentile_cont(0.5) WITHIN GROUP (ORDER BY value), 3) AS p50,
                round(approx_percentile_cont(0.9) WITHIN GROUP (ORDER BY value), 3) AS p90,
                round(approx_percentile_cont(0.99) WITHIN GROUP (ORDER BY value), 3) AS p99,
                round(max(value), 3) AS max
         FROM measures WHERE process_id = '{process_id}' AND name LIKE 'file_%'
         GROUP BY name, unit ORDER BY name"
    )
}

/// Log lines by level, the worst first.
pub(crate) fn logs_by_level(process_id: Uuid) -> String {
    format!(
        "SELECT CASE level WHEN 1 THEN 'fatal' WHEN 2 THEN 'error' WHEN 3 THEN 'warn'
                           WHEN 4 THEN 'info' WHEN 5 THEN 'debug' ELSE 'trace' END AS severity,
                count(*) AS lines, max(msg) AS example
         FROM log_entries WHERE process_id = '{process_id}'
         GROUP BY level ORDER BY level"
    )
}

/// What the events cost in the object store, by kind of stream.
pub(crate) fn bytes_per_event(process_id: Uuid) -> String {
    format!(
        "SELECT \"streams.tags\"[1] AS stream, count(*) AS blocks,
                sum(nb_objects) AS events, sum(payload_size) AS bytes,
                round(sum(payload_size) / CAST(sum(nb_objects) AS DOUBLE), 2) AS bytes_per_event
         FROM blocks WHERE process_id = '{process_id}'
         GROUP BY 1 ORDER BY bytes DESC"
    )
}

/// One relation over the spans of several threads.
pub(crate) fn spans_of_threads(stream_ids: &[String]) -> String {
    let threads: Vec<String> = stream_ids
        .iter()
        .map(|id| {
            format!(
                "SELECT '{id}' AS stream_id, id, parent, depth, name, duration, flags
                 FROM view_instance('thread_spans', '{id}')"
            )
        })
        .collect();
    threads.join(" UNION ALL ")
}
