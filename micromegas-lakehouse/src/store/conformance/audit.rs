//! The audit log.

use std::slice::from_ref;

use super::Subject;
use super::fixture::{ALL, tenant};
use super::keys::key;
use crate::audit::{AuditFilter, NewAuditRecord};

pub(super) async fn records_come_back_whole_and_in_order(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    let records: Vec<_> = (0..5)
        .map(|number| {
            let tenant = if number == 2 { yours.clone() } else { mine.clone() };
            NewAuditRecord::new(tenant, "jürgen 🦀", "thing.do", format!("thing {number}"))
                .with("why", "\"quoted\"\nand on two lines")
        })
        .collect();
    store.append_audit(records[..3].to_vec()).await.unwrap();
    store.append_audit(records[3..].to_vec()).await.unwrap();
    let mut filter = AuditFilter::default();
    let mut found = Vec::new();
    loop {
        let page = store.list_audit(from_ref(&mine), &filter, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = last.number;
        found.extend(page);
    }
    assert!(found.is_sorted_by(|a, b| a.number < b.number && a.time <= b.time), "{found:#?}");
    let said: Vec<_> = found.into_iter().map(|entry| entry.record).collect();
    assert_eq!(said, [0, 1, 3, 4].map(|number: usize| records[number].clone()));
    assert_eq!(store.list_audit(&[mine, yours], &filter, 0).await.unwrap(), []);
}

pub(super) async fn keys_and_audit_survive_a_restart(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = subject.store();
    let stored = store.insert_key(key(&tenant, 1)).await.unwrap();
    let log = store.list_audit(from_ref(&tenant), &AuditFilter::default(), ALL).await.unwrap();
    drop(store);
    let Some(subject) = subject.reopen().await else {
        return;
    };
    let store = subject.store();
    assert_eq!(store.fetch_key(&stored.hash).await.unwrap(), Some(stored));
    let found = store.list_audit(from_ref(&tenant), &AuditFilter::default(), ALL).await.unwrap();
    assert_eq!(found, log);
}
