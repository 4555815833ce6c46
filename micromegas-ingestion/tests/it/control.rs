//! Rules of control: who may set them, whom they concern, and what they survive.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use micromegas_ingestion::IngestionOptions;
use micromegas_lakehouse::{Lakehouse, MemoryStore, Principal, Rights, Tenant};
use micromegas_transit::ProcessInfo;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::documents::Client;
use crate::failing_objects::FailingObjects;
use crate::server::{Answer, Server};

const DOCUMENT: &str = "application/vnd.micromegas.control+json";
const RULES: &str = "/ingestion/control/rules";

fn principal(tenants: &[&str], rights: Rights) -> Principal {
    let tenants = tenants.iter().map(|name| Tenant::new(name).unwrap());
    Principal::new("ada", tenants, rights).unwrap()
}

/// The same server, asked by somebody else.
fn as_principal(server: &Server, principal: Principal) -> Server {
    let router = server.router.clone().layer(Extension(principal));
    Server { lakehouse: server.lakehouse.clone(), router }
}

async fn set(server: &Server, rule: &Value) -> Answer {
    let request = Request::post(RULES).header(header::CONTENT_TYPE, "application/json");
    server.send(request.body(Body::from(rule.to_string())).unwrap()).await
}

/// Sets a rule that is right, and tells its id.
async fn must_set(server: &Server, rule: Value) -> String {
    let answer = set(server, &rule).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{answer:?}");
    json_of(&answer)["id"].as_str().unwrap().to_owned()
}

