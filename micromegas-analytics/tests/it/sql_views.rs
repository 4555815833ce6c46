//! Views that are queries: made, kept up, replaced and dropped, with the same rows all the while.

use micromegas_analytics::{Options, SqlView, Tables};
use micromegas_lakehouse::{
    BlockFilter, BlockRecord, Coverage, Lakehouse, Principal, QuarantineKey, RecordKey, Rights,
    Tenant, forget_process,
};

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess, TestStream};

/// A minute of the clock of test processes.
const MINUTE: i64 = 60_000_000_000;

/// As people write it, placeholders and all.
const LOG_STATS: &str = "
SELECT date_bin('1 minute', time) as time_bin, process_id, level, target, count(*) AS count
FROM log_entries
WHERE insert_time >= '{begin}' AND insert_time < '{end}'
GROUP BY process_id, level, target, time_bin";

fn log(ticks: i64, level: u32) -> Event {
    Event::Log { ticks: START_TICKS + ticks, level, message: format!("m{ticks}") }
}

fn float(ticks: i64, name: &'static str, value: f64) -> Event {
    Event::Float { ticks: START_TICKS + ticks, name, value }
}

fn tables(lake: &TestLake) -> Tables {
    Tables::try_new(lake.lakehouse.clone(), lake.options.clone()).unwrap()
}

/// Does what a statement says, and tells what was told.
async fn execute(lake: &TestLake, sql: &str) -> Vec<String> {
    let told = tables(lake).execute_view_statement(&Principal::local(), sql).await;
    told.unwrap().expect("a statement about views")
}

async fn refusal(lake: &TestLake, sql: &str) -> String {
    let told = tables(lake).execute_view_statement(&Principal::local(), sql).await;
    told.expect_err(sql).to_string()
}

async fn materialize(lake: &TestLake, view: &str) -> usize {
    let done = lake.materializer().materialize(&Tenant::default(), view).await.unwrap();
    done.partition_count
}

async fn partition_count(lake: &TestLake, view: &str) -> String {
    let sql = format!("SELECT count(*) FROM list_partitions() WHERE view_set_name = '{view}'");
    lake.query(&sql).await.remove(0)
}

async fn blocks(lake: &TestLake) -> Vec<BlockRecord> {
    let (tenants, all) = ([Tenant::default()], BlockFilter::default());
    lake.lakehouse.store().list_blocks(&tenants, &all, 1_000).await.unwrap()
}

/// A lake with two processes, of which logs and metrics have come.
async fn lake_of(block_count: i64) -> (TestLake, Vec<TestStream>) {
    let lake = TestLake::new();
    let mut streams = Vec::new();
    for _ in 0..2 {
        let process = TestProcess::new();
        lake.send_process(&process).await;
        streams.push(process.log_stream());
        streams.push(process.metric_stream());
    }
    for number in 0..block_count {
        more(&lake, &mut streams, number).await;
    }
    (lake, streams)
}

/// One block more of each stream.
async fn more(lake: &TestLake, streams: &mut [TestStream], number: i64) {
    for (index, stream) in streams.iter_mut().enumerate() {
        let ticks = number * MINUTE / 3 + index as i64;
        if index % 2 == 0 {
            lake.send(stream, &[log(ticks, 4), log(ticks + 1, 2)]).await;
        } else {
            let values = [(ticks, 0.5), (ticks + 7, number as f64), (ticks + 9, -2.25)];
            let events: Vec<Event> =
                values.iter().map(|(ticks, value)| float(*ticks, "n", *value)).collect();
            lake.send(stream, &events).await;
        }
    }
}

