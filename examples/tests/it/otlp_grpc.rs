//! OTLP over gRPC, on the port where everything else is taken.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use tonic::metadata::MetadataValue;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use crate::access::make_key;
use crate::documents::LogClient;
use crate::sender::Sender;
use crate::server::Server;

/// The OpenTelemetry client of a program, with a connection of its own.
struct Program {
    channel: Channel,
    key: Option<String>,
}

impl Program {
    async fn connect(server: &Server, key: Option<&str>) -> Self {
        let endpoint = Endpoint::from_shared(server.ingestion_url.clone()).unwrap();
        Self { channel: endpoint.connect().await.unwrap(), key: key.map(str::to_owned) }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(key) = &self.key {
            let value = MetadataValue::try_from(format!("Bearer {key}")).unwrap();
            request.metadata_mut().insert("authorization", value);
        }
        request
    }

    async fn export_log(&self, time: u64) -> Result<(), Status> {
        let log_records = vec![LogRecord { time_unix_nano: time, ..LogRecord::default() }];
        let scope_logs = vec![ScopeLogs { log_records, ..ScopeLogs::default() }];
        let resource_logs = vec![ResourceLogs { scope_logs, ..ResourceLogs::default() }];
        let request = self.request(ExportLogsServiceRequest { resource_logs });
        LogsServiceClient::new(self.channel.clone()).export(request).await.map(|_| ())
    }

    async fn export_span(&self, time: u64) -> Result<(), Status> {
        let span = Span { start_time_unix_nano: time, end_time_unix_nano: time, ..Span::default() };
        let scope_spans = vec![ScopeSpans { spans: vec![span], ..ScopeSpans::default() }];
        let resource_spans = vec![ResourceSpans { scope_spans, ..ResourceSpans::default() }];
        let request = self.request(ExportTraceServiceRequest { resource_spans });
        TraceServiceClient::new(self.channel.clone()).export(request).await.map(|_| ())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_port_takes_grpc_and_http() {
    let dir = tempfile::tempdir().unwrap();
    let server = Server::start(dir.path());
    let program = Program::connect(&server, None).await;
    let start = 1_700_000_000_000_000_000;
    // Calls at the same time share a connection.
    let logs = (0..20).map(|number| program.export_log(start + number));
    let spans = (0..20).map(|number| program.export_span(start + number));
    let (logs, spans) =
        futures::join!(futures::future::try_join_all(logs), futures::future::try_join_all(spans));
    logs.unwrap();
    spans.unwrap();
    tokio::task::spawn_blocking(move || {
        let client = LogClient::new();
        Sender::new().insert(&server.ingestion_url, "process", &client.process());
        let blocks = "SELECT count(*) FROM blocks";
        assert_eq!(server.number(blocks), 40);
        // An open connection of gRPC does not keep a server that is told to stop.
        server.program.signal("TERM");
        let ended = server.program.wait();
        assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    })
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn grpc_needs_a_key_like_everything_else() {
    let dir = tempfile::tempdir().unwrap();
    let place = ["--data-dir", dir.path().to_str().unwrap()];
    let (may_send, may_ask) =
        (make_key(&place, "services", &[]), make_key(&place, "people", &["--rights", "query"]));
    let server = Server::start_with(dir.path(), &[]);
    let export = async |key| Program::connect(&server, key).await.export_log(1).await;
    for key in [None, Some("mmk_wrong")] {
        assert_eq!(export(key).await.unwrap_err().code(), Code::Unauthenticated);
    }
    assert_eq!(export(Some(&may_ask)).await.unwrap_err().code(), Code::PermissionDenied);
    export(Some(&may_send)).await.unwrap();
}
