//! An application behind the layer, and requests to it without a socket.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use axum::routing::post;
use axum::{Extension, Router};
use micromegas_auth::{
    ApiKeys, ApiKeysOptions, AuthLayer, Authenticator, AuthenticatorBuilder, KeyText, Oidc,
};
use micromegas_lakehouse::{
    ApiKeyRecord, AuditFilter, AuditLog, AuditRecord, KeyStore, MemoryStore, NewApiKey, Principal,
    Rights, Tenant,
};
use tower::ServiceExt;
use uuid::Uuid;

/// An application that answers with who asks.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) app: Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Server {
    pub(crate) fn behind(layer: AuthLayer) -> Self {
        let who = |Extension(principal): Extension<Principal>, headers: HeaderMap| async move {
            let internal = headers.keys().filter(|name| name.as_str().starts_with("x-auth-"));
            let tenants: Vec<_> = principal.tenants().iter().map(Tenant::as_str).collect();
            let (tenants, rights) = (tenants.join(","), principal.rights());
            format!("{} {tenants} {rights} {}", principal.subject(), internal.count())
        };
        Self { app: Router::new().route("/", post(who)).layer(layer) }
    }

    pub(crate) fn with(builder: AuthenticatorBuilder) -> Self {
        Self::behind(AuthLayer::new(builder.build()))
    }

    pub(crate) fn with_issuer(oidc: Oidc) -> Self {
        Self::with(Authenticator::builder().with_issuer(oidc))
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 64 * 1024).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        Answer { status: parts.status, headers: parts.headers, text }
    }

    /// A request with this credential and more headers.
    pub(crate) async fn ask_with(&self, credential: &str, more: &[(&str, &str)]) -> Answer {
        let mut request = Request::post("/").body(Body::empty()).unwrap();
        let headers = request.headers_mut();
        let value = HeaderValue::from_str(&format!("Bearer {credential}")).unwrap();
        headers.insert(header::AUTHORIZATION, value);
        for (name, value) in more {
            let name: header::HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        self.send(request).await
    }

    pub(crate) async fn ask(&self, credential: &str) -> Answer {
        self.ask_with(credential, &[]).await
    }
}

impl Answer {
    /// Who the application saw.
    #[track_caller]
    pub(crate) fn who(&self) -> &str {
        assert_eq!(self.status, StatusCode::OK, "{self:?}");
        self.text.strip_suffix(" 0").unwrap_or_else(|| panic!("internal headers: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn assert_unauthorized(&self, text: &str) {
        assert_eq!(self.status, StatusCode::UNAUTHORIZED, "{self:?}");
        assert!(self.headers.contains_key(header::WWW_AUTHENTICATE), "{self:?}");
        assert!(self.text.contains(text), "{self:?}");
    }
}

/// Keys in memory, and an application that knows them.
#[derive(Debug)]
pub(crate) struct KeyServer {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) server: Server,
}

impl KeyServer {
    pub(crate) fn new(options: ApiKeysOptions) -> Self {
        let store = Arc::new(MemoryStore::new());
        let keys = ApiKeys::new(Arc::clone(&store) as Arc<dyn KeyStore>, options);
        let log = Arc::clone(&store) as Arc<dyn AuditLog>;
        let server = Server::with(Authenticator::builder().with_keys(keys).with_audit(log));
        Self { store, server }
    }

    pub(crate) async fn make(&self, name: &str) -> (KeyText, ApiKeyRecord) {
        let text = KeyText::generate().unwrap();
        let key = NewApiKey { name: name.to_owned(), ..new_key(&text) };
        (text, self.store.insert_key(key).await.unwrap())
    }

    /// The audit records of the default tenant.
    pub(crate) async fn audit(&self) -> Vec<AuditRecord> {
        let tenants = [Tenant::default()];
        self.store.list_audit(&tenants, &AuditFilter::default(), 1_000).await.unwrap()
    }
}

pub(crate) fn new_key(text: &KeyText) -> NewApiKey {
    NewApiKey {
        id: Uuid::new_v4(),
        name: "key".to_owned(),
        prefix: text.prefix().to_owned(),
        hash: text.hash(),
        tenant: Tenant::default(),
        rights: Rights::INGEST,
        expires: None,
        created_by: "ada".to_owned(),
    }
}
