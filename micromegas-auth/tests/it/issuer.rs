//! An issuer on this machine.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use micromegas_auth::{Grant, Oidc, OidcOptions};
use micromegas_lakehouse::{Rights, Tenant};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::signing::Signer;

/// An issuer on this machine. It ends with the test's runtime.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    state: Arc<IssuerState>,
}

#[derive(Debug)]
struct IssuerState {
    keys: Mutex<Vec<Value>>,
    /// What the discovery document says the issuer is called.
    name: Mutex<String>,
    down: AtomicBool,
    key_requests: AtomicUsize,
}

impl Issuer {
    pub(crate) async fn start(signers: &[&Signer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(IssuerState {
            keys: Mutex::default(),
            name: Mutex::new(url.clone()),
            down: AtomicBool::new(false),
            key_requests: AtomicUsize::new(0),
        });
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys))
            .with_state((url.clone(), Arc::clone(&state)));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let issuer = Self { url, state };
        issuer.publish(signers);
        issuer
    }

    /// Publishes these keys in place of those before.
    pub(crate) fn publish(&self, signers: &[&Signer]) {
        *self.state.keys.lock().unwrap() = signers.iter().map(|signer| signer.jwk()).collect();
    }

    pub(crate) fn rename(&self, name: &str) {
        *self.state.name.lock().unwrap() = name.to_owned();
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.state.down.store(down, Ordering::SeqCst);
    }

    /// How often the keys were asked for.
    pub(crate) fn key_requests(&self) -> usize {
        self.state.key_requests.load(Ordering::SeqCst)
    }

    /// Everyone may read, and operators everything.
    pub(crate) fn options(&self) -> OidcOptions {
        let tenant = Tenant::default();
        let grants = [
            Grant::everyone([tenant.clone()], Rights::ALL).to("groups", "operators"),
            Grant::everyone([tenant], Rights::QUERY),
        ];
        OidcOptions::new(&self.url, ["lake".to_owned()], grants)
            .with_clock_skew(Duration::from_secs(30))
    }

    pub(crate) fn oidc(&self) -> Oidc {
        Oidc::new(self.options()).unwrap()
    }
}

type Shared = State<(String, Arc<IssuerState>)>;

async fn discovery(State((url, state)): Shared) -> Result<Json<Value>, StatusCode> {
    if state.down.load(Ordering::SeqCst) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    let name = state.name.lock().unwrap().clone();
    Ok(Json(json!({ "issuer": name, "jwks_uri": format!("{url}/keys") })))
}

async fn keys(State((_, state)): Shared) -> Result<Json<Value>, StatusCode> {
    state.key_requests.fetch_add(1, Ordering::SeqCst);
    if state.down.load(Ordering::SeqCst) {
        return Err(StatusCode::BAD_GATEWAY);
    }
    Ok(Json(json!({ "keys": *state.keys.lock().unwrap() })))
}
