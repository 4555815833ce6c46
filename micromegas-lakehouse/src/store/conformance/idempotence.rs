//! What was stored first stays, however often and differently it is sent again.

use super::Subject;
use super::fixture::{
    ALL, block, blocks, id, new_block, new_process, new_stream, numbers, process, seed, stream,
    tenant,
};
use crate::lake::{InsertOutcome, LakeInsert};

pub(super) async fn the_first_process_stays(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let first = store.fetch_process(&tenant, id(1)).await.unwrap().unwrap();
    let mut other = new_process(&tenant, 1);
    other.info.exe = "other".to_owned();
    let outcomes = store.insert(vec![LakeInsert::Process(other)]).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Duplicate]);
    assert_eq!(store.fetch_process(&tenant, id(1)).await.unwrap().unwrap(), first);
}

pub(super) async fn the_first_stream_stays(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let first = store.fetch_stream(&tenant, id(2)).await.unwrap().unwrap();
    let other = new_stream(&tenant, 2, 11, "metrics");
    let outcomes = store.insert(vec![LakeInsert::Stream(other)]).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Duplicate]);
    assert_eq!(store.fetch_stream(&tenant, id(2)).await.unwrap().unwrap(), first);
}

pub(super) async fn the_first_block_stays(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    store.insert(vec![block(&tenant, 100, 2, 1)]).await.unwrap();
    let first = blocks(&store, &tenant).await;
    let mut other = new_block(&tenant, 100, 2, 1);
    other.event_count = 5;
    other.payload.key = "elsewhere".to_owned();
    let outcomes = store.insert(vec![LakeInsert::Block(other)]).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Duplicate]);
    assert_eq!(blocks(&store, &tenant).await, first);
}

pub(super) async fn a_waiting_block_is_a_duplicate(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let first = store.insert(vec![block(&tenant, 100, 2, 1)]).await.unwrap();
    let second = store.insert(vec![block(&tenant, 100, 2, 1)]).await.unwrap();
    assert_eq!((first[0], second[0]), (InsertOutcome::Waiting, InsertOutcome::Duplicate));
    seed(&store, &tenant).await;
    assert_eq!(numbers(&blocks(&store, &tenant).await), [1]);
    let third = store.insert(vec![block(&tenant, 100, 2, 1)]).await.unwrap();
    assert_eq!(third, [InsertOutcome::Duplicate]);
}

pub(super) async fn a_duplicate_within_a_group_is_found(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let mut other = new_block(&tenant, 100, 2, 1);
    other.event_count = 5;
    let group = vec![
        process(&tenant, 1),
        process(&tenant, 1),
        stream(&tenant, 2, 1),
        stream(&tenant, 2, 1),
        block(&tenant, 100, 2, 1),
        LakeInsert::Block(other),
        block(&tenant, 101, 9, 1),
        block(&tenant, 101, 9, 1),
    ];
    let outcomes = store.insert(group).await.unwrap();
    let duplicates: Vec<bool> =
        outcomes.iter().map(|outcome| *outcome == InsertOutcome::Duplicate).collect();
    assert_eq!(duplicates, [false, true, false, true, false, true, false, true]);
    let blocks = blocks(&store, &tenant).await;
    assert_eq!(numbers(&blocks), [1]);
    assert_eq!(blocks[0].event_count, 100);
    let waiting = store.list_waiting_blocks(&[tenant], None, ALL).await.unwrap();
    assert_eq!(waiting.len(), 1);
}

pub(super) async fn a_repeated_group_changes_nothing(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let group = vec![
        process(&tenant, 1),
        stream(&tenant, 2, 1),
        block(&tenant, 100, 2, 1),
        block(&tenant, 101, 9, 1),
    ];
    store.insert(group.clone()).await.unwrap();
    let snapshot = store.snapshot().await.unwrap();
    let record = store.fetch_process(&tenant, id(1)).await.unwrap();
    assert_eq!(store.insert(group).await.unwrap(), [InsertOutcome::Duplicate; 4]);
    assert_eq!(store.snapshot().await.unwrap(), snapshot);
    assert_eq!(store.fetch_process(&tenant, id(1)).await.unwrap(), record);
}
