//! `trace`: one trace across processes, native ones and those of OpenTelemetry alike.

use micromegas_lakehouse::Tenant;

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess};
use crate::otlp::{START, TRACES, resource, send, span, traces};

const TRACE: u128 = 0x4bf9_2f35_77b3_4da6_a3ce_929d_0e0e_4736;

fn begin(ticks: i64, name: &'static str, span: u64, parent: u64) -> Event {
    Event::BeginAsync { ticks: START_TICKS + ticks, name, span, parent, depth: 0 }
}

fn end(ticks: i64, name: &'static str, span: u64, parent: u64) -> Event {
    Event::EndAsync { ticks: START_TICKS + ticks, name, span, parent, depth: 0 }
}

fn context(ticks: i64, span: u64, trace_id: u128, remote_parent: u64) -> Event {
    Event::Trace { ticks: START_TICKS + ticks, span, trace_id, remote_parent }
}

/// Source, id, parent, name, duration, kind, status.
async fn trace(lake: &TestLake, id: u128, condition: &str) -> Vec<String> {
    let sql = format!(
        "SELECT source, encode(span_id, 'hex'), encode(parent_span_id, 'hex'), exe, name, target, \
         duration, kind, status FROM trace('{id:032x}') {condition} ORDER BY begin, span_id"
    );
    lake.query(&sql).await
}

#[tokio::test]
async fn a_trace_crosses_native_processes_and_those_of_otlp() {
    let lake = TestLake::new();
    let (web, service) = (resource(), TestProcess::new());
    let mut front = TestProcess::new();
    front.info.exe = "front".to_owned();
    for process in [&web, &service, &front] {
        lake.send_process(process).await;
    }
    // The front calls the web server, which calls the service: 0x11 → 0x22 → 0x33.
    let mut stream = front.thread_stream();
    let of_front = [
        begin(0, "click", 0x11, 0),
        context(1, 0x11, TRACE, 0),
        begin(2, "unrelated", 0x12, 0),
        end(900, "click", 0x11, 0),
    ];
    lake.send(&mut stream, &of_front).await;
    let spans = vec![span(TRACE, 0x22, 0x11, (100, 800)), span(TRACE + 1, 0x23, 0, (0, 1))];
    send(&lake, &web, TRACES, traces(spans), (START, START + 800)).await;
    let (mut one, mut two) = (service.thread_stream(), service.thread_stream());
    let first = [
        begin(200, "handle", 0x33, 0),
        context(200, 0x33, TRACE, 0x22),
        begin(250, "query", 0x34, 0x33),
        begin(260, "other trace", 0x35, 0x33),
        context(260, 0x35, TRACE + 5, 0x99),
        begin(270, "inside of other", 0x36, 0x35),
        begin(280, "elsewhere", 0x37, 0),
    ];
    lake.send(&mut one, &first).await;
    lake.send(&mut two, &[end(300, "query", 0x34, 0x33)]).await;
    let expected = [
        "native|0000000000000011|NULL|front|click|test|900|INTERNAL|UNSET",
        "otlp|0000000000000022|0000000000000011|game|span 34|shop|700|SERVER|UNSET",
        "native|0000000000000033|0000000000000022|game|handle|test|NULL|SERVER|UNSET",
        "native|0000000000000034|0000000000000033|game|query|test|50|INTERNAL|UNSET",
    ];
    assert_eq!(trace(&lake, TRACE, "").await, expected);
    lake.materialize().await;
    assert_eq!(trace(&lake, TRACE, "").await, expected);
    assert_eq!(trace(&lake, TRACE, "WHERE source = 'otlp'").await, expected[1..2]);
    let other = [
        "native|0000000000000035|0000000000000099|game|other trace|test|NULL|SERVER|UNSET",
        "native|0000000000000036|0000000000000035|game|inside of other|test|NULL|INTERNAL|UNSET",
    ];
    assert_eq!(trace(&lake, TRACE + 5, "").await, other);
    assert!(trace(&lake, TRACE + 9, "").await.is_empty());
    let listed = "SELECT encode(trace_id, 'hex'), span_id, remote_parent_span_id \
                  FROM trace_contexts ORDER BY span_id";
    assert_eq!(
        lake.query(listed).await,
        [
            format!("{TRACE:032x}|17|0"),
            format!("{TRACE:032x}|51|34"),
            format!("{:032x}|53|153", TRACE + 5)
        ]
    );
}

