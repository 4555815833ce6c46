//! `call_graph`: who calls whom, how often and for how long.

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn span(name: &str, begin: i64, end: i64) -> [(i64, Event); 2] {
    let begin_event = Event::Begin { ticks: START_TICKS + begin, name: name.to_owned() };
    let end_event = Event::End { ticks: START_TICKS + end, name: name.to_owned() };
    [(begin, begin_event), (end, end_event)]
}

/// Events of spans, by time.
fn events(spans: &[[(i64, Event); 2]]) -> Vec<Event> {
    let mut events: Vec<(i64, Event)> = spans.iter().flatten().cloned().collect();
    events.sort_by_key(|(time, _)| *time);
    events.into_iter().map(|(_, event)| event).collect()
}

/// Kind, names of caller and callee, calls, total, self, least and greatest.
async fn graph(lake: &TestLake, process: &TestProcess, begin: i64, end: i64) -> Vec<String> {
    let time = |ns: i64| format!("'2026-01-01T00:00:00.{ns:09}Z'");
    let sql = format!(
        "SELECT kind, coalesce(caller_name, ''), name, calls, total, \"self\", min, max \
         FROM call_graph('{}', TIMESTAMP {}, {}) ORDER BY kind, caller_name, name",
        process.id(),
        time(begin),
        time(end)
    );
    lake.query(&sql).await
}

#[tokio::test]
async fn calls_of_all_threads_are_summed_up() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let one = events(&[span("frame", 0, 100), span("draw", 10, 40), span("draw", 50, 90)]);
    let two = events(&[span("load", 5, 25), span("draw", 6, 16)]);
    let mut stream = process.thread_stream();
    // The frame crosses the border of two blocks.
    lake.send(&mut stream, &one[..3]).await;
    lake.send(&mut stream, &one[3..]).await;
    lake.send(&mut process.thread_stream(), &two).await;
    assert_eq!(
        graph(&lake, &process, 0, 1_000).await,
        [
            "edge|frame|draw|2|70|70|30|40",
            "edge|load|draw|1|10|10|10|10",
            "edge|worker-7|frame|1|100|30|100|100",
            "edge|worker-7|load|1|20|10|20|20",
            "node||draw|3|80|80|10|40",
            "node||frame|1|100|30|100|100",
            "node||load|1|20|10|20|20",
            "thread||worker-7|2|120|0|20|100",
        ]
    );
}

#[tokio::test]
async fn what_is_outside_the_range_is_cut_off() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let spans = [span("frame", 0, 100), span("draw", 10, 40), span("draw", 50, 90)];
    lake.send(&mut process.thread_stream(), &events(&spans)).await;
    let rows = graph(&lake, &process, 60, 80).await;
    assert_eq!(rows[2..4], ["node||draw|1|20|20|20|20", "node||frame|1|20|0|20|20"]);
}

#[tokio::test]
async fn thousands_of_functions_are_as_many_nodes() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let spans: Vec<_> =
        (0..3_000).map(|i| span(&format!("f{i:04}"), 10 * i + 1, 10 * i + 6)).collect();
    lake.send(&mut process.thread_stream(), &events(&spans)).await;
    let sql = format!(
        "SELECT kind, count(*), sum(calls), sum(total), count(DISTINCT hash) \
         FROM call_graph('{}', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z') \
         GROUP BY kind ORDER BY kind",
        process.id()
    );
    let rows = lake.query(&sql).await;
    assert_eq!(rows[..2], ["edge|3000|3000|15000|3000", "node|3000|3000|15000|3000"]);
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused_by_name() {
    let context = TestLake::new().context();
    let id = TestProcess::new().id();
    for (arguments, expected) in [
        (format!("'{id}'"), "takes three literals"),
        ("'x', '2026-01-01', '2026-01-02'".to_owned(), "\"x\" is not a process id"),
        (format!("'{id}', 1, 2"), "is not a time"),
        (format!("'{id}', 'soon', '2026-01-02'"), "is not a time"),
        (format!("'{id}', '2026-01-02', '2026-01-01'"), "is before"),
    ] {
        let sql = format!("SELECT * FROM call_graph({arguments})");
        let error = context.sql(&sql).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{sql}: {error}");
    }
}
