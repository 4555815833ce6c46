//! The target for rules of control: what an operator's client sends as the body of a rule.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use bytes::Bytes;
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::Lakehouse;
use serde_json::Value;
use tower::ServiceExt;

use super::host::block_on;

const RULES: &str = "/ingestion/control/rules";

/// Takes a body to a server of its own. If it is a rule, then it is in force within the bounds on
/// times, on every server of the lake alike, is audited, and can be removed.
pub(super) fn rules(data: &[u8]) {
    block_on(async {
        let lakehouse = Lakehouse::in_memory();
        let server = Server::over(&lakehouse);
        let (status, body) = server.ask("POST", RULES, data).await;
        if status.is_client_error() {
            assert!(json(&body)["error"].is_string());
            assert_eq!(server.rules().await, Vec::<Value>::new());
            return;
        }
        assert_eq!(status, StatusCode::CREATED);
        let rule = json(&body);
        assert_bounded(&rule["settings"]);
        assert_eq!(server.rules().await, std::slice::from_ref(&rule));
        assert_eq!(Server::over(&lakehouse).rules().await, std::slice::from_ref(&rule));
        let (status, audit) = server.ask("GET", "/ingestion/control/audit", b"").await;
        assert_eq!(status, StatusCode::OK);
        assert!(json(&audit)["actions"].as_array().is_some_and(|actions| !actions.is_empty()));
        let path = format!("{RULES}/{}", rule["id"].as_str().unwrap());
        assert_eq!(server.ask("DELETE", &path, b"").await.0, StatusCode::NO_CONTENT);
        assert_eq!(server.rules().await, Vec::<Value>::new());
    });
}

/// Nothing is in force for longer than a day, and nothing turns a target up to `trace` for longer
/// than an hour.
fn assert_bounded(settings: &Value) {
    let targets = settings["target_levels"].as_object();
    let levels = targets.iter().flat_map(|levels| levels.values()).chain(settings.get("level"));
    let mut levels = levels.filter_map(Value::as_str);
    let hours = if levels.any(|level| level.eq_ignore_ascii_case("trace")) { 1 } else { 24 };
    let seconds = settings["ttl_seconds"].as_u64().unwrap();
    assert!((1..=hours * 3600).contains(&seconds), "{settings}");
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

struct Server(Router);

impl Server {
    fn over(lakehouse: &Lakehouse) -> Self {
        let service = IngestionService::new(lakehouse.clone(), IngestionOptions::default());
        Self(router(Arc::new(service)))
    }

    async fn rules(&self) -> Vec<Value> {
        let (status, body) = self.ask("GET", RULES, b"").await;
        assert_eq!(status, StatusCode::OK);
        json(&body)["rules"].as_array().unwrap().clone()
    }

    async fn ask(&self, method: &str, path: &str, body: &[u8]) -> (StatusCode, Bytes) {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("content-type", "application/json");
        let request = request.body(Body::from(body.to_vec())).unwrap();
        let response = self.0.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap();
        (status, body.to_bytes())
    }
}
