//! `thread_spans`: exact across the borders of blocks.

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess, TestStream};

/// Events out of text: `+a` begins, `-a` ends, one tick apart, from `first` on.
fn script(first: i64, text: &str) -> Vec<Event> {
    let words = text.split_whitespace().enumerate();
    words
        .map(|(index, word)| {
            let ticks = START_TICKS + first + index as i64;
            let name = word[1..].to_owned();
            if word.starts_with('+') {
                Event::Begin { ticks, name }
            } else {
                Event::End { ticks, name }
            }
        })
        .collect()
}

/// The spans of a stream: name, depth, nanoseconds of begin and end, id, parent and flags.
async fn spans(lake: &TestLake, stream: &TestStream) -> Vec<String> {
    let start = "CAST(TIMESTAMP '2026-01-01T00:00:00' AS BIGINT)";
    let sql = format!(
        "SELECT name, depth, CAST(begin AS BIGINT) - {start}, CAST(\"end\" AS BIGINT) - {start}, \
         id, parent, flags FROM view_instance('thread_spans', '{}') ORDER BY id",
        stream.id()
    );
    lake.query(&sql).await
}

async fn new_stream(lake: &TestLake) -> TestStream {
    let process = TestProcess::new();
    lake.send_process(&process).await;
    process.thread_stream()
}

#[tokio::test]
async fn spans_cross_the_borders_of_blocks() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send(&mut stream, &script(0, "+a +b")).await;
    lake.send(&mut stream, &script(2, "-b +c")).await;
    lake.send(&mut stream, &script(4, "-c -a")).await;
    assert_eq!(
        spans(&lake, &stream).await,
        ["worker-7|0|0|5|-1|0|0", "a|1|0|5|0|-1|0", "b|2|1|2|1|0|0", "c|2|3|4|3|0|0",]
    );
}

#[tokio::test]
async fn the_order_of_arrival_does_not_matter() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    let texts = [(0, "+a +b"), (2, "-b +c"), (4, "-c -a")];
    let mut blocks: Vec<_> =
        texts.iter().map(|(first, text)| stream.block(&script(*first, text))).collect();
    blocks.reverse();
    lake.send_stream(&stream).await;
    for block in blocks {
        lake.send_block(block).await;
    }
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows[1..], ["a|1|0|5|0|-1|0", "b|2|1|2|1|0|0", "c|2|3|4|3|0|0"]);
}

#[tokio::test]
async fn open_spans_are_flagged_and_end_with_the_last_known_event() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send(&mut stream, &script(0, "+a +b -b +c")).await;
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows[1..], ["a|1|0|3|0|-1|1", "b|2|1|2|1|0|0", "c|2|3|3|3|0|1"]);
    lake.send(&mut stream, &script(10, "-c -a")).await;
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows[1..], ["a|1|0|11|0|-1|0", "b|2|1|2|1|0|0", "c|2|3|10|3|0|0"]);
}

#[tokio::test]
async fn a_hole_closes_what_ended_in_it_and_a_late_block_fills_it() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send(&mut stream, &script(0, "+a +b")).await;
    let late = stream.block(&script(2, "-b +c"));
    lake.send(&mut stream, &script(4, "-c -a")).await;
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows[1..], ["a|1|0|5|0|-1|0", "b|2|1|5|1|0|2"]);
    lake.send_block(late).await;
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows[1..], ["a|1|0|5|0|-1|0", "b|2|1|2|1|0|0", "c|2|3|4|3|0|0"]);
}

#[tokio::test]
async fn ends_without_a_begin_make_no_rows() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send(&mut stream, &script(0, "-x +a -y -a")).await;
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows, ["worker-7|0|0|3|-1|0|0", "a|1|1|3|1|-1|0"]);
}

#[tokio::test]
async fn filters_apply_to_spans_but_change_no_span() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send(&mut stream, &script(0, "+a +b")).await;
    lake.send(&mut stream, &script(2, "-b -a")).await;
    let sql = format!(
        "SELECT name, duration, target, filename, line FROM view_instance('thread_spans', '{}') \
         WHERE begin >= TIMESTAMP '2026-01-01T00:00:00.000000001Z' AND name = 'b'",
        stream.id()
    );
    assert_eq!(lake.query(&sql).await, ["b|1|test|test.rs|9"]);
}

#[tokio::test]
async fn many_spans_come_in_several_batches() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    let pairs: String = (0..20_000).map(|i| format!("+f{0} -f{0} ", i % 50)).collect();
    for block in 0..4 {
        lake.send(&mut stream, &script(block * 40_000, &pairs)).await;
    }
    let sql = format!(
        "SELECT count(*), count(DISTINCT name), sum(duration), max(id) \
         FROM view_instance('thread_spans', '{}') WHERE depth > 0",
        stream.id()
    );
    assert_eq!(lake.query(&sql).await, ["80000|50|80000|159998"]);
}