#[tokio::test]
async fn the_published_log_stats_are_accepted_as_they_are_written() {
    let (lake, mut streams) = lake_of(3).await;
    let told = execute(&lake, &format!("CREATE MATERIALIZED VIEW mine AS {LOG_STATS}")).await;
    assert_eq!(told[0], "view mine is made");
    let (mine, published) = ("SELECT * FROM mine", "SELECT * FROM log_stats");
    let rows = async |sql: &str| {
        let mut rows = lake.query(sql).await;
        rows.sort();
        rows
    };
    let expected = rows(published).await;
    assert!(expected.len() > 3);
    assert_eq!(rows(mine).await, expected);
    // Written down, and partly so.
    assert_eq!(materialize(&lake, "mine").await, 1);
    assert_eq!(rows(mine).await, expected);
    assert!(!lake.explain(mine).await.contains("FreshBlocksExec"), "{}", lake.explain(mine).await);
    more(&lake, &mut streams, 3).await;
    let expected = rows(published).await;
    assert_eq!(rows(mine).await, expected);
    assert!(lake.explain(mine).await.contains("blocks=2"), "{}", lake.explain(mine).await);
    lake.materialize().await;
    assert_eq!(rows(mine).await, expected);
    assert_eq!(rows(published).await, expected);
    let types = "SELECT arrow_typeof(time_bin), arrow_typeof(process_id), arrow_typeof(level), \
                 arrow_typeof(target), arrow_typeof(count) FROM mine LIMIT 1";
    assert_eq!(lake.query(types).await, lake.query(&types.replace("mine", "log_stats")).await);
}

#[tokio::test]
async fn partitions_hold_states_and_are_merged_into_fewer() {
    let (lake, mut streams) = lake_of(0).await;
    execute(&lake, &format!("CREATE MATERIALIZED VIEW mine AS {LOG_STATS}")).await;
    for number in 0..7 {
        more(&lake, &mut streams, number).await;
        assert_eq!(materialize(&lake, "mine").await, 1);
        assert_eq!(materialize(&lake, "mine").await, 0);
    }
    assert_eq!(partition_count(&lake, "mine").await, "7");
    let sql = "SELECT * FROM mine ORDER BY 1, 2, 3, 4";
    let before = lake.query(sql).await;
    assert!(lake.materializer().compact(&Tenant::default(), "mine").await.unwrap() >= 3);
    assert_eq!(lake.query(sql).await, before);
    assert_ne!(partition_count(&lake, "mine").await, "7");
    // As many rows as the view has, not as the log has.
    let rows = "SELECT sum(num_rows) FROM list_partitions() WHERE view_set_name = 'mine'";
    let stored: usize = lake.query(rows).await[0].parse().unwrap();
    assert!(stored < 28 && stored >= before.len(), "{stored} for {}", before.len());
}

/// Aggregates of all kinds that can be kept up, by expressions of several kinds.
const EVERYTHING: &str = "
SELECT date_trunc('hour', time) AS hour, upper(name) AS upper_name, value > 0 AS is_positive,
       count(*) AS number, count(value) AS count, sum(value) AS sum, min(value) AS min,
       max(time) AS latest, avg(value) AS mean, bool_and(value > 1) AS every,
       bool_or(value > 1) AS some, first_value(value ORDER BY time) AS first,
       last_value(value ORDER BY time, value) FILTER (WHERE value <> 3) AS last,
       sum(value * value) / count(*) AS mean_square, bit_xor(CAST(value AS BIGINT)) AS bits,
       exponential_histogram(value) AS histogram,
       count(*) FILTER (WHERE value < 0) AS negative
FROM measures
GROUP BY 1, 2, 3
HAVING count(*) > 1";

/// The same as people would ask, but for the histogram.
fn asked(sql: &str) -> String {
    format!("SELECT * EXCEPT (histogram) FROM ({sql}) ORDER BY 1, 2, 3")
}

#[tokio::test]
async fn all_mergeable_aggregates_are_what_the_source_says() {
    let (lake, mut streams) = lake_of(4).await;
    execute(&lake, &format!("CREATE MATERIALIZED VIEW everything AS {EVERYTHING}")).await;
    let view = asked("SELECT * FROM everything");
    for number in 4..9 {
        let expected = lake.query(&asked(EVERYTHING)).await;
        assert!(expected.len() >= 2, "{expected:?}");
        assert_eq!(lake.query(&view).await, expected);
        assert_eq!(materialize(&lake, "everything").await, 1);
        assert_eq!(lake.query(&view).await, expected);
        if number == 6 {
            lake.materializer().compact(&Tenant::default(), "everything").await.unwrap();
            assert_eq!(lake.query(&view).await, expected);
        }
        more(&lake, &mut streams, number).await;
    }
    let medians = |table: &str| {
        format!(
            "SELECT exponential_histogram_quantile(merge_exponential_histograms(histogram), 0.5) FROM {table}"
        )
    };
    assert_eq!(
        lake.query(&medians("everything")).await,
        lake.query(&medians(&format!("({EVERYTHING})"))).await
    );
}

