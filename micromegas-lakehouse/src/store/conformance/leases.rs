//! Leases: one holder, growing epochs.

use std::sync::Arc;
use std::time::Duration;

use super::Subject;
use super::fixture::{commit, covered_store, partition, tenant};
use crate::error::Error;
use crate::ledger::LeaseKey;

const LONG: Duration = Duration::from_secs(600);
const SHORT: Duration = Duration::from_millis(20);

fn key() -> LeaseKey {
    LeaseKey::new(tenant("t"), "log_entries")
}

async fn expire() {
    tokio::time::sleep(SHORT * 3).await;
}

pub(super) async fn one_holder_at_a_time(subject: Box<dyn Subject>) {
    let store = subject.store();
    let lease = store.acquire_lease(&key(), "first", LONG).await.unwrap().unwrap();
    assert_eq!(lease.holder, "first");
    assert_eq!(lease.token.epoch, 1);
    assert_eq!(lease.token.key, key());
    for holder in ["second", "first"] {
        assert_eq!(store.acquire_lease(&key(), holder, LONG).await.unwrap(), None);
    }
    let other = LeaseKey::new(tenant("t"), "measures");
    assert!(store.acquire_lease(&other, "second", LONG).await.unwrap().is_some());
}

pub(super) async fn an_expired_lease_goes_to_another_with_a_greater_epoch(
    subject: Box<dyn Subject>,
) {
    let store = subject.store();
    let first = store.acquire_lease(&key(), "first", SHORT).await.unwrap().unwrap();
    expire().await;
    let second = store.acquire_lease(&key(), "second", LONG).await.unwrap().unwrap();
    assert!(second.token.epoch > first.token.epoch);
    assert_eq!(second.holder, "second");
}

pub(super) async fn a_released_lease_is_free_and_its_token_lost(subject: Box<dyn Subject>) {
    let store = subject.store();
    let first = store.acquire_lease(&key(), "first", LONG).await.unwrap().unwrap();
    store.release_lease(&first.token).await.unwrap();
    let error = store.renew_lease(&first.token, LONG).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    let second = store.acquire_lease(&key(), "second", LONG).await.unwrap().unwrap();
    assert!(second.token.epoch > first.token.epoch);
    store.release_lease(&first.token).await.unwrap();
    assert_eq!(store.acquire_lease(&key(), "third", LONG).await.unwrap(), None);
}

pub(super) async fn a_lost_lease_refuses_renewal_and_commit(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let first = store.acquire_lease(&key(), "first", SHORT).await.unwrap().unwrap();
    expire().await;
    let second = store.acquire_lease(&key(), "second", LONG).await.unwrap().unwrap();
    let error = store.renew_lease(&first.token, LONG).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    let mut work = commit(&tenant, vec![partition(1, 0, 10)], &[]);
    work.lease = Some(first.token);
    let error = store.commit_partitions(work.clone()).await.unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    work.lease = Some(second.token);
    store.commit_partitions(work).await.unwrap();
}

pub(super) async fn an_expired_lease_nobody_took_still_holds(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = covered_store(&*subject, &tenant).await;
    let lease = store.acquire_lease(&key(), "first", SHORT).await.unwrap().unwrap();
    expire().await;
    let mut work = commit(&tenant, vec![partition(1, 0, 10)], &[]);
    work.lease = Some(lease.token.clone());
    store.commit_partitions(work).await.unwrap();
    store.renew_lease(&lease.token, LONG).await.unwrap();
    assert_eq!(store.acquire_lease(&key(), "second", LONG).await.unwrap(), None);
}

pub(super) async fn renewal_extends(subject: Box<dyn Subject>) {
    let store = subject.store();
    let lease = store.acquire_lease(&key(), "first", SHORT).await.unwrap().unwrap();
    let renewed = store.renew_lease(&lease.token, LONG).await.unwrap();
    assert_eq!(renewed.token, lease.token);
    assert_eq!(renewed.holder, "first");
    assert!(renewed.expires > lease.expires);
    expire().await;
    assert_eq!(store.acquire_lease(&key(), "second", LONG).await.unwrap(), None);
}

pub(super) async fn one_of_many_acquires(subject: Box<dyn Subject>) {
    let store = subject.store();
    let mut rivals = Vec::new();
    for number in 0..16 {
        let store = Arc::clone(&store);
        rivals.push(tokio::spawn(async move {
            store.acquire_lease(&key(), &format!("rival-{number}"), LONG).await.unwrap()
        }));
    }
    let mut winners = 0;
    for rival in rivals {
        winners += usize::from(rival.await.unwrap().is_some());
    }
    assert_eq!(winners, 1);
}
