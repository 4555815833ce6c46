//! Blocks that a view cannot decode.

use std::slice::from_ref;

use super::Subject;
use super::fixture::{ALL, block, id, seed_blocks, sequence, tenant};
use crate::error::Error;
use crate::ledger::{QuarantineFilter, QuarantineKey};
use crate::tenant::Tenant;

fn key(tenant: &Tenant, view: &str, block: u128) -> QuarantineKey {
    QuarantineKey { tenant: tenant.clone(), view: view.to_owned(), block_id: id(block) }
}

pub(super) async fn a_block_is_quarantined_for_one_view(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed_blocks(&store, &tenant, 3).await;
    let logs = key(&tenant, "log_entries", 101);
    store.quarantine_block(&logs, "bad frame at byte 7").await.unwrap();
    store.quarantine_block(&key(&tenant, "measures", 102), "other").await.unwrap();
    let filter =
        QuarantineFilter { view: Some("log_entries".to_owned()), ..QuarantineFilter::default() };
    let found = store.list_quarantined_blocks(from_ref(&tenant), &filter, ALL).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].key, logs);
    assert_eq!(found[0].reason, "bad frame at byte 7");
    assert_eq!(found[0].sequence, sequence(2));
    assert_eq!((found[0].stream_id, found[0].process_id), (id(2), id(1)));
    let all = QuarantineFilter::default();
    assert_eq!(store.list_quarantined_blocks(&[tenant], &all, ALL).await.unwrap().len(), 2);
}

pub(super) async fn the_first_reason_stays(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed_blocks(&store, &tenant, 1).await;
    let key = key(&tenant, "log_entries", 100);
    store.quarantine_block(&key, "first").await.unwrap();
    store.quarantine_block(&key, "second").await.unwrap();
    let filter = QuarantineFilter::default();
    let found = store.list_quarantined_blocks(&[tenant], &filter, ALL).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].reason, "first");
}

pub(super) async fn only_complete_blocks_are_quarantined(subject: Box<dyn Subject>) {
    let store = subject.store();
    let (mine, yours) = (tenant("mine"), tenant("yours"));
    seed_blocks(&store, &yours, 1).await;
    store.insert(vec![block(&mine, 200, 2, 1)]).await.unwrap();
    for number in [100, 200, 300] {
        let key = key(&mine, "log_entries", number);
        let error = store.quarantine_block(&key, "unreadable").await.unwrap_err();
        assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
    }
}

pub(super) async fn release_tells_whether_it_was_there(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed_blocks(&store, &tenant, 1).await;
    let logs = key(&tenant, "log_entries", 100);
    store.quarantine_block(&logs, "unreadable").await.unwrap();
    assert!(!store.release_quarantined_block(&key(&tenant, "measures", 100)).await.unwrap());
    assert!(store.release_quarantined_block(&logs).await.unwrap());
    assert!(!store.release_quarantined_block(&logs).await.unwrap());
    let filter = QuarantineFilter::default();
    assert!(store.list_quarantined_blocks(&[tenant], &filter, ALL).await.unwrap().is_empty());
}
