//! Partitions in SQL: what there is, how far behind it is, and what administrators do about it.

use chrono::{DateTime, SecondsFormat, Utc};
use micromegas_lakehouse::{
    BlockFilter, BlockRecord, CommitSequence, LeaseKey, Principal, Rights, Tenant,
};

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess, TestStream, lines};

fn log(number: i64) -> Event {
    Event::Log { ticks: START_TICKS + number, level: 4, message: format!("m{number}") }
}

/// A lake with one process, of whose log some blocks have come.
async fn lake_of(block_count: i64) -> (TestLake, TestStream) {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    for number in 0..block_count {
        lake.send(&mut stream, &[log(number)]).await;
    }
    (lake, stream)
}

async fn blocks(lake: &TestLake) -> Vec<BlockRecord> {
    let (tenants, all) = ([Tenant::default()], BlockFilter::default());
    lake.lakehouse.store().list_blocks(&tenants, &all, 1_000).await.unwrap()
}

fn literal(time: DateTime<Utc>) -> String {
    format!("TIMESTAMP '{}'", time.to_rfc3339_opts(SecondsFormat::Nanos, true))
}

const MESSAGES: &str = "SELECT msg FROM log_entries ORDER BY msg";
const ROWS: &str = "SELECT view_set_name, view_instance_id, num_rows FROM list_partitions() \
                    WHERE view_set_name = 'log_entries' ORDER BY begin_insert_time";

async fn error(lake: &TestLake, sql: &str) -> String {
    match lake.context().sql(sql).await {
        Ok(frame) => frame.collect().await.unwrap_err().to_string(),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn partitions_are_listed_with_what_they_hold() {
    let (lake, _stream) = lake_of(2).await;
    assert!(lake.query(ROWS).await.is_empty());
    lake.materialize().await;
    assert_eq!(lake.query(ROWS).await, ["log_entries|global|2"]);
    let blocks = blocks(&lake).await;
    let sql = format!(
        "SELECT begin_insert_time = {}, end_insert_time > {}, \
         CAST(max_event_time AS BIGINT) - CAST(min_event_time AS BIGINT), \
         max_sort_key_time = max_event_time, sort_order, partition_format_version, \
         file_size > 0, file_path LIKE 'views/default/log_entries/%.parquet', \
         arrow_typeof(file_schema_hash), source_data_hash IS NOT NULL, tenant \
         FROM list_partitions() WHERE view_set_name = 'log_entries'",
        literal(blocks[0].insert_time),
        literal(blocks[1].insert_time)
    );
    let expected = "true|true|1|true|[time]|2|true|true|Binary|true|default";
    assert_eq!(lake.query(&sql).await, [expected]);
}

#[tokio::test]
async fn view_sets_are_listed_with_their_columns() {
    let lake = TestLake::new();
    let sql = "SELECT view_set_name, schema LIKE '%process_id: Dictionary%', has_view_maker, \
               global_instance_available, is_materialized FROM list_view_sets() \
               WHERE view_set_name IN ('log_entries', 'thread_spans', 'net_spans') \
               ORDER BY view_set_name";
    let expected = [
        "log_entries|true|true|true|true",
        "net_spans|true|true|false|false",
        "thread_spans|false|true|false|false",
    ];
    assert_eq!(lake.query(sql).await, expected);
}

#[tokio::test]
async fn the_lag_of_a_view_is_the_age_of_its_oldest_fresh_block() {
    let (lake, mut stream) = lake_of(2).await;
    let sql = "SELECT view_set_name, partition_count, fresh_block_count, fresh_bytes > 0, \
               oldest_fresh_insert_time IS NULL, lag > 0, quarantined_block_count \
               FROM lakehouse_lag() WHERE view_set_name IN ('log_entries', 'measures') ORDER BY view_set_name";
    let behind = ["log_entries|0|2|true|false|true|0", "measures|0|0|false|true|false|0"];
    assert_eq!(lake.query(sql).await, behind);
    lake.materialize().await;
    let whole = ["log_entries|1|0|false|true|false|0", "measures|0|0|false|true|false|0"];
    assert_eq!(lake.query(sql).await, whole);
    lake.send(&mut stream, &[log(7)]).await;
    assert!(lake.query(sql).await[0].starts_with("log_entries|1|1|true|false|true"));
}

#[tokio::test]
async fn a_range_is_written_down_in_steps_and_the_rest_stays_fresh() {
    let (lake, mut stream) = lake_of(2).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    lake.send(&mut stream, &[log(2)]).await;
    lake.send(&mut stream, &[log(3)]).await;
    let blocks = blocks(&lake).await;
    // The last block is the first one after the range.
    let (begin, end) = (literal(blocks[0].insert_time), literal(blocks[3].insert_time));
    let sql = format!("SELECT msg FROM materialize_partitions('log_entries', {begin}, {end}, 1)");
    let told = lake.query(&sql).await;
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].contains("2 blocks with 2 rows written down in 1 partitions"), "{told:?}");
    assert!(told[1].contains("1 blocks with 1 rows written down in 1 partitions"), "{told:?}");
    assert_eq!(told[2], "log_entries: 3 blocks written down in all");
    assert_eq!(lake.query(ROWS).await, ["log_entries|global|2", "log_entries|global|1"]);
    assert!(lake.explain(MESSAGES).await.contains("blocks=1"));
    assert_eq!(lake.query(MESSAGES).await, ["m0", "m1", "m2", "m3"]);
    assert_eq!(lake.query(&sql).await, ["log_entries: 0 blocks written down in all"]);
}

