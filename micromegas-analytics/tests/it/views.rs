//! `log_entries` and `measures`.

use datafusion::arrow::datatypes::DataType;
use micromegas_lakehouse::Tenant;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};

fn log(ticks: i64, level: u32, message: &str) -> Event {
    Event::Log { ticks: START_TICKS + ticks, level, message: message.to_owned() }
}

#[tokio::test]
async fn log_entries_have_the_values_that_were_sent() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    lake.send(&mut process.log_stream(), &[log(0, 4, "hello"), log(1_500, 2, "naïve")]).await;
    let sql = "SELECT exe, username, computer, time, target, level, msg, \
               jsonb_format_json(properties), property_get(process_properties, 'Build') \
               FROM log_entries ORDER BY time";
    let expected = [
        "game|ada|desk|2026-01-01T00:00:00Z|test|4|hello|{}|42",
        "game|ada|desk|2026-01-01T00:00:00.000001500Z|test|2|naïve|{}|42",
    ];
    assert_eq!(lake.query(sql).await, expected);
    lake.materialize().await;
    assert_eq!(lake.query(sql).await, expected);
    assert!(lake.explain(sql).await.contains(".parquet"));
}

#[tokio::test]
async fn integer_metrics_in_ticks_become_seconds_and_other_integers_stay_exact() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let integer = |name, unit, value| Event::Integer { ticks: START_TICKS, name, unit, value };
    let events = [
        integer("busy", "ticks", 1_500_000_000),
        integer("big", "bytes", (1 << 53) + 1),
        Event::Float { ticks: START_TICKS + 1, name: "ratio", value: 0.25 },
    ];
    lake.send(&mut process.metric_stream(), &events).await;
    let sql = "SELECT name, unit, value, integer_value, target FROM measures ORDER BY name";
    let expected = [
        "big|bytes|9007199254740992.0|9007199254740993|test",
        "busy|seconds|1.5|NULL|test",
        "ratio|bytes|0.25|NULL|test",
    ];
    assert_eq!(lake.query(sql).await, expected);
    lake.materialize().await;
    assert_eq!(lake.query(sql).await, expected);
}

#[tokio::test]
async fn a_clock_without_frequency_is_converted_by_the_points_of_its_block() {
    let lake = TestLake::new();
    let mut process = TestProcess::new();
    process.info.tsc_frequency = 1_000;
    let mut stream = process.log_stream();
    process.info.tsc_frequency = 0;
    lake.send_process(&process).await;
    let events = [log(0, 4, "a"), log(500, 4, "b"), log(1_000, 4, "c")];
    lake.send(&mut stream, &events).await;
    assert_eq!(
        lake.query("SELECT msg, time FROM log_entries ORDER BY time").await,
        ["a|2026-01-01T00:00:00Z", "b|2026-01-01T00:00:00.500Z", "c|2026-01-01T00:00:01Z"]
    );
}

#[tokio::test]
async fn an_instance_is_the_global_table_filtered_by_process() {
    let lake = TestLake::new();
    let (one, other) = (TestProcess::new(), TestProcess::new());
    for (process, message) in [(&one, "one"), (&other, "other")] {
        lake.send_process(process).await;
        lake.send(&mut process.log_stream(), &[log(0, 4, message)]).await;
    }
    let id = one.id();
    let instance = format!("SELECT msg FROM view_instance('log_entries', '{id}')");
    let filtered = format!("SELECT msg FROM log_entries WHERE process_id = '{id}'");
    for sql in [&instance, &filtered] {
        assert_eq!(lake.query(sql).await, ["one"]);
        assert!(lake.explain(sql).await.contains("view=log_entries, blocks=1"), "{sql}");
    }
    lake.materialize().await;
    for sql in [&instance, &filtered] {
        assert_eq!(lake.query(sql).await, ["one"]);
    }
}

/// Ids of the streams that a view reads in these tests.
async fn send_everything(lake: &TestLake, process: &TestProcess) -> [String; 2] {
    lake.send_process(process).await;
    let (mut logs, mut metrics) = (process.log_stream(), process.metric_stream());
    for ticks in 0..3 {
        lake.send(&mut logs, &[log(ticks, 4, "m")]).await;
        let ticks = START_TICKS + ticks;
        lake.send(&mut metrics, &[Event::Float { ticks, name: "n", value: 1.0 }]).await;
    }
    [logs.id(), metrics.id()]
}

