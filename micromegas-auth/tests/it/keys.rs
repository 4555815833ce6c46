//! Requests with API keys.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use chrono::{TimeDelta, Utc};
use micromegas_auth::{ApiKeys, ApiKeysOptions, Authenticator, KeyFile, KeyText};
use micromegas_lakehouse::{KeyStore, NewApiKey, Rights, Tenant};

use crate::server::{KeyServer, Server, new_key};

fn impatient() -> ApiKeysOptions {
    ApiKeysOptions::default().with_cache_time(Duration::from_millis(1))
}

async fn cache_passes() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

#[tokio::test]
async fn a_key_is_a_principal_of_its_tenant_with_its_rights() {
    let keys = KeyServer::new(ApiKeysOptions::default());
    let text = KeyText::generate().unwrap();
    let key = NewApiKey {
        name: "Fähre 🦀 北".to_owned(),
        tenant: Tenant::new("team-a").unwrap(),
        rights: Rights::INGEST | Rights::CONTROL,
        ..new_key(&text)
    };
    keys.store.insert_key(key).await.unwrap();
    for _ in 0..2 {
        let answer = keys.server.ask(text.expose()).await;
        assert_eq!(answer.who(), "key:Fähre 🦀 北 team-a ingest,control");
    }
}

#[tokio::test]
async fn a_request_without_or_with_wrong_credentials_is_refused() {
    let keys = KeyServer::new(ApiKeysOptions::default());
    let (text, _) = keys.make("good").await;
    let missing = keys.server.send(Request::post("/").body(Body::empty()).unwrap()).await;
    missing.assert_unauthorized("missing");
    assert_eq!(missing.headers[header::WWW_AUTHENTICATE], "Bearer");
    let almost = &text.expose()[..text.expose().len() - 1];
    for wrong in [almost, "mmk_", "x", &KeyText::generate().unwrap().expose().to_lowercase()] {
        keys.server.ask(wrong).await.assert_unauthorized("the key is not valid");
    }
    // Two credentials, of which one is good: somebody in front may have looked at the other.
    let two = [("authorization", "Bearer mmk_other")];
    keys.server.ask_with(text.expose(), &two).await.assert_unauthorized("send one");
    let basic = Request::post("/").header(header::AUTHORIZATION, "Basic YTpi");
    keys.server.send(basic.body(Body::empty()).unwrap()).await.assert_unauthorized("send one");
}

#[tokio::test]
async fn a_revoked_or_expired_key_is_refused_like_an_unknown_one() {
    let keys = KeyServer::new(impatient());
    let (text, record) = keys.make("once good").await;
    keys.server.ask(text.expose()).await.who();
    keys.store.revoke_key(&record.tenant, record.id, "ada").await.unwrap();
    cache_passes().await;
    let revoked = keys.server.ask(text.expose()).await;
    revoked.assert_unauthorized("the key is not valid");

    let short = KeyText::generate().unwrap();
    let expires = Some(Utc::now() + TimeDelta::milliseconds(300));
    keys.store.insert_key(NewApiKey { expires, ..new_key(&short) }).await.unwrap();
    keys.server.ask(short.expose()).await.who();
    tokio::time::sleep(Duration::from_millis(400)).await;
    let expired = keys.server.ask(short.expose()).await;
    expired.assert_unauthorized("the key is not valid");
    assert_eq!((&expired.text, &expired.headers), (&revoked.text, &revoked.headers));
}

#[tokio::test]
async fn expiry_counts_while_the_key_is_cached() {
    let keys = KeyServer::new(ApiKeysOptions::default());
    let text = KeyText::generate().unwrap();
    let expires = Some(Utc::now() + TimeDelta::milliseconds(200));
    keys.store.insert_key(NewApiKey { expires, ..new_key(&text) }).await.unwrap();
    keys.server.ask(text.expose()).await.who();
    tokio::time::sleep(Duration::from_millis(300)).await;
    keys.server.ask(text.expose()).await.assert_unauthorized("not valid");
}

#[tokio::test]
async fn a_key_that_is_made_later_is_known_when_the_cache_has_passed() {
    let keys = KeyServer::new(impatient());
    let text = KeyText::generate().unwrap();
    keys.server.ask(text.expose()).await.assert_unauthorized("not valid");
    keys.store.insert_key(new_key(&text)).await.unwrap();
    cache_passes().await;
    assert_eq!(keys.server.ask(text.expose()).await.who(), "key:key default ingest");
}

#[tokio::test]
async fn keys_of_several_stores_are_accepted() {
    let keys = KeyServer::new(ApiKeysOptions::default());
    let directory = tempfile::tempdir().unwrap();
    let file = Arc::new(KeyFile::new(directory.path().join("keys.json")));
    let (in_store, in_file) = (KeyText::generate().unwrap(), KeyText::generate().unwrap());
    keys.store.insert_key(new_key(&in_store)).await.unwrap();
    file.insert_key(new_key(&in_file)).await.unwrap();
    let server = Server::with(
        Authenticator::builder()
            .with_keys(ApiKeys::new(Arc::clone(&keys.store) as _, ApiKeysOptions::default()))
            .with_keys(ApiKeys::new(file, ApiKeysOptions::default())),
    );
    for text in [in_store, in_file] {
        server.ask(text.expose()).await.who();
    }
}

#[tokio::test]
async fn a_store_that_fails_is_not_a_wrong_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    std::fs::write(&path, "{ \"keys\": [ \"mmk_not_to_be_quoted\" ] }").unwrap();
    let keys = ApiKeys::new(Arc::new(KeyFile::new(&path)), ApiKeysOptions::default());
    let server = Server::with(Authenticator::builder().with_keys(keys));
    let answer = server.ask("mmk_x").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.headers[header::RETRY_AFTER], "2");
    assert!(!answer.text.contains("quoted"), "{answer:?}");
    // It is asked again with the next request.
    std::fs::remove_file(&path).unwrap();
    server.ask("mmk_x").await.assert_unauthorized("not valid");
}

#[tokio::test]
async fn an_authenticator_that_knows_nobody_refuses_everyone() {
    let server = Server::with(Authenticator::builder());
    for credential in ["mmk_x", "eyJh.eyJp.c2ln"] {
        server.ask(credential).await.assert_unauthorized("not valid");
    }
}

#[tokio::test]
async fn a_refused_sender_may_finish_a_short_body_and_hears_why() {
    let server = Server::with(Authenticator::builder());
    let chunks = (0..4).map(|_| Ok::<_, std::io::Error>(vec![7_u8; 100_000]));
    let body = Body::from_stream(futures::stream::iter(chunks));
    server.send(Request::post("/").body(body).unwrap()).await.assert_unauthorized("missing");
    // One that never ends is not waited for.
    let endless = std::iter::repeat_with(|| Ok::<_, std::io::Error>(vec![7_u8; 100_000]));
    let body = Body::from_stream(futures::stream::iter(endless));
    server.send(Request::post("/").body(body).unwrap()).await.assert_unauthorized("missing");
    let stalled = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
    server.send(Request::post("/").body(stalled).unwrap()).await.assert_unauthorized("missing");
}
