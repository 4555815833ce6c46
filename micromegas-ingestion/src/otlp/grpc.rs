//! OTLP over gRPC, as services for a tonic server of the host's.
//!
//! A call has one message and one answer. The message's bytes are taken from the frame as they are,
//! because they are what is stored; bounds on memory are those of all other routes.

use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body as AxumBody, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use prost::Message as _;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::{Code, Status};
use tower::Service;

use super::answer::RpcStatus;
use super::encoding::Encoding;
use super::incoming::Incoming;
use super::{OtlpFormat, OtlpOutcome, Signal};
use crate::request::{Received, receive};
use crate::{Error, IngestionService};

/// What a message is preceded by: whether it is compressed, and its length.
const FRAME_HEAD_BYTES: usize = 5;

const ACCEPTED_ENCODINGS: &str = "identity,gzip,deflate,zstd";

/// A signal as a type, for [`OtlpService`].
pub trait OtlpSignal: Send + Sync + 'static {
    /// The signal.
    const SIGNAL: Signal;
    /// The full name of its service.
    const SERVICE_NAME: &'static str;
}

/// Logs, as a type.
#[derive(Debug)]
pub struct Logs;

/// Metrics, as a type.
#[derive(Debug)]
pub struct Metrics;

/// Traces, as a type.
#[derive(Debug)]
pub struct Traces;

impl OtlpSignal for Logs {
    const SIGNAL: Signal = Signal::Logs;
    const SERVICE_NAME: &'static str = "opentelemetry.proto.collector.logs.v1.LogsService";
}

impl OtlpSignal for Metrics {
    const SIGNAL: Signal = Signal::Metrics;
    const SERVICE_NAME: &'static str = "opentelemetry.proto.collector.metrics.v1.MetricsService";
}

impl OtlpSignal for Traces {
    const SIGNAL: Signal = Signal::Traces;
    const SERVICE_NAME: &'static str = "opentelemetry.proto.collector.trace.v1.TraceService";
}

/// The export service of one signal, to be added to a tonic server.
///
/// Like the HTTP routes it looks for a [`Principal`](micromegas_lakehouse::Principal) in the
/// request's extensions, so that one layer authenticates both.
pub struct OtlpService<S> {
    service: Arc<IngestionService>,
    signal: PhantomData<fn() -> S>,
}

impl<S: OtlpSignal> OtlpService<S> {
    /// The service over this ingestion service.
    pub fn new(service: Arc<IngestionService>) -> Self {
        Self { service, signal: PhantomData }
    }
}

impl<S> Clone for OtlpService<S> {
    fn clone(&self) -> Self {
        Self { service: Arc::clone(&self.service), signal: PhantomData }
    }
}

impl<S: OtlpSignal> fmt::Debug for OtlpService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtlpService").field("signal", &S::SIGNAL).finish_non_exhaustive()
    }
}

impl<S: OtlpSignal> NamedService for OtlpService<S> {
    const NAME: &'static str = S::SERVICE_NAME;
}

impl<S, B> Service<Request<B>> for OtlpService<S>
where
    S: OtlpSignal,
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let service = Arc::clone(&self.service);
        let request = request.map(AxumBody::new);
        Box::pin(async move { Ok(answer::<S>(&service, request).await) })
    }
}

/// The three services as routes of an axum application, for hosts whose listener speaks HTTP/2.
///
/// Unlike those of a tonic server, these bring no fallback along: other paths stay the host's.
pub fn otlp_grpc_routes<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route_service(&path_of::<Logs>(), OtlpService::<Logs>::new(Arc::clone(&service)))
        .route_service(&path_of::<Metrics>(), OtlpService::<Metrics>::new(Arc::clone(&service)))
        .route_service(&path_of::<Traces>(), OtlpService::<Traces>::new(service))
}

/// Where the methods of a service are.
fn path_of<S: OtlpSignal>() -> String {
    format!("/{}/{{method}}", S::SERVICE_NAME)
}

async fn answer<S: OtlpSignal>(
    service: &IngestionService,
    request: Request<AxumBody>,
) -> Response<Body> {
    if !is_grpc(request.headers()) {
        let mut response = Response::new(Body::default());
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let method = request.uri().path().rsplit('/').next();
    if method != Some("Export") {
        return Status::unimplemented("the only method is `Export`").into_http();
    }
    let Some(encoding) = Encoding::named(request.headers().get("grpc-encoding")) else {
        let mut response: Response<Body> =
            Status::unimplemented("the message's compression is not understood").into_http();
        let accepted = HeaderValue::from_static(ACCEPTED_ENCODINGS);
        response.headers_mut().insert("grpc-accept-encoding", accepted);
        return response;
    };
    match export(service, S::SIGNAL, encoding, request).await {
        Ok(outcome) => success(&outcome.to_protobuf(S::SIGNAL)),
        Err(error) => failure(&error),
    }
}

async fn export(
    service: &IngestionService,
    signal: Signal,
    encoding: Encoding,
    request: Request<AxumBody>,
) -> Result<OtlpOutcome, Error> {
    let (parts, body) = request.into_parts();
    let format = OtlpFormat::Protobuf;
    let bytes_max = service.options().otlp_request_bytes_max(format) + FRAME_HEAD_BYTES;
    let received = receive(service, &parts, body, bytes_max).await.and_then(|received| {
        let (is_compressed, message) = message(&received.body)?;
        let encoding = if is_compressed { encoding } else { Encoding::Identity };
        Ok((received, message, encoding))
    });
    let (Received { principal, admitted, .. }, body, encoding) =
        received.inspect_err(|error| service.otlp_statistics(signal).count_error(error))?;
    service.take(&principal, Incoming { signal, format, encoding, body, admitted }).await
}

fn is_grpc(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let rest = content_type.and_then(|value| value.strip_prefix("application/grpc"));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['+', ';']))
}

/// The one message of a call, and whether it is compressed.
fn message(body: &Bytes) -> Result<(bool, Bytes), Error> {
    let framed = |reason: &str| Error::InvalidInput { reason: reason.to_owned(), source: None };
    let (head, rest) = body
        .split_first_chunk::<FRAME_HEAD_BYTES>()
        .ok_or_else(|| framed("the call has no message"))?;
    let [flag, length @ ..] = *head;
    if flag > 1 {
        return Err(framed("the message's compression flag is neither 0 nor 1"));
    }
    if u32::from_be_bytes(length) as usize != rest.len() {
        return Err(framed("the call does not have exactly one whole message"));
    }
    Ok((flag == 1, body.slice(FRAME_HEAD_BYTES..)))
}

fn success(message: &[u8]) -> Response<Body> {
    let mut frame = BytesMut::with_capacity(FRAME_HEAD_BYTES + message.len());
    frame.extend([0]);
    // Answers are short: a count and a reason.
    frame.extend((message.len() as u32).to_be_bytes());
    frame.extend(message);
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static("0"));
    let body = Full::new(frame.freeze()).with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    let content_type = HeaderValue::from_static("application/grpc");
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

fn failure(error: &Error) -> Response<Body> {
    let status = RpcStatus::of(error);
    let details = status.encode_to_vec().into();
    Status::with_details(Code::from_i32(status.code), status.message, details).into_http()
}
