//! The router inside applications of other people, and who may write where.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::routing::get;
use axum::{Extension, Router};
use micromegas_ingestion::{IngestionOptions, IngestionService, ingestion_routes, router};
use micromegas_lakehouse::{Lakehouse, Principal, Rights, Tenant};
use tower::ServiceExt;

use crate::documents::Client;
use crate::server::Server;

#[derive(Clone)]
struct HostState {
    greeting: &'static str,
}

fn host(telemetry: Router<HostState>) -> Router {
    Router::new()
        .route("/", get(|State(state): State<HostState>| async move { state.greeting }))
        .merge(telemetry)
        .with_state(HostState { greeting: "hello" })
}

async fn status(app: &Router, request: Request<Body>) -> StatusCode {
    app.clone().oneshot(request).await.unwrap().status()
}

#[tokio::test]
async fn the_router_nests_in_an_application_with_a_state_of_its_own() {
    let lakehouse = Lakehouse::in_memory();
    let service = Arc::new(IngestionService::new(lakehouse, IngestionOptions::default()));
    let app = host(Router::new().nest("/telemetry", router(service)));
    let post = |path: &str| {
        Request::post(path).body(Body::from(Client::new().process().to_cbor())).unwrap()
    };
    let fetch = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    assert_eq!(status(&app, post("/telemetry/ingestion/insert_process")).await, StatusCode::OK);
    assert_eq!(status(&app, post("/telemetry/insert_process")).await, StatusCode::OK);
    assert_eq!(status(&app, fetch("/telemetry/health")).await, StatusCode::OK);
    assert_eq!(status(&app, fetch("/telemetry/ready")).await, StatusCode::OK);
    assert_eq!(status(&app, fetch("/")).await, StatusCode::OK);
    assert_eq!(status(&app, post("/ingestion/insert_process")).await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_host_keeps_its_own_health_route() {
    let lakehouse = Lakehouse::in_memory();
    let service = Arc::new(IngestionService::new(lakehouse, IngestionOptions::default()));
    let telemetry =
        ingestion_routes(service).route("/health", get(|| async { StatusCode::IM_A_TEAPOT }));
    let app = host(telemetry);
    let health = Request::get("/health").body(Body::empty()).unwrap();
    assert_eq!(status(&app, health).await, StatusCode::IM_A_TEAPOT);
}

#[tokio::test]
async fn documents_go_to_the_tenant_of_the_principal_in_the_request() {
    let server = Server::new();
    let tenant = Tenant::new("team-a").unwrap();
    let principal = Principal::new("key-1", [tenant.clone()], Rights::INGEST).unwrap();
    let client = Client::new();
    let as_team = server.router.clone().layer(Extension(principal));
    for (path, document) in [
        ("/insert_process", client.process().to_cbor()),
        ("/insert_stream", client.stream().to_cbor()),
        ("/insert_block", client.block().to_cbor()),
    ] {
        let request = Request::post(path).body(Body::from(document)).unwrap();
        assert_eq!(status(&as_team, request).await, StatusCode::OK);
    }
    assert_eq!(server.blocks_of(&tenant).await.len(), 1);
    assert!(server.blocks().await.is_empty());
}

#[tokio::test]
async fn a_principal_without_the_right_is_forbidden() {
    let server = Server::new();
    let reader = Principal::new("reader", [Tenant::default()], Rights::QUERY).unwrap();
    let as_reader = Server {
        lakehouse: server.lakehouse.clone(),
        router: server.router.layer(Extension(reader)),
    };
    let answer = as_reader.post("/insert_process", Client::new().process().to_cbor()).await;
    answer.assert_refused(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn strangers_are_refused_where_the_host_says_so() {
    let server = Server::with_options(IngestionOptions::default().with_anonymous(None));
    let answer = server.post("/insert_process", Client::new().process().to_cbor()).await;
    answer.assert_refused(StatusCode::UNAUTHORIZED);
    assert_eq!(server.get("/health").await.status, StatusCode::OK);
    assert_eq!(server.get("/ready").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_service_works_without_http() {
    let lakehouse = Lakehouse::in_memory();
    let service = IngestionService::new(lakehouse, IngestionOptions::default());
    let client = Client::new();
    let local = Principal::local();
    service.insert_block(&local, client.block().to_cbor().into()).await.unwrap();
    service.insert_stream(&local, client.stream().to_cbor().into()).await.unwrap();
    service.insert_process(&local, client.process().to_cbor().into()).await.unwrap();
    service.ready().await.unwrap();
    let error = service.insert_block(&local, Default::default()).await.unwrap_err();
    assert!(!error.is_retryable());
}
