//! `async_spans`: begins and ends joined, whatever threads and blocks they are in.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn begin(ticks: i64, span: u64, parent: u64) -> Event {
    Event::BeginAsync { ticks: START_TICKS + ticks, name: "fetch", span, parent, depth: 1 }
}

fn end(ticks: i64, span: u64) -> Event {
    Event::EndAsync { ticks: START_TICKS + ticks, name: "fetch", span, parent: 0, depth: 1 }
}

/// Id, parent, nanoseconds of begin and end, duration.
async fn spans(lake: &TestLake, process: &TestProcess, condition: &str) -> Vec<String> {
    let start = "CAST(TIMESTAMP '2026-01-01T00:00:00' AS BIGINT)";
    let sql = format!(
        "SELECT span_id, parent_span_id, CAST(begin AS BIGINT) - {start}, \
         CAST(\"end\" AS BIGINT) - {start}, duration \
         FROM view_instance('async_spans', '{}') {condition} ORDER BY span_id",
        process.id()
    );
    lake.query(&sql).await
}

#[tokio::test]
async fn a_span_may_begin_in_one_thread_and_end_in_another() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let (mut one, mut two) = (process.thread_stream(), process.thread_stream());
    lake.send(&mut one, &[begin(0, 1, 0), begin(2, 2, 1)]).await;
    lake.send(&mut two, &[end(5, 2)]).await;
    lake.send(&mut one, &[end(9, 1)]).await;
    assert_eq!(spans(&lake, &process, "").await, ["1|0|0|9|9", "2|1|2|5|3"]);
    let sql = format!(
        "SELECT name, target, filename, line, depth, hash > 0, stream_id = '{}', \
         end_stream_id = '{}' FROM view_instance('async_spans', '{}') WHERE span_id = 2",
        one.id(),
        two.id(),
        process.id()
    );
    assert_eq!(lake.query(&sql).await, ["fetch|test|test.rs|9|1|true|true|true"]);
}

#[tokio::test]
async fn a_span_that_is_open_has_no_end_until_it_arrives() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.thread_stream();
    lake.send(&mut stream, &[begin(0, 1, 0), begin(1, 2, 1), end(3, 2), end(4, 77)]).await;
    let open = spans(&lake, &process, "").await;
    assert_eq!(open, ["1|0|0|NULL|NULL", "2|1|1|3|2"]);
    let only_open = spans(&lake, &process, "WHERE \"end\" IS NULL").await;
    assert_eq!(only_open, open[..1]);
    lake.send(&mut stream, &[end(8, 1)]).await;
    assert_eq!(spans(&lake, &process, "").await, ["1|0|0|8|8", "2|1|1|3|2"]);
}

#[tokio::test]
async fn clocks_of_threads_that_disagree_and_ends_that_repeat_do_no_harm() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.thread_stream();
    let events = [begin(10, 1, 0), end(8, 1), begin(20, 2, 0), end(25, 2), end(30, 2)];
    lake.send(&mut stream, &events).await;
    assert_eq!(spans(&lake, &process, "").await, ["1|0|10|10|0", "2|0|20|25|5"]);
}

#[tokio::test]
async fn filters_on_time_lose_no_ends() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.thread_stream();
    lake.send(&mut stream, &[begin(0, 1, 0), begin(50, 2, 0)]).await;
    lake.send(&mut stream, &[end(100, 1), end(110, 2)]).await;
    let at = |ns: u32| format!("TIMESTAMP '2026-01-01T00:00:00.{ns:09}Z'");
    let condition = format!("WHERE begin <= {} AND \"end\" >= {}", at(20), at(20));
    assert_eq!(spans(&lake, &process, &condition).await, ["1|0|0|100|100"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_arrival_gives_the_spans_of_a_naive_reading(
        events in prop::collection::vec((any::<bool>(), 1..8_u64, 0..3_usize), 0..40),
        reversed in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lake = TestLake::new();
            let process = TestProcess::new();
            lake.send_process(&process).await;
            let mut streams = [(); 3].map(|()| process.thread_stream());
            // The first begin of an id counts here: clients give an id once.
            let (mut begins, mut ends) = (BTreeMap::new(), BTreeMap::new());
            let mut blocks = Vec::new();
            for (ticks, (is_begin, span, thread)) in (0..).zip(events) {
                let event = if is_begin {
                    if begins.contains_key(&span) {
                        continue;
                    }
                    begins.insert(span, ticks);
                    begin(ticks, span, 0)
                } else {
                    ends.entry(span).or_insert(ticks);
                    end(ticks, span)
                };
                blocks.push(streams[thread].block(&[event]));
            }
            if reversed {
                blocks.reverse();
            }
            for stream in &streams {
                lake.send_stream(stream).await;
            }
            for block in blocks {
                lake.send_block(block).await;
            }
            let expected: Vec<String> = begins
                .iter()
                .map(|(span, begin): (&u64, &i64)| match ends.get(span) {
                    Some(end) => {
                        let end: i64 = *begin.max(end);
                        format!("{span}|0|{begin}|{end}|{}", end - begin)
                    }
                    None => format!("{span}|0|{begin}|NULL|NULL"),
                })
                .collect();
            assert_eq!(spans(&lake, &process, "").await, expected);
        });
    }
}
