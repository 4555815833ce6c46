//! Rows and the objects they refer to: which are too old for a row, and which have none.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::Subject;
use super::fixture::{blocks, new_block, seed, tenant};
use crate::error::Error;
use crate::lake::{InsertOutcome, LakeInsert, segment_key};
use crate::store::MetadataStore;
use crate::tenant::Tenant;

fn block_in(tenant: &Tenant, number: u128, stream: u128, key: &str) -> LakeInsert {
    let mut block = new_block(tenant, number, stream, 1);
    block.payload.key = key.to_owned();
    LakeInsert::Block(block)
}

async fn key_of_age(store: &Arc<dyn MetadataStore>, tenant: &Tenant, age: TimeDelta) -> String {
    segment_key(tenant, store.now().await.unwrap() - age)
}

pub(super) async fn the_clock_is_not_before_the_newest_group(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let start = Utc::now() - TimeDelta::seconds(1);
    assert!(store.now().await.unwrap() > start);
    let mut last = DateTime::UNIX_EPOCH;
    for number in 1..20 {
        store.insert(vec![super::fixture::process(&tenant, number)]).await.unwrap();
        let now = store.now().await.unwrap();
        assert!(now >= store.snapshot().await.unwrap().insert_time);
        assert!(now >= last);
        last = now;
    }
    assert!(last < Utc::now() + TimeDelta::seconds(1));
}

pub(super) async fn a_row_of_an_old_segment_is_refused_with_its_group(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let before = store.snapshot().await.unwrap();
    let recent = key_of_age(&store, &tenant, TimeDelta::minutes(9)).await;
    let old = key_of_age(&store, &tenant, TimeDelta::minutes(11)).await;
    // Stream 2 is there; a block of stream 9 waits.
    for stream in [2, 9] {
        let group = vec![block_in(&tenant, 100, 2, &recent), block_in(&tenant, 101, stream, &old)];
        let error = store.insert(group).await.unwrap_err();
        assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
        assert!(blocks(&store, &tenant).await.is_empty());
        assert_eq!(store.snapshot().await.unwrap(), before);
    }
    let group = vec![block_in(&tenant, 100, 2, &recent), block_in(&tenant, 101, 2, "blobs/101")];
    let outcomes = store.insert(group).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, InsertOutcome::Numbered(_))));
}

pub(super) async fn objects_without_a_row_are_found(subject: Box<dyn Subject>) {
    let store = subject.store();
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    seed(&store, &mine).await;
    let keys: Vec<String> = (0..5).map(|number| format!("segments/{number}")).collect();
    let group = vec![
        block_in(&mine, 100, 2, &keys[0]),
        block_in(&mine, 101, 2, &keys[0]),
        // These two wait, the second of them for another tenant.
        block_in(&mine, 102, 9, &keys[1]),
        block_in(&yours, 103, 9, &keys[2]),
    ];
    store.insert(group).await.unwrap();
    let mut found = store.list_unreferenced_objects(&keys).await.unwrap();
    found.sort();
    assert_eq!(found, keys[3..]);
    assert!(store.list_unreferenced_objects(&[]).await.unwrap().is_empty());
    let many: Vec<String> = (0..3000).map(|number| format!("segments/{number}")).collect();
    assert_eq!(store.list_unreferenced_objects(&many).await.unwrap().len(), 2997);
}
