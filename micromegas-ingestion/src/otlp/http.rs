//! OTLP over HTTP.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response, header};
use axum::routing::post;

use super::answer::error_to_http;
use super::encoding::Encoding;
use super::incoming::Incoming;
use super::{OtlpOutcome, Signal};
use crate::request::{Received, receive};
use crate::{Error, IngestionService};

/// How a request is written, and its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtlpFormat {
    /// `application/x-protobuf`.
    Protobuf,
    /// `application/json`.
    Json,
}

impl OtlpFormat {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Protobuf => "application/x-protobuf",
            Self::Json => "application/json",
        }
    }

    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let name = value.split(';').next()?.trim().to_ascii_lowercase();
        match name.as_str() {
            "application/x-protobuf" | "application/protobuf" => Some(Self::Protobuf),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// The OTLP routes: `/v1/logs`, `/v1/metrics` and `/v1/traces`, at the root and under `/otlp` and
/// `/ingestion/otlp`.
pub fn otlp_routes<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let signals = || {
        Router::new()
            .route("/v1/logs", post(export_logs))
            .route("/v1/metrics", post(export_metrics))
            .route("/v1/traces", post(export_traces))
    };
    signals().nest("/otlp", signals()).nest("/ingestion/otlp", signals()).with_state(service)
}

async fn export_logs(service: State<Arc<IngestionService>>, request: Request) -> Response<Body> {
    export(&service, Signal::Logs, request).await
}

async fn export_metrics(service: State<Arc<IngestionService>>, request: Request) -> Response<Body> {
    export(&service, Signal::Metrics, request).await
}

async fn export_traces(service: State<Arc<IngestionService>>, request: Request) -> Response<Body> {
    export(&service, Signal::Traces, request).await
}

async fn export(service: &IngestionService, signal: Signal, request: Request) -> Response<Body> {
    let format = OtlpFormat::of(request.headers());
    let answer_format = format.unwrap_or(OtlpFormat::Protobuf);
    match receive_and_take(service, signal, format, request).await {
        Ok(outcome) => outcome.to_http(signal, answer_format),
        Err(error) => error_to_http(&error, answer_format),
    }
}

async fn receive_and_take(
    service: &IngestionService,
    signal: Signal,
    format: Option<OtlpFormat>,
    request: Request,
) -> Result<OtlpOutcome, Error> {
    let (parts, body) = request.into_parts();
    let bytes_max = service.options().otlp_request_bytes_max(OtlpFormat::Protobuf);
    let encoding = Encoding::named(parts.headers.get(header::CONTENT_ENCODING));
    // The body is received whatever its head says: a sender that is cut off never hears why.
    let received = receive(service, &parts, body, bytes_max).await;
    let checked = received.and_then(|received| {
        let unsupported = |reason: &str| Error::UnsupportedMedia { reason: reason.to_owned() };
        let format = format.ok_or_else(|| {
            unsupported("send `Content-Type: application/x-protobuf` or `application/json`")
        })?;
        let encoding = encoding.ok_or_else(|| {
            unsupported("send `Content-Encoding: gzip`, `zstd`, `deflate`, or none")
        })?;
        Ok((received, format, encoding))
    });
    let (Received { principal, body, admitted }, format, encoding) =
        checked.inspect_err(|error| service.otlp_statistics(signal).count_error(error))?;
    service.take(&principal, Incoming { signal, format, encoding, body, admitted }).await
}
