//! `thread_spans`: exact across the borders of blocks.

use proptest::prelude::*;

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

#[tokio::test]
async fn a_block_that_carries_its_stack_mends_the_hole_before_it() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send(&mut stream, &script(0, "+a +b")).await;
    // `-b +c` is lost; what follows knows that `c` began, and when.
    stream.skip(2);
    let open = [(0, START_TICKS, "a"), (3, START_TICKS + 3, "c")];
    lake.send_block(stream.planar_block(&script(4, "-c -a"), &open)).await;
    let rows = spans(&lake, &stream).await;
    assert_eq!(rows[1..], ["a|1|0|5|0|-1|0", "b|2|1|4|1|0|2", "c|2|3|4|3|0|0"]);
}

#[tokio::test]
async fn a_stream_of_which_only_a_later_block_arrived_has_the_spans_that_it_carries() {
    let lake = TestLake::new();
    let mut stream = new_stream(&lake).await;
    lake.send_stream(&stream).await;
    stream.skip(2);
    let open = [(0, START_TICKS, "a"), (1, START_TICKS + 1, "b")];
    lake.send_block(stream.planar_block(&script(2, "-b +c -c"), &open)).await;
    assert_eq!(
        spans(&lake, &stream).await,
        ["worker-7|0|0|4|-1|0|0", "a|1|0|4|0|-1|1", "b|2|1|2|1|0|0", "c|2|3|4|3|0|0"]
    );
}

#[tokio::test]
async fn all_threads_of_a_process_are_one_table() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let (mut one, mut two) = (process.thread_stream(), process.thread_stream());
    lake.send(&mut one, &script(0, "+a +b")).await;
    lake.send(&mut two, &script(1, "+x -x")).await;
    lake.send(&mut one, &script(2, "-b -a")).await;
    let other = TestProcess::new();
    lake.send_process(&other).await;
    lake.send(&mut other.thread_stream(), &script(0, "+elsewhere -elsewhere")).await;
    let sql = format!(
        "SELECT name, depth, duration, thread_name, stream_id = '{}' \
         FROM thread_spans('{}') WHERE depth > 0 ORDER BY name",
        one.id(),
        process.id()
    );
    let expected = ["a|1|3|worker-7|true", "b|2|1|worker-7|true", "x|1|1|worker-7|false"];
    assert_eq!(lake.query(&sql).await, expected);
    let roots = format!("SELECT count(*) FROM thread_spans('{}') WHERE depth = 0", process.id());
    assert_eq!(lake.query(&roots).await, ["2"]);
    for (sql, expected) in [
        ("SELECT * FROM thread_spans()", "takes one text literal"),
        ("SELECT * FROM thread_spans('x')", "\"x\" is not a process id"),
    ] {
        let error = lake.context().sql(sql).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{sql}: {error}");
    }
}

/// The rows of a whole stream, found by the simplest means: for each begin, the end that closes
/// it, by counting.
fn naive(events: &[(bool, u8)]) -> Vec<String> {
    let last = events.len() as i64 - 1;
    let mut rows = vec![format!("worker-7|0|0|{last}|-1|0|0")];
    let mut open: Vec<usize> = Vec::new();
    let mut ended = vec![None; events.len()];
    let mut placed = vec![(0, -1); events.len()];
    for (index, (is_begin, name)) in events.iter().enumerate() {
        if *is_begin {
            placed[index] = (open.len() + 1, open.last().map_or(-1, |parent| *parent as i64));
            open.push(index);
            continue;
        }
        let Some(place) = open.iter().rposition(|begin| events[*begin].1 == *name) else {
            continue;
        };
        for begin in open.drain(place..) {
            let flag = if events[begin].1 == *name { 0 } else { 2 };
            ended[begin] = Some((index as i64, flag));
        }
    }
    for (index, (is_begin, name)) in events.iter().enumerate() {
        if *is_begin {
            let (end, flags) = ended[index].unwrap_or((last, 1));
            let (depth, parent) = placed[index];
            let name = char::from(b'a' + name);
            rows.push(format!("{name}|{depth}|{index}|{end}|{index}|{parent}|{flags}"));
        }
    }
    rows
}

/// The stack before each event, as (number of the begin, name).
fn stacks(events: &[(bool, u8)]) -> Vec<Vec<(i64, u8)>> {
    let mut stack: Vec<(i64, u8)> = Vec::new();
    let mut stacks = Vec::new();
    for (index, (is_begin, name)) in (0..).zip(events) {
        stacks.push(stack.clone());
        if *is_begin {
            stack.push((index, *name));
        } else if let Some(place) = stack.iter().rposition(|(_, open)| open == name) {
            stack.truncate(place);
        }
    }
    stacks
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn blocks_of_any_size_and_form_give_the_rows_of_a_naive_reading(
        events in prop::collection::vec((any::<bool>(), 0..4_u8), 1..60),
        lengths in prop::collection::vec((1..12_usize, any::<bool>()), 60),
        arrival in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let lake = TestLake::new();
            let mut stream = new_stream(&lake).await;
            lake.send_stream(&stream).await;
            let stacks = stacks(&events);
            let (mut first, mut blocks) = (0, Vec::new());
            for (length, is_planar) in lengths {
                let end = (first + length).min(events.len());
                if first == end {
                    break;
                }
                let event = |(index, (is_begin, name)): (i64, &(bool, u8))| {
                    let (ticks, name) = (START_TICKS + index, char::from(b'a' + name).to_string());
                    if *is_begin { Event::Begin { ticks, name } } else { Event::End { ticks, name } }
                };
                let run: Vec<Event> =
                    (first as i64..).zip(&events[first..end]).map(event).collect();
                let names: Vec<String> =
                    stacks[first].iter().map(|(_, name)| char::from(b'a' + name).to_string()).collect();
                let open: Vec<(i64, i64, &str)> = stacks[first]
                    .iter()
                    .zip(&names)
                    .map(|((id, _), name)| (*id, START_TICKS + id, name.as_str()))
                    .collect();
                blocks.push(match is_planar {
                    true => stream.planar_block(&run, &open),
                    false => stream.block(&run),
                });
                first = end;
            }
            if arrival % 2 == 0 {
                blocks.reverse();
            }
            let rotation = arrival as usize % blocks.len();
            blocks.rotate_left(rotation);
            for block in blocks {
                lake.send_block(block).await;
            }
            assert_eq!(spans(&lake, &stream).await, naive(&events[..first]));
        });
    }
}
