//! A live process is turned up by a request to its server, records more, and falls back by itself.
//! Recording belongs to a whole process, so this is a program of its own.
#![expect(clippy::unwrap_used, reason = "a test ends where what it relies on is missing")]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{Lakehouse, Principal, Rights, Tenant};
use micromegas_telemetry_sink::{
    ControlSettings, Controlled, HttpOptions, HttpSink, MemorySink, TelemetryBuilder,
};
use micromegas_tracing::prelude::*;
use micromegas_tracing::{Config, EventSink};
use serde_json::{Value, json};
use tower::ServiceExt as _;

const LIMIT: Duration = Duration::from_secs(20);

/// Whom a key belongs to: a tenant and what may be done there.
fn principal_of(key: &str) -> Option<Principal> {
    let (tenant, rights) = match key {
        "app" => ("ours", Rights::INGEST),
        "ada" => ("ours", Rights::CONTROL),
        "other-app" => ("theirs", Rights::INGEST),
        "eve" => ("theirs", Rights::ALL),
        _ => return None,
    };
    Principal::new(key, [Tenant::new(tenant).unwrap()], rights).ok()
}

/// What a layer of authentication does.
async fn authenticate(mut request: Request, next: Next) -> Response {
    let value = request.headers().get(header::AUTHORIZATION);
    let key = value.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    if let Some(principal) = key.and_then(principal_of) {
        request.extensions_mut().insert(principal);
    }
    next.run(request).await
}

async fn serve() -> (SocketAddr, Router) {
    let options = IngestionOptions::default().with_anonymous(None);
    let service = IngestionService::new(Lakehouse::in_memory(), options);
    let app: Router = router(Arc::new(service)).layer(from_fn(authenticate));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app.clone()).into_future());
    (address, app)
}

async fn ask(
    app: &Router,
    key: &str,
    method: &str,
    path: &str,
    body: &Value,
) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/ingestion/control/{path}"))
        .header(header::AUTHORIZATION, format!("Bearer {key}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

/// Notes what it is told.
#[derive(Default)]
struct Told(Mutex<Vec<ControlSettings>>);

impl Controlled for Told {
    fn apply(&self, settings: &ControlSettings) {
        self.0.lock().unwrap().push(settings.clone());
    }

    fn restore(&self) {}
}

fn is_turned_up() -> bool {
    log_enabled!(target: "net::http", Level::Debug)
}

async fn wait_until(what: &str, is_it: impl Fn() -> bool) {
    let begin = Instant::now();
    while !is_it() {
        assert!(begin.elapsed() < LIMIT, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn messages(sink: &MemorySink) -> Vec<String> {
    let logs = sink.recorded().unwrap().logs;
    let ours = logs.into_iter().filter(|log| log.target == "net::http");
    ours.map(|log| log.message).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_turned_up_by_its_server_and_falls_back_after_the_time_to_live() {
    let (address, app) = serve().await;
    let url = format!("http://{address}");
    let control_period = Duration::from_millis(50);
    let options = HttpOptions { control_period, ..HttpOptions::default() };
    let memory = Arc::new(MemorySink::default());
    let telemetry = TelemetryBuilder::new()
        .with_config(Config::default().with_max_level(LevelFilter::Info))
        .with_url(&url)
        .with_api_key("app")
        .with_http_options(options.clone())
        .with_sink(Arc::clone(&memory) as _)
        .build()
        .unwrap();
    let process_id = micromegas_tracing::process_id().unwrap();
    // A process of the other tenant, which looks the same and even has the same id.
    let told = Arc::new(Told::default());
    let their_options = HttpOptions { api_key: Some("other-app".to_owned()), ..options };
    let theirs = HttpSink::with_control(&url, &their_options, Arc::clone(&told) as _).unwrap();
    wait_until("the process is described", || !memory.processes().is_empty()).await;
    let process = memory.processes().remove(0);
    theirs.on_process(&process);
    debug!(target: "net::http", "before");

    let rule = |settings: Value| json!({ "processes": { "process_id": process_id }, "settings": settings, "reason": "slow" });
    let wanted = json!({ "ttl_seconds": 3, "target_levels": { "net": "debug" } });
    // Who may send may not control, nor may strangers.
    let (status, answer) = ask(&app, "app", "POST", "rules", &rule(wanted.clone())).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(answer["error"].as_str().unwrap().contains("right `control`"), "{answer}");
    let (status, _) = ask(&app, "nobody", "POST", "rules", &rule(wanted.clone())).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    // Nobody of another tenant reaches the process.
    let theirs_only = json!({ "ttl_seconds": 60, "level": "warn" });
    let (status, _) = ask(&app, "eve", "POST", "rules", &rule(theirs_only)).await;
    assert_eq!(status, StatusCode::CREATED);
    wait_until("their process is told", || told.0.lock().unwrap().len() == 1).await;
    tokio::time::sleep(4 * control_period).await;
    assert!(!is_turned_up() && log_enabled!(target: "net::http", Level::Info));

    let begin = Instant::now();
    let (status, answer) = ask(&app, "ada", "POST", "rules", &rule(wanted)).await;
    assert_eq!(status, StatusCode::CREATED, "{answer}");
    wait_until("the process is turned up", is_turned_up).await;
    debug!(target: "net::http", "during");
    assert!(!log_enabled!(target: "render", Level::Debug));
    wait_until("the process falls back", || !is_turned_up()).await;
    assert!(begin.elapsed() > Duration::from_secs(2), "{:?}", begin.elapsed());
    debug!(target: "net::http", "after");
    assert!(telemetry.flush(LIMIT));
    assert_eq!(messages(&memory), ["during"]);
    // The other tenant's process has heard of its own rule only.
    let told: Vec<_> = told.0.lock().unwrap().iter().map(|told| told.level.clone()).collect();
    assert_eq!(told, [Some("warn".to_owned())]);

    let (_, listed) = ask(&app, "ada", "GET", "rules", &Value::Null).await;
    assert_eq!(listed, json!({ "rules": [] }));
    let (_, audit) = ask(&app, "ada", "GET", "audit", &Value::Null).await;
    let actions: Vec<_> = audit["actions"].as_array().unwrap().iter().collect();
    let [list, expire, set] = actions[..] else { panic!("{audit}") };
    assert_eq!((&list["action"], &list["actor"]), (&json!("control.list"), &json!("ada")));
    assert_eq!((&expire["action"], &expire["actor"]), (&json!("control.expire"), &json!("server")));
    assert_eq!((&set["action"], &set["actor"]), (&json!("control.set"), &json!("ada")));
    assert_eq!(set["details"]["reason"], "slow");
    assert_eq!(set["target"], expire["target"]);
    tokio::task::spawn_blocking(move || drop((telemetry, theirs))).await.unwrap();
}
