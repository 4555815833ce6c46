//! No credential is where it does not belong.

use std::sync::Arc;
use std::time::Duration;

use micromegas_auth::{ApiKeys, ApiKeysOptions, AuthLayer, Authenticator, KeyText};
use micromegas_lakehouse::KeyStore;

use crate::issuer::Issuer;
use crate::server::{KeyServer, Server};
use crate::signing::{claims, rsa_1, rsa_2};

#[tokio::test]
async fn refused_credentials_are_audited_without_the_credentials() {
    let keys = KeyServer::new(ApiKeysOptions::default().with_cache_time(Duration::from_millis(1)));
    let (text, record) = keys.make("léaky").await;
    keys.store.revoke_key(&record.tenant, record.id, "ada").await.unwrap();
    let unknown = KeyText::generate().unwrap();
    for text in [&text, &unknown, &unknown] {
        keys.server.ask(text.expose()).await.assert_unauthorized("not valid");
    }
    let audit = {
        let KeyServer { store, server } = keys;
        // What is counted is written when the last handle goes.
        drop(server);
        tokio::time::sleep(Duration::from_millis(50)).await;
        KeyServer { store, server: Server::with(Authenticator::builder()) }.audit().await
    };
    let mut said: Vec<_> = audit
        .iter()
        .map(|entry| {
            let record = &entry.record;
            let detail = |name: &str| record.details.get(name).map(String::as_str);
            (&*record.action, &*record.actor, detail("reason"), detail("count"))
        })
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        [
            ("credentials.refuse", "", Some("unknown key"), Some("2")),
            ("credentials.refuse", "key:léaky", Some("revoked key"), Some("1")),
            ("key.create", "ada", None, None),
            ("key.revoke", "ada", None, None),
        ]
    );
    let all = format!("{audit:?}");
    for text in [&text, &unknown] {
        assert!(!all.contains(&text.expose()[12..]), "{all}");
    }
    assert!(!all.contains(unknown.prefix()), "{all}");
}

#[tokio::test]
async fn debug_and_answers_show_no_credential() {
    let keys = KeyServer::new(ApiKeysOptions::default());
    let (text, record) = keys.make("key").await;
    let issuer = Issuer::start(&[&rsa_1()]).await;
    let authenticator = Authenticator::builder()
        .with_keys(ApiKeys::new(
            Arc::clone(&keys.store) as Arc<dyn KeyStore>,
            ApiKeysOptions::default(),
        ))
        .with_issuer(issuer.oidc())
        .build();
    let layer = AuthLayer::new(authenticator);
    let server = Server::behind(layer.clone());
    server.ask(text.expose()).await.who();
    let token = rsa_2().sign(&claims(&issuer.url));
    let refused = server.ask(&token).await;
    let wrong = server.ask("mmk_this-is-somebodys-secret").await;
    let shown = format!("{layer:?} {text:?} {record:?} {refused:?} {wrong:?}");
    for secret in [&text.expose()[12..], &text.hash().to_hex(), &token[..40], "somebodys"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