#[tokio::test]
async fn a_view_without_keys_is_one_row_and_one_without_aggregates_is_rows() {
    let (lake, mut streams) = lake_of(0).await;
    let total = "SELECT count(*) AS n, max(level) AS worst FROM log_entries WHERE level < 4";
    let errors = "SELECT time, process_id, msg FROM log_entries WHERE level < 4";
    execute(&lake, &format!("CREATE MATERIALIZED VIEW total AS {total}")).await;
    execute(&lake, &format!("CREATE MATERIALIZED VIEW errors AS {errors}")).await;
    for number in 0..4 {
        assert_eq!(lake.query("SELECT * FROM total").await, lake.query(total).await);
        let ordered = "SELECT * FROM errors ORDER BY time, process_id";
        let expected = lake.query(&format!("{errors} ORDER BY time, process_id")).await;
        assert_eq!(lake.query(ordered).await, expected);
        more(&lake, &mut streams, number).await;
        materialize(&lake, "total").await;
        materialize(&lake, "errors").await;
    }
    lake.materializer().compact(&Tenant::default(), "errors").await.unwrap();
    assert_eq!(lake.query("SELECT n FROM total").await, ["8"]);
    assert_eq!(lake.query("SELECT count(*) FROM errors").await, ["8"]);
}

#[tokio::test]
async fn what_cannot_be_kept_up_is_refused_by_name() {
    let lake = TestLake::new();
    let cases = [
        ("SELECT count(DISTINCT target) FROM log_entries", "count(DISTINCT …)"),
        ("SELECT DISTINCT target FROM log_entries", "have DISTINCT"),
        (
            "SELECT target, row_number() OVER (ORDER BY time) FROM log_entries",
            "window function row_number()",
        ),
        ("SELECT target, count(*) FROM log_entries GROUP BY 1 LIMIT 5", "have LIMIT"),
        ("SELECT target, count(*) FROM log_entries GROUP BY 1 ORDER BY 2 LIMIT 5", "have LIMIT"),
        ("SELECT a.target FROM log_entries a JOIN log_entries b ON a.msg = b.msg", "have a join"),
        ("SELECT target FROM log_entries UNION ALL SELECT target FROM measures", "have UNION"),
        ("SELECT median(value) FROM measures", "exponential_histogram"),
        ("SELECT stddev(value) FROM measures", "keep count(x), sum(x) and sum(x * x)"),
        ("SELECT array_agg(msg) FROM log_entries", "have array_agg()"),
        ("SELECT first_value(msg) FROM log_entries", "first_value() without ORDER BY"),
        ("SELECT now() AS t, count(*) FROM log_entries GROUP BY 1", "have now()"),
        ("SELECT count(*) FROM log_entries WHERE random() < 0.5", "have random()"),
        ("SELECT count(*) FROM log_entries WHERE msg IN (SELECT unit FROM measures)", "subquery"),
        (
            "SELECT target, level, count(*) FROM log_entries GROUP BY ROLLUP (target, level)",
            "ROLLUP",
        ),
        ("SELECT max(n) FROM (SELECT count(*) AS n FROM measures GROUP BY name)", "an aggregation"),
        ("SELECT 1 AS one", "rows of its own"),
        ("SELECT count(*) FROM processes", "reads one of log_entries, measures"),
        ("SELECT count(*) FROM log_stats", "reads one of log_entries, measures"),
        ("SELECT nothing FROM log_entries", "nothing"),
    ];
    for (sql, expected) in cases {
        let error = refusal(&lake, &format!("CREATE MATERIALIZED VIEW v AS {sql}")).await;
        assert!(error.contains(expected), "{sql}: {error}");
    }
    let sql = "SELECT count(*) AS n FROM log_entries";
    for (name, expected) in [
        ("log_entries", "always there"),
        ("trace", "always there"),
        ("\"A b\"", "no name"),
        ("a.b", "no name"),
    ] {
        let error = refusal(&lake, &format!("CREATE MATERIALIZED VIEW {name} AS {sql}")).await;
        assert!(error.contains(expected), "{name}: {error}");
    }
    assert!(lake.lakehouse.store().list_views(&[Tenant::default()]).await.unwrap().is_empty());
}

