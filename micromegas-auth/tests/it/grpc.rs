//! The layer in front of a tonic server.

use std::convert::Infallible;
use std::task::{Context, Poll};

use futures::future::{Ready, ready};
use http::{Request, Response, StatusCode, header};
use micromegas_auth::{ApiKeys, ApiKeysOptions, AuthLayer, Authenticator};
use micromegas_lakehouse::Principal;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Server};
use tower::{Service, ServiceExt};

use crate::server::KeyServer;

/// A service that tells in a header of its answer who asks.
#[derive(Debug, Clone)]
struct Who;

impl NamedService for Who {
    const NAME: &'static str = "test.Who";
}

impl Service<Request<Body>> for Who {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let principal = request.extensions().get::<Principal>().unwrap();
        let response = Response::builder()
            .header(header::CONTENT_TYPE, "application/grpc")
            .header("grpc-status", "0")
            .header("who", principal.subject());
        ready(Ok(response.body(Body::empty()).unwrap()))
    }
}

async fn ask(channel: &Channel, credential: Option<&str>) -> Response<Body> {
    let mut request =
        Request::post("/test.Who/Ask").header(header::CONTENT_TYPE, "application/grpc");
    if let Some(credential) = credential {
        request = request.header(header::AUTHORIZATION, format!("Bearer {credential}"));
    }
    channel.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_tonic_server_knows_who_asks_and_refuses_in_grpc() {
    let keys = KeyServer::new(ApiKeysOptions::default());
    let (text, _) = keys.make("caller").await;
    let known = ApiKeys::new(keys.store, ApiKeysOptions::default());
    let layer = AuthLayer::new(Authenticator::builder().with_keys(known).build());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = Server::builder().layer(layer).add_service(Who);
    tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();

    let answer = ask(&channel, Some(text.expose())).await;
    assert_eq!(
        (&answer.headers()["grpc-status"], &answer.headers()["who"]),
        (&"0".parse().unwrap(), &"key:caller".parse().unwrap())
    );
    for credential in [None, Some("mmk_wrong")] {
        let answer = ask(&channel, credential).await;
        assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
        assert_eq!(answer.headers()["grpc-status"], "16", "{answer:?}");
        assert!(answer.headers()["grpc-message"].to_str().unwrap().len() > 10);
    }
}
