//! Lists return what their filters admit, and all of it.

use std::slice::from_ref;

use super::Subject;
use super::fixture::{ALL, block, id, new_stream, numbers, process, sequence, stream, tenant};
use crate::lake::{BlockFilter, LakeInsert, ProcessFilter, StreamFilter};

/// Processes 1 and 11; streams 2 (log) and 3 (metrics) of 1, 12 (log) of 11; two blocks each.
async fn fill(subject: &dyn Subject) -> crate::tenant::Tenant {
    let (store, tenant) = (subject.store(), tenant("t"));
    let group = vec![
        process(&tenant, 1),
        process(&tenant, 11),
        stream(&tenant, 2, 1),
        LakeInsert::Stream(new_stream(&tenant, 3, 1, "metrics")),
        stream(&tenant, 12, 11),
        block(&tenant, 100, 2, 1),
        block(&tenant, 101, 3, 1),
        block(&tenant, 102, 12, 11),
        block(&tenant, 103, 2, 1),
        block(&tenant, 104, 3, 1),
        block(&tenant, 105, 12, 11),
    ];
    store.insert(group).await.unwrap();
    tenant
}

pub(super) async fn blocks_by_id_stream_process_tag_and_range(subject: Box<dyn Subject>) {
    let tenant = fill(&*subject).await;
    let store = subject.store();
    let all = BlockFilter::default;
    let range = |after, up_to| BlockFilter::range(sequence(after), sequence(up_to));
    let log = || Some("log".to_owned());
    let cases = [
        (all(), vec![1, 2, 3, 4, 5, 6]),
        (range(2, 4), vec![3, 4]),
        (range(4, 2), vec![]),
        (BlockFilter { block_ids: Some(vec![id(104), id(100), id(999)]), ..all() }, vec![1, 5]),
        (BlockFilter { stream_ids: Some(vec![id(3)]), ..all() }, vec![2, 5]),
        (BlockFilter { process_ids: Some(vec![id(1)]), ..all() }, vec![1, 2, 4, 5]),
        (BlockFilter { process_ids: Some(vec![id(1), id(11)]), ..all() }, vec![1, 2, 3, 4, 5, 6]),
        (BlockFilter { process_ids: Some(vec![]), ..all() }, vec![]),
        (BlockFilter { tag: log(), ..all() }, vec![1, 3, 4, 6]),
        (BlockFilter { tag: Some("second".to_owned()), ..all() }, vec![1, 2, 3, 4, 5, 6]),
        (BlockFilter { tag: Some("lo".to_owned()), ..all() }, vec![]),
        (BlockFilter { tag: log(), ..range(1, 4) }, vec![3, 4]),
        (BlockFilter { tag: log(), process_ids: Some(vec![id(1)]), ..range(1, 6) }, vec![4]),
        (
            BlockFilter { stream_ids: Some(vec![id(2)]), process_ids: Some(vec![id(11)]), ..all() },
            vec![],
        ),
    ];
    for (filter, expected) in cases {
        let found = store.list_blocks(from_ref(&tenant), &filter, ALL).await.unwrap();
        assert_eq!(numbers(&found), expected, "{filter:?}");
    }
    let few = store.list_blocks(&[tenant], &range(1, 6), 2).await.unwrap();
    assert_eq!(numbers(&few), [2, 3]);
}

pub(super) async fn streams_by_id_process_and_tag(subject: Box<dyn Subject>) {
    let tenant = fill(&*subject).await;
    let store = subject.store();
    let all = StreamFilter::default;
    let cases = [
        (all(), vec![2, 3, 12]),
        (StreamFilter::stream(id(3)), vec![3]),
        (StreamFilter { process_ids: Some(vec![id(1)]), ..all() }, vec![2, 3]),
        (StreamFilter { tag: Some("log".to_owned()), ..all() }, vec![2, 12]),
        (
            StreamFilter { tag: Some("log".to_owned()), process_ids: Some(vec![id(11)]), ..all() },
            vec![12],
        ),
    ];
    for (filter, expected) in cases {
        let found = store.list_streams(from_ref(&tenant), &filter, ALL).await.unwrap();
        let ids: Vec<u128> = found.iter().map(|stream| stream.stream_id.as_u128()).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
}

pub(super) async fn processes_by_id(subject: Box<dyn Subject>) {
    let tenant = fill(&*subject).await;
    let store = subject.store();
    let wanted = ProcessFilter::process(id(11));
    let found = store.list_processes(from_ref(&tenant), &wanted, ALL).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].info.process_id, id(11));
    let none = store.list_processes(&[tenant], &ProcessFilter::process(id(5)), ALL).await.unwrap();
    assert!(none.is_empty());
}

pub(super) async fn filters_take_thousands_of_ids(subject: Box<dyn Subject>) {
    let tenant = fill(&*subject).await;
    let store = subject.store();
    let filter =
        BlockFilter { block_ids: Some((100..50_100).map(id).collect()), ..BlockFilter::default() };
    let found = store.list_blocks(&[tenant], &filter, ALL).await.unwrap();
    assert_eq!(numbers(&found), [1, 2, 3, 4, 5, 6]);
}
