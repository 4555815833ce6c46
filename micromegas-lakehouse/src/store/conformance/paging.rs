//! Pages have every record once, whatever is inserted meanwhile.

use std::slice::from_ref;

use super::Subject;
use super::fixture::{block, id, process, seed, seed_blocks, sequence, stream, tenant};
use crate::lake::{BlockFilter, ProcessFilter, RecordKey, StreamFilter};
use crate::ledger::{QuarantineFilter, QuarantineKey};

pub(super) async fn pages_of_processes_have_each_once(subject: Box<dyn Subject>) {
    let store = subject.store();
    let tenants = ["a", "b"].map(tenant);
    for tenant in &tenants {
        let rows = [5, 1, 4, 2, 3].map(|number| process(tenant, number)).to_vec();
        store.insert(rows).await.unwrap();
    }
    let mut filter = ProcessFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = store.list_processes(&tenants, &filter, 3).await.unwrap();
        seen.extend(page.iter().map(|p| RecordKey::new(p.tenant.clone(), p.info.process_id)));
        filter.after = seen.last().cloned();
        if page.len() < 3 {
            break;
        }
    }
    assert_eq!(seen, keys(&tenants, 1..=5));
}

pub(super) async fn pages_of_streams_have_each_once(subject: Box<dyn Subject>) {
    let store = subject.store();
    let tenants = ["a", "b"].map(tenant);
    for tenant in &tenants {
        let rows = [5, 1, 4, 2, 3].map(|number| stream(tenant, number, 9)).to_vec();
        store.insert(rows).await.unwrap();
    }
    let mut filter = StreamFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = store.list_streams(&tenants, &filter, 4).await.unwrap();
        seen.extend(page.iter().map(|s| RecordKey::new(s.tenant.clone(), s.stream_id)));
        filter.after = seen.last().cloned();
        if page.len() < 4 {
            break;
        }
    }
    assert_eq!(seen, keys(&tenants, 1..=5));
}

pub(super) async fn pages_of_blocks_have_each_once(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed_blocks(&store, &tenant, 10).await;
    for process_ids in [None, Some(vec![id(1)])] {
        let mut filter = BlockFilter { process_ids, ..BlockFilter::default() };
        let mut seen = Vec::new();
        loop {
            let page = store.list_blocks(from_ref(&tenant), &filter, 4).await.unwrap();
            seen.extend(page.iter().map(|block| block.sequence));
            filter.after = seen.last().copied().unwrap();
            if page.len() < 4 {
                break;
            }
        }
        assert_eq!(seen, (1..=10).map(sequence).collect::<Vec<_>>());
    }
}

pub(super) async fn pages_of_waiting_blocks_have_each_once(subject: Box<dyn Subject>) {
    let store = subject.store();
    let tenants = ["a", "b"].map(tenant);
    for tenant in &tenants {
        let rows = [5, 1, 4, 2, 3].map(|number| block(tenant, number, 9, 9)).to_vec();
        store.insert(rows).await.unwrap();
    }
    let mut seen: Vec<RecordKey> = Vec::new();
    loop {
        let page = store.list_waiting_blocks(&tenants, seen.last(), 3).await.unwrap();
        seen.extend(page.iter().map(|b| RecordKey::new(b.tenant.clone(), b.block_id)));
        if page.len() < 3 {
            break;
        }
    }
    assert_eq!(seen, keys(&tenants, 1..=5));
}

pub(super) async fn pages_of_quarantined_blocks_have_each_once(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed_blocks(&store, &tenant, 5).await;
    let mut keys = Vec::new();
    for view in ["log_entries", "measures"] {
        for number in 100..105 {
            keys.push(QuarantineKey {
                tenant: tenant.clone(),
                view: view.to_owned(),
                block_id: id(number),
            });
        }
    }
    for key in keys.iter().rev() {
        store.quarantine_block(key, "unreadable").await.unwrap();
    }
    let mut filter = QuarantineFilter::default();
    let mut seen = Vec::new();
    loop {
        let page = store.list_quarantined_blocks(from_ref(&tenant), &filter, 3).await.unwrap();
        seen.extend(page.iter().map(|block| block.key.clone()));
        filter.after = seen.last().cloned();
        if page.len() < 3 {
            break;
        }
    }
    assert_eq!(seen, keys);
}

pub(super) async fn rows_inserted_between_pages_do_not_disturb(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let rows = [30, 10, 20].map(|number| process(&tenant, number)).to_vec();
    store.insert(rows).await.unwrap();
    let mut filter = ProcessFilter::default();
    let first = store.list_processes(from_ref(&tenant), &filter, 2).await.unwrap();
    let ids: Vec<_> = first.iter().map(|process| process.info.process_id).collect();
    assert_eq!(ids, [id(1), id(10)]);
    store.insert(vec![process(&tenant, 5), process(&tenant, 15)]).await.unwrap();
    filter.after = Some(RecordKey::new(tenant.clone(), id(10)));
    let rest = store.list_processes(&[tenant], &filter, 10).await.unwrap();
    let ids: Vec<_> = rest.iter().map(|process| process.info.process_id).collect();
    assert_eq!(ids, [id(15), id(20), id(30)]);
}

fn keys(
    tenants: &[crate::tenant::Tenant],
    numbers: std::ops::RangeInclusive<u128>,
) -> Vec<RecordKey> {
    tenants
        .iter()
        .flat_map(|tenant| numbers.clone().map(|number| RecordKey::new(tenant.clone(), id(number))))
        .collect()
}
