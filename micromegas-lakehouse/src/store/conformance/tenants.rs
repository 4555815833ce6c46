//! The tenant is part of every identity.

use std::slice::from_ref;
use std::time::Duration;

use super::Subject;
use super::fixture::{
    ALL, block, blocks, commit, id, new_process, numbers, partition, process, seed, seed_blocks,
    stream, tenant,
};
use crate::lake::{BlockFilter, InsertOutcome, LakeInsert, ProcessFilter, StreamFilter};
use crate::ledger::{LeaseKey, PartitionFilter, QuarantineFilter, QuarantineKey};
use crate::sequence::LedgerVersion;

pub(super) async fn the_same_ids_live_apart(subject: Box<dyn Subject>) {
    let store = subject.store();
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    seed(&store, &mine).await;
    let mut other = new_process(&yours, 1);
    other.info.exe = "other".to_owned();
    let group = vec![
        LakeInsert::Process(other),
        stream(&yours, 2, 1),
        block(&yours, 100, 2, 1),
        block(&mine, 100, 2, 1),
    ];
    let outcomes = store.insert(group).await.unwrap();
    assert!(!outcomes.contains(&InsertOutcome::Duplicate), "{outcomes:?}");
    let exe = |process: Option<crate::lake::ProcessRecord>| process.unwrap().info.exe;
    assert_eq!(exe(store.fetch_process(&mine, id(1)).await.unwrap()), "exe-1");
    assert_eq!(exe(store.fetch_process(&yours, id(1)).await.unwrap()), "other");
    assert_eq!(numbers(&blocks(&store, &yours).await), [1]);
    assert_eq!(numbers(&blocks(&store, &mine).await), [2]);
}

pub(super) async fn another_tenants_rows_complete_nothing(subject: Box<dyn Subject>) {
    let store = subject.store();
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    store.insert(vec![block(&mine, 100, 2, 1)]).await.unwrap();
    store.insert(vec![process(&yours, 1), stream(&yours, 2, 1)]).await.unwrap();
    store.insert(vec![process(&mine, 1), stream(&mine, 3, 1)]).await.unwrap();
    assert!(blocks(&store, &mine).await.is_empty());
    assert!(store.list_waiting_blocks(&[yours], None, ALL).await.unwrap().is_empty());
    assert_eq!(store.list_waiting_blocks(from_ref(&mine), None, ALL).await.unwrap().len(), 1);
    store.insert(vec![stream(&mine, 2, 1)]).await.unwrap();
    assert_eq!(numbers(&blocks(&store, &mine).await), [1]);
}

pub(super) async fn lists_read_the_union_of_the_tenants_asked_for(subject: Box<dyn Subject>) {
    let store = subject.store();
    let names = ["a", "b", "c"].map(tenant);
    for tenant in &names {
        seed_blocks(&store, tenant, 2).await;
    }
    let asked = [names[0].clone(), names[2].clone()];
    let blocks = store.list_blocks(&asked, &BlockFilter::default(), ALL).await.unwrap();
    assert_eq!(numbers(&blocks), [1, 2, 5, 6]);
    let processes = store.list_processes(&asked, &ProcessFilter::default(), ALL).await.unwrap();
    let owners: Vec<_> = processes.iter().map(|process| process.tenant.as_str()).collect();
    assert_eq!(owners, ["a", "c"]);
    let streams = store.list_streams(&asked, &StreamFilter::default(), ALL).await.unwrap();
    assert_eq!(streams.len(), 2);
    assert!(store.list_blocks(&[], &BlockFilter::default(), ALL).await.unwrap().is_empty());
    assert!(store.list_processes(&[], &ProcessFilter::default(), ALL).await.unwrap().is_empty());
}

pub(super) async fn partitions_leases_and_quarantine_live_apart(subject: Box<dyn Subject>) {
    let store = subject.store();
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    for tenant in [&mine, &yours] {
        seed_blocks(&store, tenant, 1).await;
        let add = vec![partition(1, 0, 1)];
        store.commit_partitions(commit(tenant, add, &[])).await.unwrap();
        let key = LeaseKey::new(tenant.clone(), "work");
        let lease = store.acquire_lease(&key, "holder", Duration::from_secs(60)).await.unwrap();
        assert_eq!(lease.unwrap().token.epoch, 1);
    }
    let listed = store
        .list_partitions(from_ref(&mine), LedgerVersion::MAX, &PartitionFilter::default())
        .await
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].tenant, mine);
    let key =
        QuarantineKey { tenant: mine.clone(), view: "log_entries".to_owned(), block_id: id(100) };
    store.quarantine_block(&key, "unreadable").await.unwrap();
    let filter = QuarantineFilter::default();
    assert!(store.list_quarantined_blocks(&[yours], &filter, ALL).await.unwrap().is_empty());
    assert_eq!(store.list_quarantined_blocks(&[mine], &filter, ALL).await.unwrap().len(), 1);
}
