//! The FlightSQL service, spoken to over a socket with arrow-flight's own client.

use arrow_flight::FlightInfo;
use arrow_flight::error::FlightError;
use arrow_flight::sql::client::FlightSqlServiceClient;
use arrow_flight::sql::{
    CommandGetDbSchemas, CommandGetTables, ProstMessageExt, SqlInfo, TicketStatementQuery,
};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Schema};
use futures::TryStreamExt;
use micromegas_analytics::flight::FlightSqlServer;
use prost::Message;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};

use crate::fixture::{Event, START_TICKS, TestLake, TestProcess, lines};

type Client = FlightSqlServiceClient<Channel>;

async fn serve(lake: &TestLake) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = FlightSqlServer::new(lake.lakehouse.clone(), lake.options.clone()).unwrap();
    let incoming = TcpListenerStream::new(listener);
    tokio::spawn(
        Server::builder().add_service(server.into_service()).serve_with_incoming(incoming),
    );
    let channel = Channel::from_shared(format!("http://{address}")).unwrap();
    FlightSqlServiceClient::new(channel.connect().await.unwrap())
}

async fn lake_with_logs() -> (TestLake, TestProcess) {
    let lake = TestLake::new();
    let process = TestProcess::new();
    lake.send_process(&process).await;
    let log = |ticks: i64, message: &str| Event::Log {
        ticks: START_TICKS + ticks,
        level: 4,
        message: message.to_owned(),
    };
    lake.send(&mut process.log_stream(), &[log(0, "one"), log(5_000_000_000, "two")]).await;
    (lake, process)
}

async fn fetch(client: &mut Client, info: FlightInfo) -> Vec<RecordBatch> {
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    client.do_get(ticket).await.unwrap().try_collect().await.unwrap()
}

async fn query(client: &mut Client, sql: &str) -> Result<Vec<String>, FlightError> {
    let info = client.execute(sql.to_owned(), None).await?;
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let batches: Vec<_> = client.do_get(ticket).await?.try_collect().await?;
    Ok(lines(&batches))
}

/// The code and message that a refused query ends with.
async fn refusal(client: &mut Client, sql: &str) -> String {
    query(client, sql).await.unwrap_err().to_string().replace("\\\"", "\"")
}

