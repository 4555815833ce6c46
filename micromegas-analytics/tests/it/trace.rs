//! `trace`: one trace across processes, native ones and those of OpenTelemetry alike.

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

#[tokio::test]
async fn an_id_that_is_none_is_refused() {
    let context = TestLake::new().context();
    for id in ["", "12", &"g".repeat(32), &format!("+{}", "1".repeat(31))] {
        let error = context.sql(&format!("SELECT * FROM trace('{id}')")).await.unwrap_err();
        assert!(error.to_string().contains("32 hexadecimal digits"), "{error}");
    }
}
