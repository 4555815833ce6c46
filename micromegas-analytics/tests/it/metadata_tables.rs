//! `processes`, `streams` and `blocks`.

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn log(ticks: i64) -> Event {
    Event::Log { ticks: START_TICKS + ticks, level: 4, message: "m".to_owned() }
}

#[tokio::test]
async fn a_process_knows_its_newest_block() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let sql = "SELECT exe, parent_process_id, tsc_frequency, start_time, last_block_end_ticks, \
               last_block_end_time, last_update_time >= insert_time, \
               property_get(properties, 'build') FROM processes";
    let start = "game||1000000000|2026-01-01T00:00:00Z";
    assert_eq!(lake.query(sql).await, [format!("{start}|0|2026-01-01T00:00:00Z|true|42")]);
    lake.send(&mut process.log_stream(), &[log(0), log(500)]).await;
    let end = "500|2026-01-01T00:00:00.000000500Z|true|42";
    assert_eq!(lake.query(sql).await, [format!("{start}|{end}")]);
}

#[tokio::test]
async fn blocks_carry_their_stream_and_process_under_dotted_names() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    lake.send(&mut stream, &[log(0), log(7)]).await;
    lake.send(&mut stream, &[log(9)]).await;
    let sql = "SELECT nb_objects, object_offset, begin_ticks, end_ticks, payload_size > 0, \
               \"streams.tags\", \"streams.format\", \"processes.exe\", \
               length(encode(\"streams.objects_metadata\", 'hex')) > 100, \
               property_get(\"processes.properties\", 'build') FROM blocks ORDER BY object_offset";
    let tail = "true|[log]|micromegas-transit|game|true|42";
    assert_eq!(lake.query(sql).await, [format!("2|0|0|7|{tail}"), format!("1|2|9|9|{tail}")]);
    let by_id = format!("SELECT count(*) FROM blocks WHERE stream_id = '{}'", stream.id());
    assert_eq!(lake.query(&by_id).await, ["2"]);
    let none = "SELECT count(*) FROM blocks WHERE stream_id = 'nonsense'";
    assert_eq!(lake.query(none).await, ["0"]);
}

#[tokio::test]
async fn streams_are_listed_with_their_tags() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    lake.send_stream(&process.log_stream()).await;
    lake.send_stream(&process.thread_stream()).await;
    let sql = "SELECT tags, property_get(properties, 'thread-name'), format FROM streams \
               WHERE array_has(tags, 'cpu')";
    assert_eq!(lake.query(sql).await, ["[cpu]|worker|micromegas-transit"]);
    let id = process.id();
    let of_process = format!("SELECT count(*) FROM streams WHERE process_id IN ('{id}', 'x')");
    assert_eq!(lake.query(&of_process).await, ["2"]);
}

#[tokio::test]
async fn a_block_appears_when_its_stream_has_arrived() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    let mut stream = process.log_stream();
    lake.send_block(stream.block(&[log(0)])).await;
    lake.send_process(&process).await;
    assert_eq!(lake.query("SELECT count(*) FROM log_entries").await, ["0"]);
    lake.materialize().await;
    lake.send_stream(&stream).await;
    assert_eq!(lake.query("SELECT count(*) FROM log_entries").await, ["1"]);
    assert_eq!(lake.query("SELECT count(*) FROM blocks").await, ["1"]);
}
