//! The gRPC services in a tonic server, called by the clients that come with the definitions.

use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use futures::FutureExt as _;
use micromegas_ingestion::otlp::{
    Logs, Metrics, OtlpOptions, OtlpService, Signal, Traces, otlp_grpc_routes,
};
use micromegas_ingestion::{IngestionOptions, IngestionService};
use micromegas_lakehouse::{Lakehouse, MemoryStore, Principal, Rights, Tenant};
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_client::LogsServiceClient;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use prost::Message;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tower::ServiceExt;

use super::encodings::compressed;
use super::requests::{logs, metrics, traces};
use crate::failing_objects::FailingObjects;
use crate::server::Server;

/// The services of one ingestion service, as one router.
fn services(service: &Arc<IngestionService>) -> axum::Router {
    Routes::new(OtlpService::<Logs>::new(Arc::clone(service)))
        .add_service(OtlpService::<Metrics>::new(Arc::clone(service)))
        .add_service(OtlpService::<Traces>::new(Arc::clone(service)))
        .into_axum_router()
}

fn server(lakehouse: Lakehouse, options: IngestionOptions) -> Server {
    let service = Arc::new(IngestionService::new(lakehouse.clone(), options));
    Server { lakehouse, router: services(&service) }
}

/// Serves on a port of this machine until the test ends.
async fn serve(router: axum::Router) -> Channel {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, router).into_future());
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

async fn export_logs(channel: Channel, services: &[&str]) -> Result<Option<i64>, Status> {
    let response = LogsServiceClient::new(channel).export(logs(services)).await?;
    Ok(response.into_inner().partial_success.map(|partial| partial.rejected_log_records))
}

#[tokio::test]
async fn each_signal_is_taken_and_stored_once() {
    let server = server(Lakehouse::in_memory(), IngestionOptions::default());
    let channel = serve(server.router.clone()).await;
    for _ in 0..2 {
        assert_eq!(export_logs(channel.clone(), &["a"]).await.unwrap(), None);
        MetricsServiceClient::new(channel.clone()).export(metrics(&["a"])).await.unwrap();
        TraceServiceClient::new(channel.clone()).export(traces(&["a"])).await.unwrap();
    }
    assert_eq!(server.blocks().await.len(), 3);
}

#[tokio::test]
async fn http_and_grpc_store_the_same_blocks() {
    let lakehouse = Lakehouse::in_memory();
    let service = IngestionService::new(lakehouse.clone(), IngestionOptions::default());
    let service = Arc::new(service);
    let grpc = otlp_grpc_routes(Arc::clone(&service));
    let router = grpc.merge(micromegas_ingestion::router(service));
    let channel = serve(router.clone()).await;
    let server = Server { lakehouse, router };
    MetricsServiceClient::new(channel.clone()).export(metrics(&["a"])).await.unwrap();
    TraceServiceClient::new(channel.clone()).export(traces(&["a"])).await.unwrap();
    // Whoever posts telemetry to a wrong path hears that it went nowhere.
    assert_eq!(server.post("/v2/logs", "x").await.status, StatusCode::NOT_FOUND);
    export_logs(channel, &["a", "b"]).await.unwrap();
    server.export(Signal::Logs, logs(&["a", "b"]).encode_to_vec()).await.assert_taken();
    assert_eq!(server.blocks().await.len(), 4);
}

#[tokio::test]
async fn what_was_rejected_is_in_the_answer() {
    let options = OtlpOptions::default().with_resource_bytes_max(500);
    let options = IngestionOptions::default().with_otlp(options);
    let server = server(Lakehouse::in_memory(), options);
    let channel = serve(server.router.clone()).await;
    let long = "x".repeat(400);
    assert_eq!(export_logs(channel.clone(), &["fine", &long]).await.unwrap(), Some(4));
    let status = export_logs(channel, &[&long]).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn a_store_that_is_down_is_unavailable_with_a_time() {
    let objects = Arc::new(FailingObjects::default());
    let lakehouse = Lakehouse::new(Arc::new(MemoryStore::new()), Arc::clone(&objects) as _);
    let server = server(lakehouse, IngestionOptions::default());
    let channel = serve(server.router.clone()).await;
    objects.set_failing(true);
    let status = export_logs(channel.clone(), &["a"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    let details = String::from_utf8_lossy(status.details()).into_owned();
    assert!(details.contains("google.rpc.RetryInfo"), "{details}");
    objects.set_failing(false);
    assert_eq!(export_logs(channel, &["a"]).await.unwrap(), None);
    assert_eq!(server.blocks().await.len(), 1);
}

#[tokio::test]
async fn who_may_not_write_is_told_so() {
    let strict = server(Lakehouse::in_memory(), IngestionOptions::default().with_anonymous(None));
    let status = export_logs(serve(strict.router.clone()).await, &["a"]).await.unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let reader = Principal::new("reader", [Tenant::default()], Rights::QUERY).unwrap();
    let router = strict.router.layer(Extension(reader));
    let status = export_logs(serve(router).await, &["a"]).await.unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
}

/// One call with this body; the status is in the head or in the trailers.
async fn call(server: &Server, encoding: Option<&str>, body: Vec<u8>) -> (StatusCode, String) {
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let mut request = Request::post(path).header("content-type", "application/grpc+proto");
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let request = request.body(Body::from(body)).unwrap();
    let response = server.router.clone().oneshot(request).boxed().await.unwrap();
    let (head, body) = response.into_parts();
    let collected = http_body_util::BodyExt::collect(body).await.unwrap();
    let trailers = collected.trailers().cloned().unwrap_or_default();
    let status = trailers.get("grpc-status").or(head.headers.get("grpc-status"));
    (head.status, status.map(|status| status.to_str().unwrap().to_owned()).unwrap_or_default())
}

fn frame(flag: u8, message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[flag][..], &length, message].concat()
}

#[tokio::test]
async fn messages_may_be_compressed() {
    let server = server(Lakehouse::in_memory(), IngestionOptions::default());
    let request = traces(&["a"]).encode_to_vec();
    for (name, body) in compressed(&request) {
        let answer = call(&server, Some(name), frame(1, &body)).await;
        assert_eq!(answer, (StatusCode::OK, "0".to_owned()), "{name}");
    }
    // A message may go uncompressed although the call has an encoding.
    let answer = call(&server, Some("gzip"), frame(0, &request)).await;
    assert_eq!(answer, (StatusCode::OK, "0".to_owned()));
    assert_eq!(server.blocks().await.len(), 1);
    let unknown = call(&server, Some("snappy"), frame(1, &request)).await;
    assert_eq!(unknown, (StatusCode::OK, "12".to_owned()));
}

#[tokio::test]
async fn what_is_no_call_is_an_invalid_argument() {
    let server = server(Lakehouse::in_memory(), IngestionOptions::default());
    let message = traces(&["a"]).encode_to_vec();
    let whole = frame(0, &message);
    let two = [&whole[..], &whole].concat();
    for body in [Vec::new(), vec![0; 4], frame(2, &message), two, whole[..9].to_vec()] {
        assert_eq!(call(&server, None, body).await, (StatusCode::OK, "3".to_owned()));
    }
    assert_eq!(call(&server, None, frame(0, b"\xff")).await.1, "3");
    assert!(server.blocks().await.is_empty());
    assert_eq!(call(&server, None, whole).await.1, "0");
}