#[tokio::test]
async fn views_are_replaced_and_dropped_and_nothing_of_them_stays() {
    let (lake, _streams) = lake_of(3).await;
    let create = "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM log_entries";
    execute(&lake, create).await;
    materialize(&lake, "v").await;
    assert!(refusal(&lake, create).await.contains("there is a view v already"));
    let again = create.replace("VIEW v", "VIEW IF NOT EXISTS v");
    assert!(execute(&lake, &again).await[0].contains("stays as it is"));
    assert_eq!(lake.query("SELECT n FROM v").await, ["12"]);
    let replace = "CREATE OR REPLACE MATERIALIZED VIEW v AS \
                   SELECT level, count(*) AS n FROM log_entries GROUP BY level";
    assert!(execute(&lake, replace).await[0].contains("version 2"));
    let sql = "SELECT level, n FROM v ORDER BY level";
    assert_eq!(lake.query(sql).await, ["2|6", "4|6"]);
    materialize(&lake, "v").await;
    assert_eq!(lake.query(sql).await, ["2|6", "4|6"]);
    assert_eq!(partition_count(&lake, "v").await, "1");
    execute(&lake, "DROP MATERIALIZED VIEW v").await;
    assert_eq!(partition_count(&lake, "v").await, "0");
    assert!(lake.context().sql("SELECT * FROM v").await.is_err());
    assert!(refusal(&lake, "DROP MATERIALIZED VIEW v").await.contains("no view v"));
    execute(&lake, "DROP MATERIALIZED VIEW IF EXISTS v").await;
    assert!(refusal(&lake, "DROP MATERIALIZED VIEW log_stats").await.contains("no view log_stats"));
    execute(&lake, create).await;
    assert_eq!(lake.query("SELECT n FROM v").await, ["12"]);
}

#[tokio::test]
async fn definitions_are_seen_by_everybody_of_the_tenant_and_survive() {
    let folder = tempfile::tempdir().unwrap();
    let create = "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM log_entries";
    let listed = "SELECT view_set_name, is_materialized, definition, tenant FROM list_view_sets() \
                  WHERE definition IS NOT NULL AND tenant IS NOT NULL";
    let expected = ["v|true|SELECT count(*) AS n FROM log_entries|default"];
    {
        let lake = TestLake::of(Lakehouse::open_local(folder.path()).await.unwrap());
        let before = lake.context();
        assert!(before.sql("SELECT * FROM v").await.is_err());
        execute(&lake, create).await;
        // A context that was made before knows it too.
        let frame = before.sql("SELECT n FROM v").await.unwrap();
        assert_eq!(crate::fixture::lines(&frame.collect().await.unwrap()), ["0"]);
        assert_eq!(lake.query(listed).await, expected);
        let other = Principal::new("eve", [Tenant::new("other").unwrap()], Rights::ALL).unwrap();
        let of_other = lake.context_of(other.clone());
        assert!(of_other.sql("SELECT * FROM v").await.is_err());
        let frame = of_other.sql(listed).await.unwrap();
        assert!(crate::fixture::lines(&frame.collect().await.unwrap()).is_empty());
    }
    let lake = TestLake::of(Lakehouse::open_local(folder.path()).await.unwrap());
    assert_eq!(lake.query(listed).await, expected);
    assert_eq!(lake.query("SELECT n FROM v").await, ["0"]);
}

#[tokio::test]
async fn only_administrators_make_and_drop_views() {
    let lake = TestLake::new();
    let rights = Rights::INGEST | Rights::QUERY;
    let reader = Principal::new("bob", [Tenant::default()], rights).unwrap();
    for sql in [
        "CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM log_entries",
        "DROP MATERIALIZED VIEW IF EXISTS v",
    ] {
        let error = tables(&lake).execute_view_statement(&reader, sql).await.unwrap_err();
        assert!(error.to_string().contains("the right `admin`"), "{error}");
    }
    let query = tables(&lake).execute_view_statement(&reader, "SELECT 1").await.unwrap();
    assert_eq!(query, None);
}