#[tokio::test]
async fn retired_partitions_are_fresh_again_and_only_those_within_the_range() {
    let (lake, mut stream) = lake_of(2).await;
    lake.materialize().await;
    lake.send(&mut stream, &[log(2)]).await;
    lake.materialize().await;
    // What is listed can be handed on as it is.
    let bounds = "SELECT begin_insert_time, end_insert_time FROM list_partitions() \
                  WHERE view_set_name = 'log_entries' ORDER BY begin_insert_time";
    let first = lake.query(bounds).await[0].clone();
    let (begin, end) = first.split_once('|').unwrap();
    let retire =
        format!("SELECT msg FROM retire_partitions('log_entries', 'global', '{begin}', '{end}')");
    let told = lake.query(&retire).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].contains("of 2 rows retired"), "{told:?}");
    assert_eq!(lake.query(ROWS).await, ["log_entries|global|1"]);
    assert!(lake.explain(MESSAGES).await.contains("blocks=2"));
    assert_eq!(lake.query(MESSAGES).await, ["m0", "m1", "m2"]);
    assert_eq!(lake.query(&retire).await, ["log_entries: 0 partitions retired in all"]);
    // Who asked for it is known.
    let audited = "SELECT actor, action, target, property_get(details, 'begin') = '{begin}', \
                   property_get(details, 'end') IS NOT NULL FROM audit_log";
    let begin = chrono::DateTime::parse_from_rfc3339(begin).unwrap().to_utc().to_rfc3339();
    let line = format!("{}|partitions.retire|log_entries|true|true", Principal::local().subject());
    let audited = audited.replace("{begin}", &begin);
    assert_eq!(lake.query(&audited).await, [line.clone(), line]);
}

#[tokio::test]
async fn partitions_are_made_anew_of_what_the_lake_holds_and_else_stay() {
    let (lake, mut stream) = lake_of(3).await;
    lake.materialize().await;
    let files = "SELECT file_path FROM list_partitions() WHERE view_set_name = 'log_entries' ORDER BY begin_insert_time";
    let before = lake.query(files).await;
    let all = "TIMESTAMP '2000-01-01T00:00:00Z', TIMESTAMP '2100-01-01T00:00:00Z'";
    let regenerate =
        format!("SELECT msg FROM regenerate_partitions('log_entries', {all}, 5000000000)");
    let told = lake.query(&regenerate).await;
    assert!(told[0].contains("3 rows made anew"), "{told:?}");
    assert_eq!(told[1], "log_entries: 1 partitions made anew in all");
    let after = lake.query(files).await;
    assert!(after.len() == 1 && after != before, "{before:?} {after:?}");
    assert!(!lake.explain(MESSAGES).await.contains("FreshBlocksExec"));
    assert_eq!(lake.query(MESSAGES).await, ["m0", "m1", "m2"]);

    // A step that ends between two blocks of a partition.
    let blocks = blocks(&lake).await;
    let (begin, end) = (literal(blocks[0].insert_time), literal(blocks[2].insert_time));
    let narrow = format!("SELECT msg FROM regenerate_partitions('log_entries', {begin}, {end}, 1)");
    assert!(error(&lake, &narrow).await.contains("across the border"));

    // One of its blocks has left the lake.
    let store = lake.lakehouse.store();
    store.remove_blocks(&Tenant::default(), &[CommitSequence::new(2)]).await.unwrap();
    let refused = error(&lake, &regenerate).await;
    assert!(refused.contains(&format!("block {}", blocks[1].block_id)), "{refused}");
    assert!(refused.contains("does not hold any more"), "{refused}");
    assert_eq!(lake.query(files).await, after);
    assert_eq!(lake.query(MESSAGES).await, ["m0", "m1", "m2"]);
    // The view's lease is free again.
    lake.send(&mut stream, &[log(3)]).await;
    lake.materialize().await;
    assert!(!lake.explain(MESSAGES).await.contains("FreshBlocksExec"));
}

