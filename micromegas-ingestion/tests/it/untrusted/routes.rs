//! The targets, by name: one for each way in. Where a way has several routes, the first byte of an
//! input selects one.

use axum::body::Body;
use axum::http::Request;
use micromegas_ingestion::otlp::Signal;

use super::control;
use super::host::send;

/// A target: takes any bytes, and panics if what is asked of the server does not hold.
pub(crate) type Target = fn(&[u8]);

/// All targets by name.
pub(crate) const TARGETS: [(&str, Target); 6] = [
    ("control_rules", control::rules),
    ("native_routes", native),
    ("otlp_protobuf", protobuf),
    ("otlp_json", json),
    ("otlp_encoded", encoded),
    ("otlp_grpc", grpc),
];

fn native(data: &[u8]) {
    let Some((selector, body)) = data.split_first() else { return };
    let kind = ["process", "stream", "block"][usize::from(*selector) % 3];
    send(|| post(&format!("/ingestion/insert_{kind}"), &[], body));
}

fn protobuf(data: &[u8]) {
    let Some((signal, body)) = select(data) else { return };
    otlp(signal, &[("content-type", "application/x-protobuf")], body);
}

fn json(data: &[u8]) {
    let Some((signal, body)) = select(data) else { return };
    otlp(signal, &[("content-type", "application/json")], body);
}

/// The second byte selects the encoding.
fn encoded(data: &[u8]) {
    let Some((signal, [encoding, body @ ..])) = select(data) else { return };
    let encoding = ["gzip", "deflate", "zstd"][usize::from(*encoding) % 3];
    let headers = [("content-type", "application/x-protobuf"), ("content-encoding", encoding)];
    otlp(signal, &headers, body);
}

/// The second byte selects the encoding; the rest is the framed call.
fn grpc(data: &[u8]) {
    let Some((signal, [encoding, body @ ..])) = select(data) else { return };
    let encoding = ["identity", "gzip", "deflate", "zstd", "snappy"][usize::from(*encoding) % 5];
    let headers = [("content-type", "application/grpc"), ("grpc-encoding", encoding)];
    let service = match signal {
        Signal::Logs => "logs.v1.LogsService",
        Signal::Metrics => "metrics.v1.MetricsService",
        Signal::Traces => "trace.v1.TraceService",
    };
    send(|| post(&format!("/opentelemetry.proto.collector.{service}/Export"), &headers, body));
}

fn select(data: &[u8]) -> Option<(Signal, &[u8])> {
    let (selector, body) = data.split_first()?;
    Some((Signal::ALL[usize::from(*selector) % 3], body))
}

fn otlp(signal: Signal, headers: &[(&str, &str)], body: &[u8]) {
    send(|| post(&format!("/v1/{}", signal.as_str()), headers, body));
}

fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Request<Body> {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_vec())).unwrap()
}
