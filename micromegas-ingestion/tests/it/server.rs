//! A router over a lakehouse in memory, and requests to it without a socket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use bytes::Bytes;
use micromegas_ingestion::otlp::Signal;
use micromegas_ingestion::{IngestionOptions, IngestionService, router};
use micromegas_lakehouse::{BlockFilter, BlockRecord, Lakehouse, Tenant};
use tower::ServiceExt;

pub(crate) struct Server {
    pub(crate) lakehouse: Lakehouse,
    pub(crate) router: Router,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) retry_after: Option<u64>,
    pub(crate) content_type: Option<String>,
    pub(crate) body: Bytes,
    /// The body as text, as far as it is one.
    pub(crate) text: String,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self::with_options(IngestionOptions::default())
    }

    pub(crate) fn with_options(options: IngestionOptions) -> Self {
        Self::over(Lakehouse::in_memory(), options)
    }

    pub(crate) fn over(lakehouse: Lakehouse, options: IngestionOptions) -> Self {
        let service = Arc::new(IngestionService::new(lakehouse.clone(), options));
        Self { lakehouse, router: router(service) }
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        self.send(Request::post(path).body(body.into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let retry_after = retry_after.map(|seconds| seconds.to_str().unwrap().parse().unwrap());
        let content_type = response.headers().get(header::CONTENT_TYPE);
        let content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
        let body = axum::body::to_bytes(response.into_body(), 64 * 1024).await.unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        Answer { status, retry_after, content_type, body, text }
    }

    /// Sends an OTLP request as protobuf.
    pub(crate) async fn export(&self, signal: Signal, body: Vec<u8>) -> Answer {
        self.send(protobuf(signal, body)).await
    }

    /// The complete blocks, in the order of their numbers.
    pub(crate) async fn blocks(&self) -> Vec<BlockRecord> {
        self.blocks_of(&Tenant::default()).await
    }

    pub(crate) async fn blocks_of(&self, tenant: &Tenant) -> Vec<BlockRecord> {
        let tenants = [tenant.clone()];
        let store = self.lakehouse.store();
        store.list_blocks(&tenants, &BlockFilter::default(), 10_000).await.unwrap()
    }
}

/// An OTLP request as protobuf.
pub(crate) fn protobuf(signal: Signal, body: Vec<u8>) -> Request<Body> {
    export("application/x-protobuf", signal, body.into())
}

/// An OTLP request as JSON.
pub(crate) fn json(signal: Signal, body: &str) -> Request<Body> {
    export("application/json", signal, body.to_owned().into())
}

fn export(content_type: &str, signal: Signal, body: Body) -> Request<Body> {
    let request = Request::post(format!("/v1/{}", signal.as_str()));
    request.header(header::CONTENT_TYPE, content_type).body(body).unwrap()
}

impl Answer {
    /// A success of all of an OTLP request: an empty message.
    #[track_caller]
    pub(crate) fn assert_taken(&self) {
        self.assert_ok();
        assert_eq!(self.content_type.as_deref(), Some("application/x-protobuf"));
    }

    /// The code of an OTLP failure in protobuf, which is the first field of the message.
    pub(crate) fn rpc_code(&self) -> u8 {
        assert_eq!(self.content_type.as_deref(), Some("application/x-protobuf"));
        let [8, code, ..] = self.body[..] else { panic!("{self:?}") };
        code
    }

    /// Exactly what every client takes as a success.
    #[track_caller]
    pub(crate) fn assert_ok(&self) {
        assert_eq!((self.status, self.text.as_str()), (StatusCode::OK, ""), "{self:?}");
    }

    /// "Never again", with one sentence.
    #[track_caller]
    pub(crate) fn assert_refused(&self, status: StatusCode) {
        assert_eq!(self.status, status, "{self:?}");
        assert!(self.status.is_client_error());
        assert!(self.text.len() > 10 && self.text.len() < 400, "{self:?}");
        assert!(!self.text.contains('\n'), "{self:?}");
        assert_eq!(self.retry_after, None);
    }

    /// "Later".
    #[track_caller]
    pub(crate) fn assert_later(&self) {
        assert_eq!(self.status, StatusCode::SERVICE_UNAVAILABLE, "{self:?}");
        assert!(self.retry_after.is_some_and(|seconds| seconds > 0), "{self:?}");
        assert!(!self.text.is_empty() && !self.text.contains('\n'), "{self:?}");
    }
}
