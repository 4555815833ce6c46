//! The layer.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use micromegas_lakehouse::Principal;
use tower::{Layer, Service};

use crate::answer::{AuthBody, Protocol, refuse};
use crate::authenticator::Authenticator;
use crate::drain::drain;
use crate::identity;

/// Lets requests pass that have valid credentials, with their
/// [`Principal`] in the extensions, and answers all others.
///
/// Refusals are said in the sender's protocol: a status with one sentence in HTTP, a gRPC status
/// to senders of `application/grpc`. Headers with which an authenticating proxy would say who
/// asks (`x-auth-*`) are removed from every request.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    mode: Mode,
}

#[derive(Debug, Clone)]
enum Mode {
    Required(Authenticator),
    Disabled(Arc<Principal>),
}

impl AuthLayer {
    /// A layer that asks for credentials.
    pub fn new(authenticator: Authenticator) -> Self {
        Self { mode: Mode::Required(authenticator) }
    }

    /// A layer that lets everyone pass as this principal, whatever credentials are sent, such as
    /// [`Principal::local`].
    ///
    /// For a server that only those reach who may do everything. There is no other way to get
    /// such a layer: an [`Authenticator`] without keys and issuers refuses everyone.
    pub fn disabled(principal: Principal) -> Self {
        Self { mode: Mode::Disabled(Arc::new(principal)) }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = AuthService<S>;

    fn layer(&self, inner: S) -> AuthService<S> {
        AuthService { inner, mode: self.mode.clone() }
    }
}

/// A service behind an [`AuthLayer`].
#[derive(Debug, Clone)]
pub struct AuthService<S> {
    inner: S,
    mode: Mode,
}

impl<S, B, R> Service<Request<B>> for AuthService<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    B::Data: Send,
{
    type Response = Response<AuthBody<R>>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The clone was not asked whether it is ready; the one that was takes the request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let mode = self.mode.clone();
        Box::pin(async move {
            identity::strip(request.headers_mut());
            let principal = match mode {
                Mode::Disabled(principal) => Ok(Principal::clone(&principal)),
                Mode::Required(authenticator) => {
                    authenticator.authenticate(request.headers()).await
                }
            };
            match principal {
                Ok(principal) => {
                    request.extensions_mut().insert(principal);
                    Ok(inner.call(request).await?.map(AuthBody::Right))
                }
                Err(refusal) => {
                    let protocol = Protocol::of(request.headers());
                    drain(request.into_body()).await;
                    Ok(refuse(&refusal, protocol))
                }
            }
        })
    }
}