#[tokio::test]
async fn blocks_that_cannot_be_read_are_missed_until_they_can() {
    let (lake, _streams) = lake_of(5).await;
    execute(&lake, &format!("CREATE MATERIALIZED VIEW mine AS {LOG_STATS}")).await;
    let mut logs: Vec<BlockRecord> = blocks(&lake).await;
    let store = lake.lakehouse.store();
    let streams = store.list_streams(&[Tenant::default()], &Default::default(), 100).await.unwrap();
    logs.retain(|block| {
        let stream = streams.iter().find(|s| s.stream_id == block.stream_id).unwrap();
        stream.tags == ["log"]
    });
    // The first, the last, and one in the middle.
    let keys: Vec<QuarantineKey> = [0, 4, logs.len() - 1]
        .map(|index| QuarantineKey {
            tenant: Tenant::default(),
            view: "log_entries".to_owned(),
            block_id: logs[index].block_id,
        })
        .into();
    let total = "SELECT sum(count) FROM mine";
    assert_eq!(lake.query(total).await, ["20"]);
    for key in &keys {
        store.quarantine_block(key, "for now").await.unwrap();
    }
    assert_eq!(lake.query(total).await, ["14"]);
    assert_eq!(materialize(&lake, "mine").await, 1);
    assert_eq!(lake.query(total).await, ["14"]);
    for (key, expected) in keys.iter().zip(["16", "18", "20"]) {
        assert!(store.release_quarantined_block(key).await.unwrap());
        assert_eq!(lake.query(total).await, [expected]);
        assert!(materialize(&lake, "mine").await > 0);
        assert_eq!(lake.query(total).await, [expected]);
    }
    lake.materialize().await;
    lake.materializer().compact(&Tenant::default(), "mine").await.unwrap();
    assert_eq!(lake.query(total).await, ["20"]);
    let plan = lake.explain("SELECT * FROM mine").await;
    assert!(!plan.contains("FreshBlocksExec"), "{plan}");
}

#[tokio::test]
async fn retired_partitions_are_made_anew_from_the_source() {
    let (lake, mut streams) = lake_of(2).await;
    let sql = "SELECT * FROM log_stats ORDER BY 1, 2, 3, 4";
    lake.materialize().await;
    more(&lake, &mut streams, 2).await;
    lake.materialize().await;
    more(&lake, &mut streams, 3).await;
    lake.materialize().await;
    let expected = lake.query(sql).await;
    let bounds = "SELECT begin_insert_time, end_insert_time FROM list_partitions() \
                  WHERE view_set_name = 'log_stats' ORDER BY begin_insert_time";
    let second = lake.query(bounds).await[1].clone();
    let (begin, end) = second.split_once('|').unwrap();
    let retire =
        format!("SELECT msg FROM retire_partitions('log_stats', 'global', '{begin}', '{end}')");
    assert_eq!(lake.query(&retire).await.len(), 2);
    assert_eq!(partition_count(&lake, "log_stats").await, "2");
    // From the partitions of the log, of one of which a part is wanted.
    lake.materializer().compact(&Tenant::default(), "log_entries").await.unwrap();
    assert_eq!(lake.query(sql).await, expected);
    let again =
        format!("SELECT msg FROM materialize_partitions('log_stats', '{begin}', '{end}', 60)");
    assert!(lake.query(&again).await[0].contains("in 1 partitions"), "{again}");
    assert_eq!(partition_count(&lake, "log_stats").await, "3");
    assert_eq!(lake.query(sql).await, expected);
    let plan = lake.explain(sql).await;
    assert!(!plan.contains("log_entries/"), "{plan}");
}

#[tokio::test]
async fn progress_is_visible_and_filters_reach_what_is_read() {
    let (lake, mut streams) = lake_of(3).await;
    let lag = "SELECT partition_count, fresh_block_count, written_share FROM lakehouse_lag() \
               WHERE view_set_name = 'log_stats'";
    assert_eq!(lake.query(lag).await, ["0|6|0.0"]);
    lake.materialize().await;
    assert_eq!(lake.query(lag).await, ["1|0|1.0"]);
    more(&lake, &mut streams, 30).await;
    assert!(lake.query(lag).await[0].starts_with("1|2|0.7"), "{:?}", lake.query(lag).await);
    // What is fresh is ten minutes after the rest.
    let early = "SELECT * FROM log_stats WHERE time_bin < TIMESTAMP '2026-01-01T00:05:00Z'";
    let plan = lake.explain(early).await;
    assert!(!plan.contains("FreshBlocksExec") && plan.contains(".parquet"), "{plan}");
    let late = "SELECT * FROM log_stats WHERE time_bin > TIMESTAMP '2026-01-01T00:05:00Z'";
    let plan = lake.explain(late).await;
    assert!(plan.contains("FreshBlocksExec") && !plan.contains(".parquet"), "{plan}");
}

