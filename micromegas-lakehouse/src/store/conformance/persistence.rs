//! A restarted store is the same store.

use std::slice::from_ref;
use std::time::Duration;

use super::Subject;
use super::fixture::{
    ALL, block, blocks, commit, id, new_stream, numbers, partition, seed_blocks, sequence, stream,
    tenant,
};
use crate::ledger::{LeaseKey, PartitionFilter, QuarantineFilter, QuarantineKey};
use crate::sequence::LedgerVersion;

const LONG: Duration = Duration::from_secs(600);

pub(super) async fn everything_survives_a_restart(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let tenants = from_ref(&tenant);
    let store = subject.store();
    seed_blocks(&store, &tenant, 3).await;
    store.insert(vec![block(&tenant, 900, 9, 1)]).await.unwrap();
    store.commit_partitions(commit(&tenant, vec![partition(1, 0, 2)], &[])).await.unwrap();
    let quarantined =
        QuarantineKey { tenant: tenant.clone(), view: "log_entries".to_owned(), block_id: id(101) };
    store.quarantine_block(&quarantined, "unreadable").await.unwrap();
    let lease_key = LeaseKey::new(tenant.clone(), "work");
    let lease = store.acquire_lease(&lease_key, "holder", LONG).await.unwrap().unwrap();

    let snapshot = store.snapshot().await.unwrap();
    let process = store.fetch_process(&tenant, id(1)).await.unwrap();
    let before = blocks(&store, &tenant).await;
    let waiting = store.list_waiting_blocks(tenants, None, ALL).await.unwrap();
    drop(store);
    let Some(subject) = subject.reopen().await else {
        return;
    };
    let store = subject.store();
    assert_eq!(store.snapshot().await.unwrap(), snapshot);
    assert_eq!(store.fetch_process(&tenant, id(1)).await.unwrap(), process);
    assert_eq!(blocks(&store, &tenant).await, before);
    assert_eq!(store.list_waiting_blocks(tenants, None, ALL).await.unwrap(), waiting);
    let hash = new_stream(&tenant, 2, 1, "log").layout_hash;
    store.fetch_layout(hash).await.unwrap();
    let filter = PartitionFilter::default();
    let partitions = store.list_partitions(tenants, LedgerVersion::MAX, &filter).await.unwrap();
    assert_eq!(partitions.len(), 1);
    let filter = QuarantineFilter::default();
    let found = store.list_quarantined_blocks(tenants, &filter, ALL).await.unwrap();
    assert_eq!(found[0].key, quarantined);
    assert_eq!(store.acquire_lease(&lease_key, "other", LONG).await.unwrap(), None);
    store.renew_lease(&lease.token, LONG).await.unwrap();
}

pub(super) async fn counters_continue_after_a_restart(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = subject.store();
    seed_blocks(&store, &tenant, 3).await;
    store.commit_partitions(commit(&tenant, vec![partition(1, 0, 2)], &[])).await.unwrap();
    store.insert(vec![block(&tenant, 900, 9, 1)]).await.unwrap();
    let before = store.snapshot().await.unwrap();
    drop(store);
    let Some(subject) = subject.reopen().await else {
        return;
    };
    let store = subject.store();
    store.insert(vec![stream(&tenant, 9, 1), block(&tenant, 901, 9, 1)]).await.unwrap();
    assert_eq!(numbers(&blocks(&store, &tenant).await), [1, 2, 3, 4, 5]);
    let version = store.commit_partitions(commit(&tenant, vec![partition(2, 2, 5)], &[]));
    assert_eq!(version.await.unwrap(), LedgerVersion::new(2));
    let after = store.snapshot().await.unwrap();
    assert_eq!(after.commit_sequence, sequence(5));
    assert!(after.insert_time > before.insert_time);
}
