//! `async_events`: begins and ends of asynchronous spans, of all threads of a process.

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

#[tokio::test]
async fn begin_and_end_are_rows_whatever_thread_they_are_in() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let (span, parent, depth, name) = (5, 3, 2, "fetch");
    let begin = Event::BeginAsync { ticks: START_TICKS, name, span, parent, depth };
    let end = Event::EndAsync { ticks: START_TICKS + 10, name, span, parent, depth };
    let sync = Event::Begin { ticks: START_TICKS, name: "work".to_owned() };
    lake.send(&mut process.thread_stream(), &[sync, begin]).await;
    lake.send(&mut process.thread_stream(), &[end]).await;
    let sql = format!(
        "SELECT event_type, time, span_id, parent_span_id, depth, name, filename, target, line, \
         hash > 0 FROM view_instance('async_events', '{}') ORDER BY time",
        process.id()
    );
    assert_eq!(
        lake.query(&sql).await,
        [
            "begin|2026-01-01T00:00:00Z|5|3|2|fetch|test.rs|test|9|true",
            "end|2026-01-01T00:00:00.000000010Z|5|3|2|fetch|test.rs|test|9|true",
        ]
    );
    let other = format!(
        "SELECT count(*) FROM view_instance('async_events', '{}')",
        TestProcess::new().id()
    );
    assert_eq!(lake.query(&other).await, ["0"]);
}
