//! Filters in SQL decide what is read: by time, by process, by stream.

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

const SECOND: i64 = 1_000_000_000;

fn log(seconds: i64, message: &str) -> Event {
    let ticks = START_TICKS + seconds * SECOND;
    Event::Log { ticks, level: 4, message: message.to_owned() }
}

const RANGE: &str = "SELECT msg FROM log_entries WHERE time BETWEEN \
                     '2026-01-01T00:00:05Z' AND '2026-01-01T00:00:15Z'";

/// One block a second 0, 10 and 20.
async fn three_blocks(lake: &TestLake, exact: bool) {
    let process = TestProcess::new();
    let mut stream = process.log_stream();
    lake.send_process(&process).await;
    lake.send_stream(&stream).await;
    for seconds in [0, 10, 20] {
        let mut block = stream.block(&[log(seconds, &format!("at {seconds}"))]);
        if !exact {
            block.event_ticks = None;
        }
        lake.send_block(block).await;
    }
}

#[tokio::test]
async fn fresh_blocks_with_exact_bounds_are_skipped_by_time() {
    let lake = TestLake::new();
    three_blocks(&lake, true).await;
    assert_eq!(lake.query(RANGE).await, ["at 10"]);
    let plan = lake.explain(RANGE).await;
    assert!(plan.contains("blocks=1"), "{plan}");
}

#[tokio::test]
async fn declared_bounds_of_fresh_blocks_skip_nothing() {
    let lake = TestLake::new();
    three_blocks(&lake, false).await;
    assert_eq!(lake.query(RANGE).await, ["at 10"]);
    let plan = lake.explain(RANGE).await;
    assert!(plan.contains("blocks=3"), "{plan}");
}

#[tokio::test]
async fn partitions_are_skipped_by_the_time_of_their_rows() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    let mut stream = process.log_stream();
    lake.send_process(&process).await;
    for seconds in [0, 10, 20] {
        lake.send(&mut stream, &[log(seconds, &format!("at {seconds}"))]).await;
        lake.materialize().await;
    }
    let all = lake.explain("SELECT msg FROM log_entries").await;
    assert_eq!(all.matches(".parquet").count(), 3, "{all}");
    let plan = lake.explain(RANGE).await;
    assert_eq!(plan.matches(".parquet").count(), 1, "{plan}");
    assert_eq!(lake.query(RANGE).await, ["at 10"]);
    // A view that excludes everything reads nothing, but still has its columns.
    let none = "SELECT count(*), max(msg) FROM log_entries WHERE time > '2027-01-01'";
    assert_eq!(lake.query(none).await, ["0|NULL"]);
    assert!(!lake.explain(none).await.contains(".parquet"));
}

#[tokio::test]
async fn identities_in_a_filter_select_fresh_blocks() {
    let lake = TestLake::new();
    let processes = [TestProcess::new(), TestProcess::new(), TestProcess::new()];
    let mut stream_ids = Vec::new();
    for process in &processes {
        let mut stream = process.log_stream();
        lake.send_process(process).await;
        lake.send(&mut stream, &[log(0, &process.id())]).await;
        stream_ids.push(stream.id());
    }
    let [a, b, _] = &processes;
    for (filter, expected) in [
        (format!("process_id = '{}'", a.id()), 1),
        (format!("process_id IN ('{}', '{}')", a.id(), b.id()), 2),
        (format!("process_id = '{}' OR process_id = '{}'", a.id(), b.id()), 2),
        (format!("stream_id = '{}'", stream_ids[0]), 1),
        (format!("process_id <> '{}'", a.id()), 2),
        (format!("process_id = '{}' AND stream_id = '{}'", a.id(), stream_ids[0]), 1),
    ] {
        let sql = format!("SELECT msg FROM log_entries WHERE {filter}");
        assert_eq!(lake.query(&sql).await.len(), expected, "{filter}");
        let plan = lake.explain(&sql).await;
        assert!(plan.contains(&format!("blocks={expected}")), "{filter}: {plan}");
    }
    let nobody = "SELECT msg FROM log_entries WHERE process_id = 'nobody'";
    assert!(lake.query(nobody).await.is_empty());
}
