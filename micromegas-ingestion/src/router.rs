//! The routes, as values that a host composes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use micromegas_transit::planar::{ACCEPT_HEADER, accept_value};

use crate::request::{Received, receive};
use crate::service::DocumentKind;
use crate::{Error, IngestionService, control, exposition};

/// Everything in one router: [`ingestion_routes`], [`control_routes`](control::control_routes),
/// [`probe_routes`], and the routes of OTLP if the feature is on.
///
/// The state type is the host's: the router brings its own service along, so that it can be nested
/// or merged into an application with any state.
pub fn router<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let routes = ingestion_routes(Arc::clone(&service));
    let routes = routes.merge(control::control_routes(Arc::clone(&service)));
    #[cfg(feature = "otlp")]
    let routes = routes.merge(crate::otlp::otlp_routes(Arc::clone(&service)));
    routes.merge(probe_routes(service))
}

/// The three routes that take documents, and the one where processes ask for settings; each also
/// without the prefix `/ingestion`.
///
/// A host with routes `/health` or `/ready` of its own merges this instead of [`router`].
pub fn ingestion_routes<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let documents = || {
        Router::new()
            .route("/insert_process", post(insert_process))
            .route("/insert_stream", post(insert_stream))
            .route("/insert_block", post(insert_block))
            .route("/control", get(control::settings))
    };
    documents()
        .nest("/ingestion", documents())
        .route_layer(map_response(announce))
        .with_state(service)
}

/// `GET /health`, `GET /ready` and `GET /metrics`.
pub fn probe_routes<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new()
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(service)
}

async fn insert_process(service: State<Arc<IngestionService>>, request: Request) -> Inserted {
    insert(&service, request, DocumentKind::Process).await
}

async fn insert_stream(service: State<Arc<IngestionService>>, request: Request) -> Inserted {
    insert(&service, request, DocumentKind::Stream).await
}

async fn insert_block(service: State<Arc<IngestionService>>, request: Request) -> Inserted {
    insert(&service, request, DocumentKind::Block).await
}

/// Tells the client which planar blocks this server reads and that it controls, whatever the answer
/// is.
async fn announce(mut response: Response) -> Response {
    control::announce(response.headers_mut());
    let value = HeaderValue::from_static(accept_value());
    response.headers_mut().insert(HeaderName::from_static(ACCEPT_HEADER), value);
    response
}

type Answer = Result<(), Error>;

/// Success is exactly 200, with an empty body for all clients that do not say that they can be
/// controlled: some accept nothing else.
type Inserted = Result<Response, Error>;

async fn insert(service: &IngestionService, request: Request, kind: DocumentKind) -> Inserted {
    let (parts, body) = request.into_parts();
    let bytes_max = service.options().body_bytes_max;
    let received = receive(service, &parts, body, bytes_max).await;
    let Received { principal, body, admitted: _admitted } =
        received.inspect_err(|error| service.statistics().of(kind.route()).count_error(error))?;
    service.insert(kind, &principal, body).await?;
    Ok(control::document(service, &principal, control::sender(&parts.headers)).await)
}

async fn health() {}

async fn metrics(service: State<Arc<IngestionService>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, exposition::CONTENT_TYPE)], service.metrics_text())
}

async fn ready(service: State<Arc<IngestionService>>) -> Answer {
    service.ready().await
}
