//! Numbers become visible in order, without gaps, and are never reused.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::Subject;
use super::fixture::{ALL, block, blocks, new_block, numbers, seed, sequence, tenant};
use crate::error::Error;
use crate::lake::{BlockFilter, InsertOutcome, LakeInsert};
use crate::sequence::Snapshot;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

pub(super) async fn numbers_start_at_one_without_gaps(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    assert_eq!(store.snapshot().await.unwrap(), Snapshot::EMPTY);
    seed(&store, &tenant).await;
    for group in [100..103, 103..104, 104..170] {
        let rows = group.map(|number| block(&tenant, number, 2, 1)).collect();
        store.insert(rows).await.unwrap();
    }
    let blocks = blocks(&store, &tenant).await;
    assert_eq!(numbers(&blocks), (1..=70).collect::<Vec<u64>>());
    let order: Vec<i64> = blocks.iter().map(|block| block.begin_ticks).collect();
    assert_eq!(order, (100..170).collect::<Vec<i64>>());
    assert_eq!(store.snapshot().await.unwrap().commit_sequence, sequence(70));
}

pub(super) async fn duplicates_use_no_number(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    for number in [100, 100, 101] {
        store.insert(vec![block(&tenant, number, 2, 1)]).await.unwrap();
    }
    assert_eq!(numbers(&blocks(&store, &tenant).await), [1, 2]);
}

pub(super) async fn a_refused_group_stores_nothing(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let before = store.snapshot().await.unwrap();
    let mut refused = new_block(&tenant, 101, 2, 1);
    refused.end_time = DateTime::<Utc>::MAX_UTC;
    let group = vec![block(&tenant, 100, 2, 1), LakeInsert::Block(refused)];
    let error = store.insert(group).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    assert_eq!(store.snapshot().await.unwrap(), before);
    assert!(blocks(&store, &tenant).await.is_empty());
    store.insert(vec![block(&tenant, 102, 2, 1)]).await.unwrap();
    assert_eq!(numbers(&blocks(&store, &tenant).await), [1]);
}

pub(super) async fn an_empty_group_changes_nothing(subject: Box<dyn Subject>) {
    let store = subject.store();
    assert_eq!(store.insert(Vec::new()).await.unwrap(), []);
    assert_eq!(store.snapshot().await.unwrap(), Snapshot::EMPTY);
}

/// Calls are dropped after a few polls; what they leave must be whole, and later calls must work.
pub(super) async fn a_dropped_insert_leaves_all_or_nothing(subject: Box<dyn Subject>) {
    const GROUP: u128 = 5;
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    for round in 0..40 {
        let first = 1000 + round * GROUP;
        let rows = (first..first + GROUP).map(|number| block(&tenant, number, 2, 1)).collect();
        let mut insert = store.insert(rows);
        for _ in 0..round {
            if futures::poll!(&mut insert).is_ready() {
                break;
            }
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        drop(insert);
    }
    store.insert(vec![block(&tenant, 100, 2, 1)]).await.unwrap();
    let blocks = blocks(&store, &tenant).await;
    assert_eq!(numbers(&blocks), (1..=blocks.len() as u64).collect::<Vec<_>>());
    let (last, groups) = blocks.split_last().unwrap();
    assert_eq!(last.begin_ticks, 100);
    for group in groups.chunks(GROUP as usize) {
        assert_eq!(group.len(), GROUP as usize, "part of a group is stored");
        let first = group[0].begin_ticks;
        let ticks: Vec<i64> = group.iter().map(|block| block.begin_ticks).collect();
        assert_eq!(ticks, (first..first + GROUP as i64).collect::<Vec<_>>());
    }
}

/// Writers race while a reader checks that whatever it sees once stays a prefix.
pub(super) async fn numbers_appear_in_order_under_sixteen_writers(subject: Box<dyn Subject>) {
    const WRITERS: u128 = 16;
    const GROUPS: u128 = 12;
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let done = Arc::new(AtomicBool::new(false));
    let reader = tokio::spawn(watch(Arc::clone(&store), tenant.clone(), Arc::clone(&done)));
    let mut writers = Vec::new();
    for writer in 0..WRITERS {
        let (store, tenant) = (Arc::clone(&store), tenant.clone());
        writers.push(tokio::spawn(async move {
            let mut last = None;
            for group in 0..GROUPS {
                let first = 1000 + (writer * GROUPS + group) * 10;
                let length = 1 + group % 5;
                let rows = (first..first + length).map(|number| block(&tenant, number, 2, 1));
                for outcome in store.insert(rows.collect()).await.unwrap() {
                    let InsertOutcome::Numbered(sequence) = outcome else {
                        panic!("a complete block was {outcome:?}");
                    };
                    assert!(last < Some(sequence), "{sequence} came after {last:?}");
                    last = Some(sequence);
                }
                let seen = store.snapshot().await.unwrap().commit_sequence;
                assert!(last <= Some(seen), "the snapshot is behind an answer");
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    done.store(true, Ordering::Release);
    reader.await.unwrap();
    let total = WRITERS * (0..GROUPS).map(|group| 1 + group % 5).sum::<u128>();
    let expected: Vec<u64> = (1..=total as u64).collect();
    assert_eq!(numbers(&blocks(&store, &tenant).await), expected);
}

async fn watch(store: Arc<dyn MetadataStore>, tenant: Tenant, done: Arc<AtomicBool>) {
    let tenants = [tenant];
    let mut seen = Vec::new();
    loop {
        let last_round = done.load(Ordering::Acquire);
        let snapshot = store.snapshot().await.unwrap();
        let filter = BlockFilter::default();
        let blocks = store.list_blocks(&tenants, &filter, ALL).await.unwrap();
        assert!(
            blocks.len() as u64 >= snapshot.commit_sequence.as_u64(),
            "a number of the snapshot is missing"
        );
        for (place, block) in blocks.iter().enumerate() {
            assert_eq!(block.sequence, sequence(place as u64 + 1), "there is a gap");
        }
        let ids: Vec<_> = blocks.iter().map(|block| block.block_id).collect();
        assert!(ids.starts_with(&seen), "a number below one that was seen has changed");
        seen = ids;
        if last_round {
            return;
        }
        tokio::task::yield_now().await;
    }
}
