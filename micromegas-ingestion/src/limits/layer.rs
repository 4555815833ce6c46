//! The layer.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::BoxError;
use axum::http::{Request, Response};
use bytes::{Buf, Bytes};
use futures::future::BoxFuture;
use http_body::Body;
use http_body_util::{BodyExt, Either, Full};
use micromegas_lakehouse::{Principal, Tenant};
use tower::{Layer, Service};

use super::answer::{is_grpc, refuse};
use super::body::LimitedBody;
use super::options::LimitOptions;
use super::tenant_use::TenantUse;

/// The body of an answer: that of a refusal, or that of the service behind the layer.
pub type LimitBody<B> = Either<Full<Bytes>, B>;

/// How much of a refused body is read, so that its sender hears the answer.
const REFUSED_BYTES_MAX: usize = 1024 * 1024;
/// For how long.
const REFUSED_TIMEOUT: Duration = Duration::from_secs(2);

/// Holds each tenant to its limits, for axum and tonic alike. Clones count together.
///
/// The tenant is the [home](Principal::home) of the [`Principal`] in the request's extensions, so
/// the layer stands behind whatever puts it there; requests without one count for the default
/// tenant. Refusals mean "later": 429 or 503 with `Retry-After`, or a gRPC status that senders
/// repeat.
#[derive(Debug, Clone)]
pub struct LimitLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: LimitOptions,
    /// Only tenants that principals have, so nobody makes this long.
    tenants: Mutex<HashMap<Tenant, Arc<TenantUse>>>,
}

impl LimitLayer {
    /// A layer with these limits.
    pub fn new(options: LimitOptions) -> Self {
        Self { shared: Arc::new(Shared { options, tenants: Mutex::default() }) }
    }
}

impl Shared {
    fn tenant_use(&self, tenant: &Tenant) -> Arc<TenantUse> {
        // Nothing panics while the lock is held.
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = tenants.get(tenant) {
            return Arc::clone(known);
        }
        let limits = self.options.tenants.get(tenant).unwrap_or(&self.options.each_tenant);
        let new = Arc::new(TenantUse::new(limits));
        tenants.insert(tenant.clone(), Arc::clone(&new));
        new
    }
}

impl<S> Layer<S> for LimitLayer {
    type Service = LimitService<S>;

    fn layer(&self, inner: S) -> LimitService<S> {
        LimitService { inner, shared: Arc::clone(&self.shared) }
    }
}

/// A service behind a [`LimitLayer`].
#[derive(Debug, Clone)]
pub struct LimitService<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S, B, R> Service<Request<B>> for LimitService<S>
where
    S: Service<Request<LimitedBody<B>>, Response = Response<R>>,
    S::Future: Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<LimitBody<R>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (pace, retry_after) = (self.shared.options.pace, self.shared.options.retry_after);
        let is_grpc = is_grpc(request.headers());
        let principal = request.extensions().get::<Principal>();
        let tenant = principal.map_or_else(Tenant::default, |principal| principal.home().clone());
        let tenant_use = self.shared.tenant_use(&tenant);
        let entered = match tenant_use.enter(request.body().size_hint().lower()) {
            Ok(entered) => Arc::new(entered),
            Err(busy) => {
                return Box::pin(async move {
                    drain(request.into_body()).await;
                    Ok(refuse(busy, retry_after, is_grpc))
                });
            }
        };
        let counted = Arc::clone(&entered);
        let answer = self.inner.call(request.map(|body| LimitedBody::new(body, counted, pace)));
        Box::pin(async move {
            let response = answer.await?;
            // What the service makes of a body that was cut off is not the reason.
            match entered.refused() {
                Some(busy) => Ok(refuse(busy, retry_after, is_grpc)),
                None => Ok(response.map(Either::Right)),
            }
        })
    }
}

/// Reads the rest of a short body: many senders hear the answer only once they have said
/// everything.
async fn drain<B: Body>(body: B) {
    if body.is_end_stream() || body.size_hint().lower() > REFUSED_BYTES_MAX as u64 {
        return;
    }
    let rest = async {
        let mut body = pin!(body);
        let mut bytes = 0;
        while let Some(Ok(frame)) = body.frame().await {
            bytes += frame.data_ref().map_or(0, Buf::remaining);
            if bytes > REFUSED_BYTES_MAX {
                return;
            }
        }
    };
    // Who is not done by then has had its chance.
    let _ = tokio::time::timeout(REFUSED_TIMEOUT, rest).await;
}