fn json_of(answer: &Answer) -> Value {
    assert_eq!(answer.content_type.as_deref(), Some("application/json"), "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

async fn send(
    server: &Server,
    id: Uuid,
    request: axum::http::request::Builder,
    body: Vec<u8>,
) -> Answer {
    let request = request.header("Micromegas-Control", format!("1; process={id}"));
    server.send(request.body(Body::from(body)).unwrap()).await
}

/// What a process is told that asks.
async fn settings(server: &Server, id: Uuid) -> Value {
    // The rules are read soon after the start, not before.
    for _ in 0..2_000 {
        let answer = send(server, id, Request::get("/ingestion/control"), Vec::new()).await;
        if answer.status == StatusCode::OK {
            assert_eq!(answer.content_type.as_deref(), Some(DOCUMENT));
            return serde_json::from_slice(&answer.body).unwrap();
        }
        answer.assert_later();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the rules were never read");
}

fn debug_for(processes: Value) -> Value {
    json!({ "processes": processes, "settings": { "ttl_seconds": 60, "level": "debug" } })
}

#[tokio::test]
async fn settings_come_in_every_answer_to_the_process_that_they_are_for() {
    let server = Server::new();
    let client = Client::new();
    must_set(&server, debug_for(json!({ "process_id": client.process_id }))).await;
    let documents = [
        ("process", client.process().to_cbor()),
        ("stream", client.stream().to_cbor()),
        ("block", client.block().to_cbor()),
    ];
    for (kind, document) in documents {
        let post = |prefix: &str| Request::post(format!("{prefix}/insert_{kind}"));
        for prefix in ["", "/ingestion"] {
            let told = send(&server, client.process_id, post(prefix), document.clone()).await;
            assert_eq!(told.status, StatusCode::OK);
            assert_eq!(told.content_type.as_deref(), Some(DOCUMENT));
            assert_eq!(told.text, r#"{"ttl_seconds":60,"level":"debug"}"#);
            // It is the sender who is told, whosever document it sends.
            let other = send(&server, Uuid::new_v4(), post(prefix), document.clone()).await;
            assert_eq!((other.status, other.text.as_str()), (StatusCode::OK, "{}"));
        }
        // Who does not say that it can be controlled gets what every client takes as a success.
        server.post(&format!("/insert_{kind}"), document).await.assert_ok();
    }
    let refused = send(&server, client.process_id, Request::post("/insert_block"), vec![1]).await;
    refused.assert_refused(StatusCode::BAD_REQUEST);
    assert_eq!(settings(&server, client.process_id).await["level"], "debug");
    assert_eq!(server.get("/control").await.text, "{}");
}

#[tokio::test]
async fn every_native_answer_says_that_the_server_controls() {
    use tower::ServiceExt as _;
    let server = Server::with_options(IngestionOptions::default().with_anonymous(None));
    for (method, path) in [
        ("POST", "/insert_process"),
        ("POST", "/ingestion/insert_block"),
        ("GET", "/ingestion/control"),
    ] {
        let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
        let response = server.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(response.headers()["micromegas-control"], "1");
    }
}

#[tokio::test]
async fn processes_are_meant_by_executable_and_by_property() {
    let server = Server::new();
    let (game, tool) = (Client::new(), Client::new());
    let with = |client: &Client, exe: &str, stage: &str| ProcessInfo {
        exe: exe.to_owned(),
        properties: [("Stage".to_owned(), stage.to_owned())].into(),
        ..client.process()
    };
    let documents = [with(&game, r"C:\bin\game.exe", "canary"), with(&tool, "/bin/tool", "canary")];
    for document in documents {
        server.post("/insert_process", document.to_cbor()).await.assert_ok();
    }
    let told = async || {
        let [game, tool] = [game.process_id, tool.process_id];
        let is_told = |settings: Value| settings["level"] == "debug";
        let told = (is_told(settings(&server, game).await), is_told(settings(&server, tool).await));
        // A process that nobody has described is not meant.
        assert_eq!(settings(&server, Uuid::new_v4()).await, json!({}));
        told
    };
    for (processes, expected) in [
        (json!({ "exe": "game.exe" }), (true, false)),
        (json!({ "exe": "/bin/tool" }), (false, true)),
        (json!({ "exe": "bin" }), (false, false)),
        (json!({ "properties": { "stage": "canary" } }), (true, true)),
        (json!({ "properties": { "stage": "Canary" } }), (false, false)),
        (json!({ "exe": "tool", "properties": { "stage": "canary" } }), (false, true)),
        (json!({ "exe": "tool", "process_id": game.process_id }), (false, false)),
    ] {
        let id = must_set(&server, debug_for(processes.clone())).await;
        for _ in 0..2 {
            assert_eq!(told().await, expected, "{processes}");
        }
        let request = Request::delete(format!("{RULES}/{id}")).body(Body::empty()).unwrap();
        assert_eq!(server.send(request).await.status, StatusCode::NO_CONTENT);
        assert_eq!(told().await, (false, false));
    }
}

#[tokio::test]
async fn only_the_right_to_control_sets_lists_and_removes() {
    let server = Server::new();
    let rule = debug_for(json!({ "exe": "game" }));
    let id = must_set(&server, rule.clone()).await;
    let without = Rights::INGEST | Rights::QUERY | Rights::ADMIN;
    let without = as_principal(&server, principal(&["default"], without));
    let delete = || Request::delete(format!("{RULES}/{id}")).body(Body::empty()).unwrap();
    for answer in [
        set(&without, &rule).await,
        without.get(RULES).await,
        without.get("/ingestion/control/audit").await,
        without.send(delete()).await,
    ] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(json_of(&answer)["error"].as_str().unwrap().contains("control"), "{answer:?}");
    }
    let listed = json_of(&server.get(RULES).await);
    assert_eq!(listed["rules"][0]["id"], json!(id));
    assert_eq!(listed["rules"][0]["created_by"], "local");
    // The right to control is none to send.
    let controller = as_principal(&server, principal(&["default"], Rights::CONTROL));
    let answer = controller.get("/ingestion/control").await;
    answer.assert_refused(StatusCode::FORBIDDEN);
    assert_eq!(controller.send(delete()).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn tenants_do_not_reach_each_other() {
    let server = Server::new();
    let both = as_principal(&server, principal(&["a", "b"], Rights::ALL));
    let a = as_principal(&server, principal(&["a"], Rights::ALL));
    let b = as_principal(&server, principal(&["b"], Rights::ALL));
    let client = Client::new();
    let rule = debug_for(json!({ "process_id": client.process_id }));
    let mut of_b = rule.clone();
    of_b["tenant"] = json!("b");
    assert_eq!(set(&a, &of_b).await.status, StatusCode::FORBIDDEN);
    let id = must_set(&both, of_b).await;
    assert_eq!(settings(&a, client.process_id).await, json!({}));
    assert_eq!(settings(&b, client.process_id).await["level"], "debug");
    assert_eq!(json_of(&a.get(RULES).await), json!({ "rules": [] }));
    let remove = |server: &Server| {
        let request = Request::delete(format!("{RULES}/{id}")).body(Body::empty()).unwrap();
        let server = Server { lakehouse: server.lakehouse.clone(), router: server.router.clone() };
        async move { server.send(request).await.status }
    };
    // Not even its existence is told.
    assert_eq!(remove(&a).await, StatusCode::NOT_FOUND);
    let audit = json_of(&a.get("/ingestion/control/audit").await);
    assert!(!audit.to_string().contains(&id), "{audit}");
    assert_eq!(remove(&b).await, StatusCode::NO_CONTENT);
    assert_eq!(settings(&b, client.process_id).await, json!({}));
}

#[tokio::test]
async fn what_is_no_rule_is_refused_with_the_reason() {
    let server = Server::new();
    let settings = json!({ "ttl_seconds": 60, "level": "debug" });
    for (rule, reason) in [
        (json!([]), "no rule"),
        (json!({ "settings": settings }), "missing field `processes`"),
        (json!({ "processes": {}, "settings": settings }), "say which processes"),
        (json!({ "processes": { "process": "x" }, "settings": settings }), "unknown field"),
        (json!({ "processes": { "exe": "a" }, "settings": {} }), "change nothing"),
        (json!({ "processes": { "exe": "a".repeat(2_000) }, "settings": settings }), "1024 bytes"),
        (
            json!({ "processes": { "exe": "a" }, "settings": { "ttl_seconds": 3601, "level": "trace" } }),
            "1 to 3600",
        ),
        (json!({ "processes": { "exe": "a" }, "settings": settings, "tenant": "a b" }), "tenant"),
    ] {
        let answer = set(&server, &rule).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{answer:?}");
        let error = json_of(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains(reason), "{error}");
    }
    let plain = server.post(RULES, debug_for(json!({ "exe": "a" })).to_string()).await;
    assert_eq!(plain.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(
        set(&server, &json!("x".repeat(70_000))).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let unknown = Request::delete(format!("{RULES}/nonsense")).body(Body::empty()).unwrap();
    assert_eq!(server.send(unknown).await.status, StatusCode::NOT_FOUND);
    assert_eq!(json_of(&server.get(RULES).await), json!({ "rules": [] }));
}

#[tokio::test]
async fn a_tenant_has_room_for_so_many_rules() {
    let server = Server::new();
    for _ in 0..100 {
        must_set(&server, debug_for(json!({ "exe": "a" }))).await;
    }
    let answer = set(&server, &debug_for(json!({ "exe": "a" }))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.text.contains("at most 100 rules"), "{answer:?}");
}

#[tokio::test]
async fn rules_survive_a_restart_and_reach_the_other_servers_of_the_lake() {
    let options =
        IngestionOptions::default().with_control_refresh_period(Duration::from_millis(50));
    let first = Server::with_options(options.clone());
    let second = Server::over(first.lakehouse.clone(), options.clone());
    let client = Client::new();
    let id = must_set(&first, debug_for(json!({ "process_id": client.process_id }))).await;
    for _ in 0..400 {
        if settings(&second, client.process_id).await != json!({}) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    drop(first);
    let restarted = Server::over(second.lakehouse.clone(), options);
    for server in [&second, &restarted] {
        assert_eq!(settings(server, client.process_id).await["level"], "debug");
    }
    let listed = json_of(&restarted.get(RULES).await);
    assert_eq!(listed["rules"][0]["id"], json!(id));
    let request = Request::delete(format!("{RULES}/{id}")).body(Body::empty()).unwrap();
    assert_eq!(second.send(request).await.status, StatusCode::NO_CONTENT);
    assert_eq!(json_of(&restarted.get(RULES).await), json!({ "rules": [] }));
    assert_eq!(settings(&restarted, client.process_id).await, json!({}));
}

#[tokio::test]
async fn rules_of_a_data_directory_are_there_when_its_server_starts_again() {
    let directory = tempfile::tempdir().unwrap();
    let start = async || {
        let lakehouse = Lakehouse::open_local(directory.path()).await.unwrap();
        Server::over(lakehouse, IngestionOptions::default())
    };
    let server = start().await;
    let client = Client::new();
    must_set(&server, debug_for(json!({ "process_id": client.process_id }))).await;
    drop(server);
    let server = start().await;
    assert_eq!(settings(&server, client.process_id).await["level"], "debug");
    let audit = json_of(&server.get("/ingestion/control/audit").await);
    assert_eq!(audit["actions"][0]["action"], "control.set");
}

#[tokio::test]
async fn a_rule_ends_by_itself_and_each_step_is_in_the_audit_once() {
    let options =
        IngestionOptions::default().with_control_refresh_period(Duration::from_millis(50));
    let first = Server::with_options(options.clone());
    let second = Server::over(first.lakehouse.clone(), options);
    let mut rule = debug_for(json!({ "exe": "a" }));
    rule["settings"]["ttl_seconds"] = json!(1);
    let id = must_set(&first, rule).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    for server in [&first, &second] {
        assert_eq!(json_of(&server.get(RULES).await), json!({ "rules": [] }));
    }
    let audit = json_of(&second.get("/ingestion/control/audit").await);
    let actions = audit["actions"].as_array().unwrap();
    let of_rule = actions.iter().filter(|action| action["target"] == json!(id));
    let names: Vec<&str> = of_rule.map(|action| action["action"].as_str().unwrap()).collect();
    assert_eq!(names, ["control.expire", "control.set"]);
}

#[tokio::test]
async fn a_server_that_cannot_read_its_rules_takes_nothing_back() {
    let objects = Arc::new(FailingObjects::default());
    let store = Arc::new(MemoryStore::new());
    let lakehouse = Lakehouse::new(store, Arc::clone(&objects) as _);
    let options =
        IngestionOptions::default().with_control_refresh_period(Duration::from_millis(50));
    let client = Client::new();
    let before = Server::over(lakehouse.clone(), options.clone());
    must_set(&before, debug_for(json!({ "process_id": client.process_id }))).await;
    let block = || Request::post("/insert_process");

    objects.set_failing(true);
    let after = Server::over(lakehouse, options);
    let document = client.process().to_cbor();
    // A process document needs no object.
    let answer = send(&after, client.process_id, block(), document.clone()).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, ""));
    send(&after, client.process_id, Request::get("/control"), Vec::new()).await.assert_later();
    let answer = set(&after, &debug_for(json!({ "exe": "a" }))).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.retry_after.is_some() && json_of(&answer)["error"].is_string());
    // Who has read them goes by what it knows.
    let answer = send(&before, client.process_id, block(), document).await;
    assert!(answer.text.contains("debug"), "{answer:?}");

    objects.set_failing(false);
    assert_eq!(settings(&after, client.process_id).await["level"], "debug");
}