const MESSAGES: &str = "SELECT msg FROM log_entries ORDER BY time";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_has_its_schema_before_it_runs() {
    let (lake, _) = lake_with_logs().await;
    let mut client = serve(&lake).await;
    let sql = "SELECT time, exe, properties, msg FROM log_entries ORDER BY time";
    let info = client.execute(sql.to_owned(), None).await.unwrap();
    let schema = info.clone().try_decode_schema().unwrap();
    let types: Vec<_> = schema.fields().iter().map(|f| f.data_type().clone()).collect();
    assert_eq!(types[1..], [DataType::Utf8, DataType::Binary, DataType::Utf8]);
    let batches = fetch(&mut client, info).await;
    assert_eq!(batches[0].schema().as_ref(), &schema);
    assert_eq!(lines(&batches)[1], "2026-01-01T00:00:05Z|game|40000000|two");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_answer_has_its_schema_too() {
    let lake = TestLake::new();
    let mut client = serve(&lake).await;
    let info = client.execute(MESSAGES.to_owned(), None).await.unwrap();
    let ticket = info.endpoint[0].ticket.clone().unwrap();
    let mut stream = client.do_get(ticket).await.unwrap();
    assert!(stream.try_next().await.unwrap().is_none());
    assert_eq!(stream.schema().unwrap().field(0).name(), "msg");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_needs_no_flight_info() {
    let (lake, _) = lake_with_logs().await;
    let mut client = serve(&lake).await;
    let ticket = TicketStatementQuery { statement_handle: MESSAGES.into() };
    let ticket = arrow_flight::Ticket::new(ticket.as_any().encode_to_vec());
    let batches: Vec<_> = client.do_get(ticket).await.unwrap().try_collect().await.unwrap();
    assert_eq!(lines(&batches), ["one", "two"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn prepared_statements_run_and_close() {
    let (lake, _) = lake_with_logs().await;
    let mut client = serve(&lake).await;
    let mut statement = client.prepare(MESSAGES.to_owned(), None).await.unwrap();
    assert_eq!(statement.dataset_schema().unwrap().field(0).name(), "msg");
    assert_eq!(statement.parameter_schema().unwrap(), &Schema::empty());
    let info = statement.execute().await.unwrap();
    assert_eq!(lines(&fetch(&mut client, info).await), ["one", "two"]);
    statement.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_range_in_headers_is_one_more_filter() {
    let (lake, process) = lake_with_logs().await;
    let mut client = serve(&lake).await;
    let mut thread = process.thread_stream();
    let begin =
        |ticks: i64, name: &str| Event::Begin { ticks: START_TICKS + ticks, name: name.to_owned() };
    let end =
        |ticks: i64, name: &str| Event::End { ticks: START_TICKS + ticks, name: name.to_owned() };
    let second = 1_000_000_000;
    let events = [
        begin(0, "early"),
        end(second, "early"),
        begin(2 * second, "across"),
        end(9 * second, "across"),
    ];
    lake.send(&mut thread, &events).await;
    client.set_header("query_range_begin", "2026-01-01T00:00:03Z");
    assert_eq!(query(&mut client, MESSAGES).await.unwrap(), ["one", "two"]);
    client.set_header("query_range_end", "2026-01-01T00:00:06Z");
    assert_eq!(query(&mut client, MESSAGES).await.unwrap(), ["two"]);
    let nested = "WITH l AS (SELECT msg FROM log_entries) \
                  SELECT (SELECT count(*) FROM log_entries) AS a, count(*) AS b FROM l";
    assert_eq!(query(&mut client, nested).await.unwrap(), ["1|1"]);
    let id = process.id();
    let instance = format!("SELECT msg FROM view_instance('log_entries', '{id}')");
    assert_eq!(query(&mut client, &instance).await.unwrap(), ["two"]);
    let id = thread.id();
    let spans = format!("SELECT name FROM view_instance('thread_spans', '{id}') WHERE depth > 0");
    assert_eq!(query(&mut client, &spans).await.unwrap(), ["across"]);
    // Begins and ends outside the range make the spans that overlap it.
    let (parent, depth) = (0, 0);
    let begin = |ticks: i64, span: u64, name| Event::BeginAsync {
        ticks: START_TICKS + ticks,
        name,
        span,
        parent,
        depth,
    };
    let end = |ticks: i64, span: u64, name| Event::EndAsync {
        ticks: START_TICKS + ticks,
        name,
        span,
        parent,
        depth,
    };
    let events = [
        begin(0, 1, "early"),
        end(second, 1, "early"),
        begin(second, 2, "across"),
        begin(2 * second, 3, "open"),
        begin(8 * second, 4, "late"),
        end(9 * second, 2, "across"),
        end(9 * second, 4, "late"),
    ];
    lake.send(&mut thread, &events).await;
    let id = process.id();
    let spans = format!("SELECT name FROM view_instance('async_spans', '{id}') ORDER BY name");
    assert_eq!(query(&mut client, &spans).await.unwrap(), ["across", "open"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn headers_limit_rows_and_keep_dictionaries() {
    let (lake, _) = lake_with_logs().await;
    let mut client = serve(&lake).await;
    client.set_header("limit", "1");
    client.set_header("preserve_dictionary", "true");
    let sql = "SELECT exe FROM log_entries".to_owned();
    let info = client.execute(sql, None).await.unwrap();
    let batches = fetch(&mut client, info).await;
    assert_eq!(lines(&batches), ["game"]);
    let symbol = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    assert_eq!(batches[0].schema().field(0).data_type(), &symbol);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drivers_can_browse() {
    let lake = TestLake::new();
    let mut client = serve(&lake).await;
    let info = client.get_catalogs().await.unwrap();
    assert_eq!(lines(&fetch(&mut client, info).await), ["micromegas"]);
    let schemas = CommandGetDbSchemas { catalog: None, db_schema_filter_pattern: None };
    let info = client.get_db_schemas(schemas).await.unwrap();
    assert_eq!(lines(&fetch(&mut client, info).await), ["micromegas|public"]);
    let info = client.get_table_types().await.unwrap();
    assert_eq!(lines(&fetch(&mut client, info).await), ["table"]);
    let command = |include_schema| CommandGetTables {
        catalog: None,
        db_schema_filter_pattern: None,
        table_name_filter_pattern: None,
        table_types: Vec::new(),
        include_schema,
    };
    let info = client.get_tables(command(false)).await.unwrap();
    let tables: Vec<String> = [
        "audit_log",
        "blocks",
        "images",
        "log_entries",
        "log_stats",
        "measures",
        "metric_stats",
        "otel_spans",
        "processes",
        "streams",
        "trace_contexts",
    ]
    .map(|table| format!("micromegas|public|{table}|table"))
    .to_vec();
    assert_eq!(lines(&fetch(&mut client, info).await), tables);
    let info = client.get_tables(command(true)).await.unwrap();
    assert_eq!(fetch(&mut client, info).await[0].num_columns(), 5);
    let info = client.get_sql_info(vec![SqlInfo::FlightSqlServerName]).await.unwrap();
    let name = lines(&fetch(&mut client, info).await);
    assert!(name[0].contains("Micromegas Flight SQL Server"), "{name:?}");
    let qualified = "SELECT count(*) FROM micromegas.public.log_entries";
    assert_eq!(query(&mut client, qualified).await.unwrap(), ["0"]);
    client.handshake("user", "password").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mistakes_are_answered_with_one_clear_sentence() {
    let lake = TestLake::new();
    let mut client = serve(&lake).await;
    for (sql, expected) in [
        ("", "the query is empty"),
        ("SELEC 1", "at Line: 1, Column: 1"),
        ("SELECT *\nFROM log_entrie", "did you mean \"log_entries\"? (line 2, column 6)"),
        ("SELECT mgs FROM log_entries", "there is no column \"mgs\"; did you mean \"msg\"?"),
        ("SELECT mgs FROM log_entries", "(line 1, column 8)"),
        ("SELECT * FROM view_instanc('a', 'b')", "did you mean \"view_instance\"?"),
        ("SELECT * FROM view_instance('metrics', 'x')", "there is no view set \"metrics\""),
        ("SELECT propertyget(properties, 'x') FROM log_entries", "property_get"),
        ("CREATE TABLE t (a INT)", "only queries are allowed here"),
        ("DROP TABLE log_entries", "only queries are allowed here"),
        ("SELECT CAST(msg AS INT) / 0 FROM log_entries WHERE level = 'x'", "x"),
    ] {
        let refusal = refusal(&mut client, sql).await;
        assert!(refusal.contains(expected), "{sql:?}: {refusal}");
        let is_argument = refusal.to_lowercase().contains("invalid argument")
            || refusal.contains("InvalidArgument")
            || refusal.contains("Client specified an invalid argument");
        assert!(is_argument, "{sql:?}: {refusal}");
        assert!(!refusal.contains("TableScan"), "{sql:?}: {refusal}");
    }
    assert_eq!(query(&mut client, "SELECT 1").await.unwrap(), ["1"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn views_are_made_and_dropped_by_queries_and_by_updates() {
    let (lake, _) = lake_with_logs().await;
    let mut client = serve(&lake).await;
    let create = "CREATE MATERIALIZED VIEW lines AS SELECT level, count(*) AS n \
                  FROM log_entries GROUP BY level";
    // Asking what a statement answers with does nothing yet.
    let info = client.execute(create.to_owned(), None).await.unwrap();
    let schema = info.clone().try_decode_schema().unwrap();
    assert_eq!(schema.field(1).name(), "msg");
    assert!(refusal(&mut client, "SELECT * FROM lines").await.contains("no table \"lines\""));
    let told = lines(&fetch(&mut client, info).await);
    assert!(told[0].ends_with("|view lines is made"), "{told:?}");
    let sql = "SELECT * FROM lines";
    assert_eq!(query(&mut client, sql).await.unwrap(), ["4|2"]);
    let tables = CommandGetTables { include_schema: false, ..CommandGetTables::default() };
    let info = client.get_tables(tables).await.unwrap();
    let names = lines(&fetch(&mut client, info).await).join(" ");
    assert!(names.contains("lines"), "{names}");
    assert!(refusal(&mut client, create).await.contains("there is a view lines already"));
    let bad = "CREATE MATERIALIZED VIEW bad AS SELECT DISTINCT msg FROM log_entries";
    assert!(refusal(&mut client, bad).await.contains("cannot have DISTINCT"));
    let drop_it = "DROP MATERIALIZED VIEW lines";
    assert_eq!(client.execute_update(drop_it.to_owned(), None).await.unwrap(), 0);
    assert!(query(&mut client, sql).await.is_err());
    assert!(client.execute_update("SELECT 1".to_owned(), None).await.is_err());
    let plain = "CREATE VIEW v AS SELECT 1";
    assert!(refusal(&mut client, plain).await.contains("only queries"));
}