#[tokio::test]
async fn a_host_declares_views_with_a_merge_of_its_own() {
    let (mut lake, mut streams) = lake_of(2).await;
    let sql = "SELECT level, count(*) AS n FROM log_entries GROUP BY level";
    let merge = "SELECT level, sum(n) AS n FROM {source} GROUP BY level";
    let given = SqlView { merge: Some(merge.to_owned()), ..SqlView::new("given", sql) };
    lake.options =
        Options { views: vec![given, SqlView::new("derived", sql)], ..Options::default() };
    for number in 2..5 {
        let expected = lake.query(&format!("{sql} ORDER BY level")).await;
        for view in ["given", "derived"] {
            let sql = format!("SELECT * FROM {view} ORDER BY level");
            assert_eq!(lake.query(&sql).await, expected, "{view}");
            assert_eq!(materialize(&lake, view).await, 1);
            assert_eq!(lake.query(&sql).await, expected, "{view}");
        }
        more(&lake, &mut streams, number).await;
    }
    for view in ["given", "derived"] {
        assert!(lake.materializer().compact(&Tenant::default(), view).await.unwrap() > 0);
        let sum = format!("SELECT sum(n) FROM {view}");
        assert_eq!(lake.query(&sum).await, ["20"]);
    }
    let taken = Options { views: vec![SqlView::new("measures", sql)], ..Options::default() };
    let error = Tables::try_new(lake.lakehouse.clone(), taken).unwrap_err();
    assert!(error.to_string().contains("measures already"), "{error}");
}

#[tokio::test]
async fn a_process_is_forgotten_by_views_that_name_it_and_by_those_that_do_not() {
    let (lake, mut streams) = lake_of(3).await;
    let total = "SELECT level, count(*) AS n FROM log_entries GROUP BY level";
    execute(&lake, &format!("CREATE MATERIALIZED VIEW named AS {LOG_STATS}")).await;
    let told = execute(&lake, &format!("CREATE MATERIALIZED VIEW unnamed AS {total}")).await;
    assert!(told.iter().any(|line| line.contains("do not name their process")), "{told:?}");
    for view in ["named", "unnamed"] {
        materialize(&lake, view).await;
    }
    more(&lake, &mut streams, 3).await;
    for view in ["named", "unnamed"] {
        materialize(&lake, view).await;
    }
    let process = streams[0].info.process_id;
    let of_process: Coverage = blocks(&lake)
        .await
        .iter()
        .filter(|block| block.process_id == process)
        .map(|block| block.sequence)
        .collect();
    let store = lake.lakehouse.store();
    let tenant = Tenant::default();
    let key = RecordKey::new(tenant.clone(), process);
    forget_process(&**store, &key, "ada").await.unwrap();
    let materializer = lake.materializer();
    let changed = materializer.forget_in_sql_views(&tenant, process, &of_process).await.unwrap();
    assert_eq!(changed, 4);
    assert_eq!(partition_count(&lake, "named").await, "2");
    assert_eq!(partition_count(&lake, "unnamed").await, "0");
    let of_named = "SELECT sum(count), count(DISTINCT process_id) FROM named";
    assert_eq!(lake.query(of_named).await, ["8|1"]);
    assert_eq!(lake.query("SELECT sum(n) FROM unnamed").await, ["8"]);
    assert!(materialize(&lake, "unnamed").await > 0);
    assert_eq!(lake.query("SELECT sum(n) FROM unnamed").await, ["8"]);
    // Nothing of it is in a file that is read.
    let files = "SELECT count(*) FROM named WHERE process_id = ";
    assert_eq!(lake.query(&format!("{files}'{process}'")).await, ["0"]);
}