/// Blocks that were decoded since, for whatever view.
fn decoded(lake: &TestLake) -> u64 {
    lake.options.cache.decoded_count()
}

#[tokio::test]
async fn a_trace_reads_the_blocks_of_its_time_alone() {
    const HOUR: i64 = 3_600_000_000_000;
    let lake = TestLake::new();
    let (server, other) = (TestProcess::new(), TestProcess::new());
    for process in [&server, &other] {
        lake.send_process(process).await;
    }
    let (mut one, mut of_other) = (server.thread_stream(), other.thread_stream());
    for hour in 0..10_i64 {
        let (at, id) = (hour * HOUR, hour as u64 + 1);
        let request = [
            begin(at, "handle", id, 0),
            context(at, id, TRACE + u128::from(id), 0x99),
            end(at + 5, "handle", id, 0),
        ];
        lake.send(&mut one, &request).await;
        lake.send(&mut of_other, &[begin(at, "idle", id, 0), end(at + 1, "idle", id, 0)]).await;
    }
    // Once what processes say about traces is looked for in all of them.
    let expected =
        |id: u64| vec![format!("native|{id:016x}|{:016x}|game|handle|test|5|SERVER|UNSET", 0x99)];
    assert_eq!(trace(&lake, TRACE + 4, "").await, expected(4));
    // Each block for that, and one block for its spans.
    assert_eq!(decoded(&lake), 20 + 1);
    assert_eq!(trace(&lake, TRACE + 7, "").await, expected(7));
    assert_eq!(decoded(&lake), 20 + 2);
    assert!(trace(&lake, TRACE + 77, "").await.is_empty());
    assert_eq!(decoded(&lake), 20 + 2);
}

#[tokio::test]
async fn a_long_span_is_found_from_its_begin_to_its_end() {
    const HOUR: i64 = 3_600_000_000_000;
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.thread_stream();
    lake.send(&mut stream, &[begin(0, "job", 1, 0)]).await;
    lake.send(&mut stream, &[context(5 * HOUR, 1, TRACE, 0)]).await;
    lake.send(&mut stream, &[begin(9 * HOUR, "late", 2, 1)]).await;
    lake.send(&mut stream, &[end(10 * HOUR, "late", 2, 1), end(11 * HOUR, "job", 1, 0)]).await;
    let expected = [
        format!("native|{:016x}|NULL|game|job|test|{}|INTERNAL|UNSET", 1, 11 * HOUR),
        format!("native|{:016x}|{:016x}|game|late|test|{HOUR}|INTERNAL|UNSET", 2, 1),
    ];
    assert_eq!(trace(&lake, TRACE, "").await, expected);
}

#[tokio::test]
async fn what_processes_say_about_traces_is_written_down_by_who_asks() {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let mut stream = process.thread_stream();
    let request = [begin(0, "handle", 1, 0), context(0, 1, TRACE, 9), end(5, "handle", 1, 0)];
    lake.send(&mut stream, &request).await;
    let expected = trace(&lake, TRACE, "").await;
    assert_eq!(expected.len(), 1);
    // Too little, and too new, to be worth a file. What is older is worth one.
    let written = "SELECT count(*) FROM list_partitions() WHERE view_set_name = 'trace_contexts'";
    assert_eq!(lake.query(written).await, ["0"]);
    let materializer = lake.materializer();
    materializer.materialize(&Tenant::default(), "trace_contexts").await.unwrap();
    assert_eq!(lake.query(written).await, ["1"]);
    assert_eq!(trace(&lake, TRACE, "").await, expected);
    let sql = "SELECT span_id FROM trace_contexts";
    assert!(!lake.explain(sql).await.contains("FreshBlocksExec"));
    assert_eq!(lake.query(sql).await, ["1"]);
}

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let context = TestLake::new().context();
    for id in ["", "12", &"g".repeat(32), &format!("+{}", "1".repeat(31))] {
        let error = context.sql(&format!("SELECT * FROM trace('{id}')")).await.unwrap_err();
        assert!(error.to_string().contains("32 hexadecimal digits"), "{error}");
    }
}
