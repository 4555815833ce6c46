//! Keys in a file.

use micromegas_auth::{KeyFile, KeyText};
use micromegas_lakehouse::{Error, KeyFilter, KeyStore, NewApiKey, Tenant};
use uuid::Uuid;

use crate::server::new_key;

#[tokio::test]
async fn keys_are_made_found_listed_and_revoked() {
    let directory = tempfile::tempdir().unwrap();
    let file = KeyFile::new(directory.path().join("keys.json"));
    assert!(file.list_keys(&KeyFilter::default(), 10).await.unwrap().is_empty());
    let text = KeyText::generate().unwrap();
    let stored = file.insert_key(new_key(&text)).await.unwrap();
    let other = KeyText::generate().unwrap();
    let elsewhere = Tenant::new("elsewhere").unwrap();
    file.insert_key(NewApiKey { tenant: elsewhere.clone(), ..new_key(&other) }).await.unwrap();
    assert_eq!(file.fetch_key(&text.hash()).await.unwrap(), Some(stored.clone()));
    assert_eq!(file.list_keys(&KeyFilter::default(), 10).await.unwrap().len(), 2);
    let mine = KeyFilter { tenants: Some(vec![Tenant::default()]), after: None };
    assert_eq!(file.list_keys(&mine, 10).await.unwrap(), std::slice::from_ref(&stored));

    let error = file.revoke_key(&elsewhere, stored.id, "eve").await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    let revoked = file.revoke_key(&stored.tenant, stored.id, "bob").await.unwrap();
    assert_eq!(revoked.revoked.as_ref().unwrap().by, "bob");
    assert_eq!(file.revoke_key(&stored.tenant, stored.id, "eve").await.unwrap(), revoked);
    assert_eq!(file.fetch_key(&text.hash()).await.unwrap(), Some(revoked));

    let taken = NewApiKey { id: Uuid::new_v4(), ..new_key(&text) };
    let error = file.insert_key(taken).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
}

#[tokio::test]
async fn the_file_has_no_key_and_only_its_owner_reads_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let file = KeyFile::new(&path);
    let text = KeyText::generate().unwrap();
    file.insert_key(new_key(&text)).await.unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(!written.contains(text.expose()), "{written}");
    assert!(written.contains(text.prefix()), "{written}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_made_at_once_are_all_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let made = (0..8).map(|_| {
        let file = KeyFile::new(&path);
        tokio::spawn(async move { file.insert_key(new_key(&KeyText::generate().unwrap())).await })
    });
    for made in made.collect::<Vec<_>>() {
        made.await.unwrap().unwrap();
    }
    let keys = KeyFile::new(&path).list_keys(&KeyFilter::default(), 100).await.unwrap();
    assert_eq!(keys.len(), 8);
}

#[tokio::test]
async fn a_file_that_is_wrong_is_named_and_not_quoted() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys.json");
    let text = KeyText::generate().unwrap();
    KeyFile::new(&path).insert_key(new_key(&text)).await.unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    for (what, by) in [
        ("\"ingest\"", "\"mmk_secret\""),
        ("\"default\"", "\"mmk_secret/\""),
        ("\"name\"", "\"mmk_secret\""),
        ("\"sha256\": \"", "\"sha256\": \"mmk_secret"),
        ("}", ""),
    ] {
        std::fs::write(&path, good.replace(what, by)).unwrap();
        let error = KeyFile::new(&path).fetch_key(&text.hash()).await.unwrap_err();
        assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");
        assert!(error.to_string().contains("keys.json"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}