#[tokio::test]
async fn the_global_table_and_the_instance_decode_and_store_the_same_blocks_once() {
    let lake = TestLake::new();
    let (one, other) = (TestProcess::new(), TestProcess::new());
    let streams = send_everything(&lake, &one).await;
    send_everything(&lake, &other).await;
    let decoded = || lake.options.cache.decoded_count();
    let views = [("log_entries", &streams[0]), ("measures", &streams[1])];
    for (count, (view, stream)) in (1..).zip(views) {
        let instance = format!("SELECT count(*) FROM view_instance('{view}', '{}')", one.id());
        let by_process = format!("SELECT count(*) FROM {view} WHERE process_id = '{}'", one.id());
        let by_stream = format!("SELECT count(*) FROM {view} WHERE stream_id = '{stream}'");
        for sql in [&by_stream, &by_process, &instance] {
            assert_eq!(lake.query(sql).await, ["3"], "{sql}");
            // The three blocks of that process's stream, the first time, and no others.
            assert_eq!(decoded(), 3 * count, "{sql}");
            assert!(lake.explain(sql).await.contains("blocks=3"), "{sql}");
        }
    }
    // What is made of them decodes nothing again.
    for view in ["log_stats", "metric_stats"] {
        let instance = format!("view_instance('{view}', '{}')", one.id());
        let by_process = format!("{view} WHERE process_id = '{}'", one.id());
        for source in [instance, by_process] {
            assert_eq!(lake.query(&format!("SELECT sum(count) FROM {source}")).await, ["3"]);
        }
    }
    assert_eq!(decoded(), 6);
    lake.materialize().await;
    assert_eq!(decoded(), 12);
    let store = lake.lakehouse.store();
    let partitions = || async {
        let version = store.snapshot().await.unwrap().ledger_version;
        let filter = micromegas_lakehouse::PartitionFilter::default();
        store.list_partitions(&[Tenant::default()], version, &filter).await.unwrap()
    };
    let written = partitions().await;
    for (view, stream) in views {
        let of_view: Vec<_> = written.iter().filter(|partition| partition.view == view).collect();
        let [partition] = of_view[..] else { panic!("{view} has one partition: {of_view:?}") };
        assert_eq!(partition.scope, micromegas_lakehouse::Scope::All);
        // A number that people raise, and no hash: a new compiler makes no partition invisible.
        assert_eq!(partition.schema_version, 1);
        assert_eq!(partition.file.as_ref().unwrap().row_count, 6);
        let instance = format!("SELECT count(*) FROM view_instance('{view}', '{}')", one.id());
        let by_stream = format!("SELECT count(*) FROM {view} WHERE stream_id = '{stream}'");
        for sql in [&instance, &by_stream] {
            assert_eq!(lake.query(sql).await, ["3"]);
            let plan = lake.explain(sql).await;
            assert!(plan.contains(&partition.file.as_ref().unwrap().key), "{plan}");
        }
    }
    assert_eq!(decoded(), 12);
    assert_eq!(partitions().await.len(), written.len());
}

#[tokio::test]
async fn an_instance_can_be_joined_aliased_and_used_in_a_subquery() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    lake.send(&mut process.log_stream(), &[log(0, 4, "x"), log(1, 2, "y")]).await;
    let id = process.id();
    let sql = format!(
        "SELECT l.msg, p.exe FROM view_instance('log_entries', '{id}') l \
         JOIN processes p ON l.process_id = p.process_id \
         WHERE l.level IN (SELECT max(level) FROM view_instance('log_entries', '{id}'))"
    );
    assert_eq!(lake.query(&sql).await, ["x|game"]);
}

#[tokio::test]
async fn names_and_ids_that_do_not_exist_are_refused_with_a_hint() {
    let lake = TestLake::new();
    let context = lake.context();
    for (sql, expected) in [
        ("SELECT * FROM view_instance('log_entrys', 'x')", "did you mean \"log_entries\"?"),
        ("SELECT * FROM view_instance('zzz', 'x')", "there are async_events, async_spans"),
        ("SELECT * FROM view_instance('thread_spans', 'x')", "\"x\" is not a stream id"),
        ("SELECT * FROM view_instance('metric_stats', 'x')", "\"x\" is not a process id"),
        ("SELECT * FROM view_instance('log_entries')", "takes two text literals"),
        ("SELECT * FROM view_instance('log_entries', ''' OR 1=1')", "is not a process id"),
        ("SELECT property_get(exe, 'a') FROM processes", "the first argument must be JSONB"),
        ("SELECT * FROM list_quarantined_blocks(1)", "takes no arguments"),
    ] {
        let error = context.sql(sql).await.unwrap_err().to_string();
        assert!(error.contains(expected), "{sql}: {error}");
    }
}

#[tokio::test]
async fn properties_are_jsonb_in_dictionaries() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    lake.send(&mut process.log_stream(), &[log(0, 4, "x")]).await;
    let batches = lake.batches("SELECT process_properties FROM log_entries").await;
    let binary = Box::new(DataType::Binary);
    assert_eq!(
        batches[0].schema().field(0).data_type(),
        &DataType::Dictionary(Box::new(DataType::Int32), binary)
    );
    let sql = "SELECT jsonb_format_json(process_properties), \
               jsonb_as_string(jsonb_get(process_properties, 'build')), \
               property_get(process_properties, 'none'), \
               property_get(properties, exe) FROM log_entries";
    assert_eq!(lake.query(sql).await, ["{\"build\":\"42\"}|42|NULL|NULL"]);
}

#[tokio::test]
async fn an_empty_lake_answers_with_no_rows() {
    let lake = TestLake::new();
    for table in [
        "processes",
        "streams",
        "blocks",
        "log_entries",
        "measures",
        "log_stats",
        "metric_stats",
        "otel_spans",
        "trace_contexts",
        "images",
        "list_event_types()",
        "trace('00000000000000000000000000000001')",
    ] {
        assert_eq!(lake.query(&format!("SELECT count(*) FROM {table}")).await, ["0"]);
        assert!(lake.query(&format!("SELECT * FROM {table}")).await.is_empty());
    }
}

/// The probe side of the join is not polled while the build side waits for the same blocks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_self_join_over_many_fresh_blocks_ends() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.log_stream();
    for block in 0..40_i64 {
        let events: Vec<Event> = (0..500).map(|i| log(block * 500 + i, 4, "m")).collect();
        lake.send(&mut stream, &events).await;
    }
    let sql = "SELECT count(*) FROM log_entries a JOIN log_entries b ON a.time = b.time \
               JOIN log_entries c ON c.time = a.time";
    let answer = tokio::time::timeout(std::time::Duration::from_secs(60), lake.query(sql));
    assert_eq!(answer.await.unwrap(), ["20000"]);
}
