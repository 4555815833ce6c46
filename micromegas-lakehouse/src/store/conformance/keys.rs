//! API keys, and what the audit log says about them.

use std::slice::from_ref;
use std::sync::Arc;

use futures::future::join_all;

use super::Subject;
use super::fixture::{ALL, id, moment, tenant};
use crate::audit::AuditFilter;
use crate::error::Error;
use crate::keys::{KeyFilter, KeyHash, NewApiKey};
use crate::lake::RecordKey;
use crate::principal::Rights;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

fn hash(number: u8) -> KeyHash {
    KeyHash::from_bytes([number; 32])
}

pub(super) fn key(tenant: &Tenant, number: u8) -> NewApiKey {
    NewApiKey {
        id: id(u128::from(number)),
        name: format!("Schlüssel {number}"),
        prefix: format!("mmk_{number:08}"),
        hash: hash(number),
        tenant: tenant.clone(),
        rights: Rights::INGEST | Rights::CONTROL,
        expires: None,
        created_by: "ada".to_owned(),
    }
}

/// The actions of the audit log, each with its target.
async fn actions(store: &Arc<dyn MetadataStore>, tenant: &Tenant) -> Vec<(String, String)> {
    let log = store.list_audit(from_ref(tenant), &AuditFilter::default(), ALL).await.unwrap();
    log.into_iter().map(|entry| (entry.record.action, entry.record.target)).collect()
}

pub(super) async fn a_key_is_found_by_its_hash(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let new = NewApiKey { expires: Some(moment(5_000)), ..key(&tenant, 1) };
    let stored = store.insert_key(new.clone()).await.unwrap();
    assert_eq!((stored.id, &stored.name, &stored.prefix), (new.id, &new.name, &new.prefix));
    assert_eq!((&stored.tenant, stored.rights, stored.expires), (&tenant, new.rights, new.expires));
    assert_eq!((stored.created_by.as_str(), &stored.revoked), ("ada", &None));
    assert_eq!(store.fetch_key(&hash(1)).await.unwrap(), Some(stored));
    assert_eq!(store.fetch_key(&hash(2)).await.unwrap(), None);
}

pub(super) async fn an_identity_or_hash_is_taken_once(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    let first = store.insert_key(key(&mine, 1)).await.unwrap();
    let same_hash = NewApiKey { id: id(9), ..key(&yours, 1) };
    let same_id = NewApiKey { hash: hash(9), ..key(&yours, 1) };
    for taken in [key(&mine, 1), same_hash, same_id] {
        let error = store.insert_key(taken).await.unwrap_err();
        assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
    }
    let nameless = NewApiKey { name: String::new(), ..key(&mine, 3) };
    let error = store.insert_key(nameless).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert_eq!(store.fetch_key(&hash(1)).await.unwrap(), Some(first));
    assert_eq!(actions(&store, &yours).await, []);
}

pub(super) async fn the_first_revocation_stays(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    store.insert_key(key(&mine, 1)).await.unwrap();
    for (tenant, number) in [(&yours, 1), (&mine, 2)] {
        let error = store.revoke_key(tenant, id(number), "eve").await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    }
    let revoked = store.revoke_key(&mine, id(1), "bob").await.unwrap();
    assert_eq!(revoked.revoked.as_ref().unwrap().by, "bob");
    assert_eq!(store.revoke_key(&mine, id(1), "eve").await.unwrap(), revoked);
    assert_eq!(store.fetch_key(&hash(1)).await.unwrap(), Some(revoked));
    let error = store.insert_key(key(&mine, 1)).await.unwrap_err();
    assert!(matches!(error, Error::AlreadyExists { .. }), "{error:?}");
}

pub(super) async fn a_key_revoked_by_many_is_revoked_once(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    store.insert_key(key(&tenant, 1)).await.unwrap();
    let rivals = (0..8).map(|rival| {
        let (store, tenant) = (Arc::clone(&store), tenant.clone());
        async move { store.revoke_key(&tenant, id(1), &format!("rival {rival}")).await.unwrap() }
    });
    let answers = join_all(rivals).await;
    assert!(answers.iter().all(|answer| answer.revoked == answers[0].revoked), "{answers:#?}");
    assert_eq!(actions(&store, &tenant).await.len(), 2);
}

pub(super) async fn keys_are_listed_by_tenant_in_pages(subject: Box<dyn Subject>) {
    let (store, a, b) = (subject.store(), tenant("a"), tenant("b"));
    for number in [7, 3, 5] {
        store.insert_key(key(&b, number)).await.unwrap();
        store.insert_key(key(&a, number + 100)).await.unwrap();
    }
    let mut filter = KeyFilter::default();
    let mut found = Vec::new();
    loop {
        let page = store.list_keys(&filter, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(RecordKey::new(last.tenant.clone(), last.id));
        found.extend(page.into_iter().map(|key| key.id.as_u128()));
    }
    assert_eq!(found, [103, 105, 107, 3, 5, 7]);
    let filter = KeyFilter { tenants: Some(vec![b]), ..KeyFilter::default() };
    assert_eq!(store.list_keys(&filter, ALL).await.unwrap().len(), 3);
    let filter = KeyFilter { tenants: Some(Vec::new()), ..KeyFilter::default() };
    assert_eq!(store.list_keys(&filter, ALL).await.unwrap(), []);
}

pub(super) async fn making_and_revoking_keys_is_audited(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    store.insert_key(key(&mine, 1)).await.unwrap();
    store.revoke_key(&mine, id(1), "bob").await.unwrap();
    let log = store.list_audit(from_ref(&mine), &AuditFilter::default(), ALL).await.unwrap();
    let said: Vec<_> =
        log.iter().map(|entry| (&*entry.record.actor, &*entry.record.action)).collect();
    assert_eq!(said, [("ada", "key.create"), ("bob", "key.revoke")]);
    for entry in &log {
        assert_eq!(entry.record.target, id(1).to_string());
        assert_eq!(entry.record.details["name"], "Schlüssel 1");
        let text = format!("{entry:?}");
        assert!(!text.contains(&hash(1).to_hex()), "{text}");
    }
    assert_eq!(actions(&store, &yours).await, []);
}
