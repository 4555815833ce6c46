//! The OpenTelemetry SDK of Python sends to a server on this machine, over HTTP and gRPC.
//!
//! `cargo xtask test otel` makes a virtual environment with the SDK, and runs this with the path of
//! its interpreter in `MICROMEGAS_TEST_PYTHON` and that of our binary in `MICROMEGAS_SERVER`.
#![expect(clippy::unwrap_used, reason = "a test ends where what it relies on is missing")]

mod program;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::Arc;

use micromegas_ingestion::otlp::{Logs, Metrics, OtlpService, Signal, Traces};
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{BlockFilter, Lakehouse, Tenant};
use opentelemetry_proto::tonic::logs::v1::ResourceLogs;
use opentelemetry_proto::tonic::metrics::v1::ResourceMetrics;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;
use tonic::service::Routes;

/// Serves HTTP and gRPC on one port until the test ends.
async fn serve(lakehouse: &Lakehouse) -> SocketAddr {
    let service = IngestionService::new(lakehouse.clone(), IngestionOptions::default());
    let service = Arc::new(service);
    let app = Routes::new(OtlpService::<Logs>::new(Arc::clone(&service)))
        .add_service(OtlpService::<Metrics>::new(Arc::clone(&service)))
        .add_service(OtlpService::<Traces>::new(Arc::clone(&service)))
        .into_axum_router()
        .merge(router(service));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    address
}

async fn send(address: SocketAddr, protocol: &str, compression: &str) {
    let python = std::env::var_os("MICROMEGAS_TEST_PYTHON");
    let python = python.expect("run `cargo xtask test otel`, which names an interpreter");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdk/send.py");
    let mut command = Command::new(python);
    let url = format!("http://{address}");
    command.args([script, &url, protocol, compression, &format!("{protocol}-{compression}")]);
    command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env("NO_PROXY", "127.0.0.1");
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{protocol} {compression}: {messages}");
    assert!(!messages.contains("Failed to export"), "{protocol} {compression}: {messages}");
}

/// The messages of the lake by service and signal.
async fn stored(lakehouse: &Lakehouse) -> BTreeMap<(String, &'static str), Vec<bytes::Bytes>> {
    let (tenant, store) = (Tenant::default(), lakehouse.store());
    let tenants = [tenant.clone()];
    let mut messages: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for block in store.list_blocks(&tenants, &BlockFilter::default(), 1000).await.unwrap() {
        let process = store.fetch_process(&tenant, block.process_id).await.unwrap().unwrap();
        let stream = store.fetch_stream(&tenant, block.stream_id).await.unwrap().unwrap();
        let signal = Signal::ALL.into_iter().find(|signal| signal.format() == stream.format);
        let key = (process.info.exe, signal.unwrap().as_str());
        let payload = lakehouse.fetch_payload(&block).await.unwrap();
        messages.entry(key).or_default().push(payload.objects);
    }
    messages
}

fn assert_spans(messages: &[bytes::Bytes]) {
    let resources = messages.iter().map(|one| ResourceSpans::decode(one.clone()).unwrap());
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    let mut spans: Vec<_> = scopes.flat_map(|scope| scope.spans).collect();
    spans.sort_by(|a, b| a.name.cmp(&b.name));
    let [inner, outer] = &spans[..] else { panic!("{spans:?}") };
    assert_eq!((inner.name.as_str(), outer.name.as_str()), ("inner", "outer"));
    assert_eq!((outer.trace_id.len(), outer.span_id.len()), (16, 8));
    assert_eq!(inner.parent_span_id, outer.span_id);
    assert_eq!((outer.kind, outer.events.len()), (2, 1));
    assert_eq!(inner.status.as_ref().unwrap().message, "broken");
}

fn assert_metrics(messages: &[bytes::Bytes]) {
    let resources = messages.iter().map(|one| ResourceMetrics::decode(one.clone()).unwrap());
    let scopes = resources.flat_map(|resource| resource.scope_metrics);
    let metrics = scopes.flat_map(|scope| scope.metrics);
    let metrics: BTreeMap<_, _> =
        metrics.map(|metric| (metric.name, metric.data.unwrap())).collect();
    let kind = |name: &str| match &metrics[name] {
        Data::Gauge(_) => ("gauge", 0),
        Data::Sum(sum) => ("sum", sum.aggregation_temporality),
        Data::Histogram(histogram) => ("histogram", histogram.aggregation_temporality),
        Data::ExponentialHistogram(histogram) => ("exponential", histogram.aggregation_temporality),
        Data::Summary(_) => ("summary", 0),
    };
    // Delta is 1, cumulative 2.
    assert_eq!(kind("counter"), ("sum", 1));
    assert_eq!(kind("up_down"), ("sum", 2));
    assert_eq!(kind("histogram"), ("histogram", 1));
    assert_eq!(kind("exponential"), ("exponential", 1));
    assert_eq!(kind("gauge"), ("gauge", 0));
}

fn assert_logs(messages: &[bytes::Bytes]) {
    let resources = messages.iter().map(|one| ResourceLogs::decode(one.clone()).unwrap());
    let scopes = resources.flat_map(|resource| resource.scope_logs);
    let records: Vec<_> = scopes.flat_map(|scope| scope.log_records).collect();
    assert_eq!(records.len(), 2);
    let severities: Vec<_> = records.iter().map(|record| record.severity_number).collect();
    assert_eq!(severities, [13, 17]);
    assert!(format!("{:?}", records[0].body).contains("careful: é"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_sdk_sends_is_in_the_lake() {
    let lakehouse = Lakehouse::in_memory();
    let address = serve(&lakehouse).await;
    let ways = ["http", "grpc"].map(|protocol| ["none", "gzip", "deflate"].map(|c| (protocol, c)));
    for (protocol, compression) in ways.iter().flatten() {
        send(address, protocol, compression).await;
    }
    let stored = stored(&lakehouse).await;
    for (protocol, compression) in ways.iter().flatten() {
        let exe = format!("sdk/{protocol}-{compression}");
        assert_spans(&stored[&(exe.clone(), "traces")]);
        assert_metrics(&stored[&(exe.clone(), "metrics")]);
        assert_logs(&stored[&(exe, "logs")]);
    }
    assert_eq!(stored.len(), 2 * 3 * 3);
}