#[tokio::test]
async fn a_job_waits_for_who_works_on_the_view_and_says_so() {
    let (lake, _stream) = lake_of(1).await;
    let key = LeaseKey::new(Tenant::default(), "view/log_entries");
    let (store, ttl) = (lake.lakehouse.store(), std::time::Duration::from_millis(300));
    assert!(store.acquire_lease(&key, "other", ttl).await.unwrap().is_some());
    let all = "'2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z'";
    let sql = format!("SELECT msg FROM materialize_partitions('log_entries', {all}, 86400)");
    let told = lake.query(&sql).await;
    assert_eq!(told[0], "waiting for who works on log_entries now");
    assert!(told[1].contains("1 blocks with 1 rows"), "{told:?}");
}

#[tokio::test]
async fn only_administrators_change_partitions() {
    let (lake, _stream) = lake_of(1).await;
    lake.materialize().await;
    let tenants = [Tenant::default()];
    let reader = Principal::new("ada", tenants, Rights::QUERY).unwrap();
    let context = lake.context_of(reader);
    let all = "'2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z'";
    for sql in [
        format!("SELECT * FROM retire_partitions('log_entries', 'global', {all})"),
        format!("SELECT * FROM materialize_partitions('log_entries', {all}, 1)"),
        format!("SELECT * FROM regenerate_partitions('log_entries', {all}, 1)"),
    ] {
        let error = context.sql(&sql).await.unwrap_err().to_string();
        assert!(error.contains("_partitions' not found"), "{error}");
    }
    let listed = context.sql(ROWS).await.unwrap().collect().await.unwrap();
    assert_eq!(lines(&listed), ["log_entries|global|1"]);
}

#[tokio::test]
async fn planning_a_job_does_nothing() {
    let (lake, _stream) = lake_of(1).await;
    let all = "'2000-01-01T00:00:00Z', '2100-01-01T00:00:00Z'";
    let sql = format!("SELECT * FROM materialize_partitions('log_entries', {all}, 60)");
    assert!(lake.explain(&sql).await.contains("ComputedExec: materialize_partitions"));
    assert!(lake.query(ROWS).await.is_empty());
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused_with_the_usage() {
    let lake = TestLake::new();
    let (begin, end) = ("'2000-01-01T00:00:00Z'", "'2100-01-01T00:00:00Z'");
    for (call, reason) in [
        ("retire_partitions('log_entries')".to_owned(), "takes four literals"),
        (format!("retire_partitions('mesures', 'global', {begin}, {end})"), "\"measures\"?"),
        (format!("retire_partitions('measures', 'x', {begin}, {end})"), "no partitions of its own"),
        (format!("retire_partitions('measures', 'global', {end}, {begin})"), "before it begins"),
        (format!("materialize_partitions('measures', {begin}, {end}, 0)"), "are no step"),
        (format!("materialize_partitions('measures', {begin}, {end}, 'x')"), "number of seconds"),
        (format!("regenerate_partitions('measures', 'x', {end}, 1)"), "is not a time"),
    ] {
        let error = error(&lake, &format!("SELECT * FROM {call}")).await;
        assert!(error.contains(reason), "{call}: {error}");
    }
}
