//! An issuer that changes its keys, or does not answer.

use std::time::Duration;

use axum::http::{StatusCode, header};
use micromegas_auth::Oidc;

use crate::issuer::Issuer;
use crate::server::Server;
use crate::signing::{claims, p256, rsa_1, rsa_2};

const PAUSE: Duration = Duration::from_millis(300);

async fn pause_passes() {
    tokio::time::sleep(PAUSE + Duration::from_millis(50)).await;
}

fn server(issuer: &Issuer) -> Server {
    Server::with_issuer(Oidc::new(issuer.options().with_refresh_pause(PAUSE)).unwrap())
}

#[tokio::test]
async fn a_new_key_is_fetched_once_however_many_tokens_name_it() {
    let issuer = Issuer::start(&[&rsa_1()]).await;
    let server = server(&issuer);
    server.ask(&rsa_1().sign(&claims(&issuer.url))).await.who();
    issuer.publish(&[&rsa_1(), &p256()]);
    pause_passes().await;
    let token = p256().sign(&claims(&issuer.url));
    let answers = (0..20).map(|_| server.ask(&token));
    for answer in futures::future::join_all(answers).await {
        answer.who();
    }
    assert_eq!(issuer.key_requests(), 2);
}

#[tokio::test]
async fn tokens_with_unknown_keys_do_not_make_the_server_ask_again_and_again() {
    let issuer = Issuer::start(&[&rsa_1()]).await;
    let server = server(&issuer);
    let stranger = rsa_2().sign(&claims(&issuer.url));
    for _ in 0..50 {
        server.ask(&stranger).await.assert_unauthorized("not valid");
    }
    assert_eq!(issuer.key_requests(), 1);
    pause_passes().await;
    for _ in 0..50 {
        server.ask(&stranger).await.assert_unauthorized("not valid");
    }
    assert_eq!(issuer.key_requests(), 2);
    server.ask(&rsa_1().sign(&claims(&issuer.url))).await.who();
}

#[tokio::test]
async fn a_key_that_the_issuer_has_withdrawn_is_refused_after_the_interval() {
    let issuer = Issuer::start(&[&rsa_1(), &p256()]).await;
    let options = issuer.options().with_refresh_pause(PAUSE).with_refresh_interval(PAUSE);
    let server = Server::with_issuer(Oidc::new(options).unwrap());
    let token = rsa_1().sign(&claims(&issuer.url));
    server.ask(&token).await.who();
    issuer.publish(&[&p256()]);
    pause_passes().await;
    server.ask(&token).await.assert_unauthorized("not valid");
    server.ask(&p256().sign(&claims(&issuer.url))).await.who();
}

#[tokio::test]
async fn known_keys_are_used_for_a_while_when_the_issuer_is_down() {
    let issuer = Issuer::start(&[&rsa_1()]).await;
    let options = issuer
        .options()
        .with_refresh_pause(Duration::from_millis(1))
        .with_refresh_interval(Duration::from_millis(1))
        .with_stale_time(Duration::from_millis(600));
    let server = Server::with_issuer(Oidc::new(options).unwrap());
    let token = rsa_1().sign(&claims(&issuer.url));
    server.ask(&token).await.who();
    issuer.set_down(true);
    tokio::time::sleep(Duration::from_millis(20)).await;
    server.ask(&token).await.who();
    tokio::time::sleep(Duration::from_millis(700)).await;
    let answer = server.ask(&token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    issuer.set_down(false);
    tokio::time::sleep(Duration::from_millis(20)).await;
    server.ask(&token).await.who();
}

#[tokio::test]
async fn an_issuer_that_is_down_from_the_start_is_no_reason_to_refuse_for_good() {
    let issuer = Issuer::start(&[&rsa_1()]).await;
    issuer.set_down(true);
    let server = server(&issuer);
    let token = rsa_1().sign(&claims(&issuer.url));
    for _ in 0..10 {
        let answer = server.ask(&token).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert_eq!(answer.headers[header::RETRY_AFTER], "1");
    }
    issuer.set_down(false);
    pause_passes().await;
    server.ask(&token).await.who();
    assert_eq!(issuer.key_requests(), 1);
}

#[tokio::test]
async fn the_discovery_document_of_another_issuer_is_not_believed() {
    let issuer = Issuer::start(&[&rsa_1()]).await;
    issuer.rename("https://evil.example");
    let token = rsa_1().sign(&claims(&issuer.url));
    let answer = server(&issuer).ask(&token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(issuer.key_requests(), 0);
}
