//! A server without authentication.

use axum::body::Body;
use axum::http::Request;
use micromegas_auth::AuthLayer;
use micromegas_lakehouse::Principal;

use crate::server::Server;

#[tokio::test]
async fn everyone_is_the_one_principal_whatever_they_say() {
    let server = Server::behind(AuthLayer::disabled(Principal::local()));
    let all = "local default ingest,query,control,admin";
    assert_eq!(server.send(Request::post("/").body(Body::empty()).unwrap()).await.who(), all);
    let spoofed = [("x-auth-subject", "root"), ("x-auth-is-admin", "true"), ("x-user-id", "eve")];
    assert_eq!(server.ask_with("mmk_nobodys", &spoofed).await.who(), all);
}
