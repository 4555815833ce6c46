//! The routes, as values that a host composes.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::map_response;
use axum::response::Response;
use axum::routing::{get, post};
use micromegas_lakehouse::Principal;
use micromegas_transit::planar::{ACCEPT_HEADER, accept_value};

use crate::body;
use crate::service::{DocumentKind, writable_tenant};
use crate::{Error, IngestionService};

/// Everything: [`ingestion_routes`] and [`probe_routes`] in one router.
///
/// The state type is the host's: the router brings its own service along, so that it can be nested
/// or merged into an application with any state.
pub fn router<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    ingestion_routes(Arc::clone(&service)).merge(probe_routes(service))
}

/// The three routes that take documents, each also without the prefix `/ingestion`.
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
    };
    documents()
        .nest("/ingestion", documents())
        .route_layer(map_response(announce))
        .with_state(service)
}

/// `GET /health` and `GET /ready`.
pub fn probe_routes<S>(service: Arc<IngestionService>) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    Router::new().route("/health", get(health)).route("/ready", get(ready)).with_state(service)
}

async fn insert_process(service: State<Arc<IngestionService>>, request: Request) -> Answer {
    insert(&service, request, DocumentKind::Process).await
}

async fn insert_stream(service: State<Arc<IngestionService>>, request: Request) -> Answer {
    insert(&service, request, DocumentKind::Stream).await
}

async fn insert_block(service: State<Arc<IngestionService>>, request: Request) -> Answer {
    insert(&service, request, DocumentKind::Block).await
}

/// Tells the client which planar blocks this server reads, whatever the answer is.
async fn announce(mut response: Response) -> Response {
    let value = HeaderValue::from_static(accept_value());
    response.headers_mut().insert(HeaderName::from_static(ACCEPT_HEADER), value);
    response
}

/// Success is exactly 200 with an empty body: some clients accept nothing else.
type Answer = Result<(), Error>;

async fn insert(service: &IngestionService, request: Request, kind: DocumentKind) -> Answer {
    let (parts, body) = request.into_parts();
    let options = service.options();
    let principal = parts.extensions.get::<Principal>().or(options.anonymous.as_ref());
    let allowed = principal.ok_or(Error::Unauthenticated).and_then(|principal| {
        writable_tenant(principal)?;
        Ok(principal)
    });
    let principal = match allowed {
        Ok(principal) => principal,
        Err(error) => {
            body::refuse(body, options).await;
            return Err(error);
        }
    };
    // The budget is held until the document is stored, because so long its bytes are in memory.
    let mut admitted = service.admission().enter();
    let document = body::receive(body, &mut admitted, options).await?;
    service.insert(kind, principal, document).await
}

async fn health() {}

async fn ready(service: State<Arc<IngestionService>>) -> Answer {
    service.ready().await
}
