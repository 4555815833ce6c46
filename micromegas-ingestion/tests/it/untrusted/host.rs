//! A server for one input.

use std::cell::OnceCell;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use micromegas_ingestion::otlp::{Logs, Metrics, OtlpOptions, OtlpService, Signal, Traces};
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{BlockFilter, Lakehouse, Redact, Redaction, Tenant};
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;
use tokio::runtime::Runtime;
use tonic::service::Routes;
use tower::ServiceExt;

/// Small, so that inputs of a fuzzer reach it.
const REQUEST_BYTES_MAX: usize = 64 * 1024;

fn service(lakehouse: &Lakehouse, redacts: bool) -> Router {
    let redaction = match redacts {
        true => Redaction::new([("*word", Redact::Drop), ("p*", Redact::Hash)], "key"),
        false => Redaction::default(),
    };
    let otlp = OtlpOptions::default()
        .with_request_bytes_max(REQUEST_BYTES_MAX)
        .with_resource_bytes_max(4 * 1024)
        .with_redaction(redaction);
    let options = IngestionOptions::default().with_otlp(otlp);
    let service = Arc::new(IngestionService::new(lakehouse.clone(), options));
    Routes::new(OtlpService::<Logs>::new(Arc::clone(&service)))
        .add_service(OtlpService::<Metrics>::new(Arc::clone(&service)))
        .add_service(OtlpService::<Traces>::new(Arc::clone(&service)))
        .into_axum_router()
        .merge(router(service))
}

/// Runs what is asked of one input on the thread's own runtime.
pub(super) fn block_on(asked: impl Future<Output = ()>) {
    thread_local! {
        static RUNTIME: OnceCell<Runtime> = const { OnceCell::new() };
    }
    let new_runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build();
    RUNTIME.with(|runtime| runtime.get_or_init(|| new_runtime().unwrap()).block_on(asked));
}

/// Sends one request to a server of its own, without and with redaction, and looks at the answer
/// and at the lake.
pub(super) fn send(request: impl Fn() -> Request<Body>) {
    block_on(async {
        for redacts in [false, true] {
            check(request(), redacts).await;
        }
    });
}

async fn check(request: Request<Body>, redacts: bool) {
    let lakehouse = Lakehouse::in_memory();
    let response = service(&lakehouse, redacts).oneshot(request).await.unwrap();
    let status = response.status();
    assert!(status == StatusCode::OK || status.is_client_error(), "{status}");
    let is_grpc = response.headers().get("content-type").is_some_and(|t| t == "application/grpc");
    let head_status = response.headers().get("grpc-status").cloned();
    let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
    if is_grpc {
        let status = body.trailers().and_then(|trailers| trailers.get("grpc-status"));
        let status = status.or(head_status.as_ref()).unwrap().to_str().unwrap();
        // OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNIMPLEMENTED.
        assert!(["0", "3", "8", "12"].contains(&status), "gRPC status {status}");
    }
    let tenants = [Tenant::default()];
    let store = lakehouse.store();
    for block in store.list_blocks(&tenants, &BlockFilter::default(), 10_000).await.unwrap() {
        assert!(status == StatusCode::OK);
        assert!(block.begin_time <= block.end_time);
        let stream = store.fetch_stream(&tenants[0], block.stream_id).await.unwrap().unwrap();
        let signal = Signal::ALL.into_iter().find(|signal| signal.format() == stream.format);
        let objects = lakehouse.fetch_payload(&block).await.unwrap().objects;
        let decoded = match signal {
            Some(Signal::Logs) => ResourceLogs::decode(objects).map(drop),
            Some(Signal::Metrics) => ResourceMetrics::decode(objects).map(drop),
            Some(Signal::Traces) => ResourceSpans::decode(objects).map(drop),
            None => Ok(()),
        };
        decoded.unwrap();
    }
}
