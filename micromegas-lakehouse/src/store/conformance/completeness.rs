//! A block is numbered in the transaction that makes it complete, whatever comes first.

use std::sync::Arc;

use super::Subject;
use super::fixture::{ALL, block, blocks, numbers, process, stream, tenant};
use crate::lake::{InsertOutcome, LakeInsert, Missing};
use crate::sequence::CommitSequence;
use crate::tenant::Tenant;

/// The six orders of block, stream and process.
fn orders(tenant: &Tenant) -> Vec<[LakeInsert; 3]> {
    let (b, s, p) = (block(tenant, 3, 2, 1), stream(tenant, 2, 1), process(tenant, 1));
    vec![
        [b.clone(), s.clone(), p.clone()],
        [b.clone(), p.clone(), s.clone()],
        [s.clone(), b.clone(), p.clone()],
        [s.clone(), p.clone(), b.clone()],
        [p.clone(), b.clone(), s.clone()],
        [p, s, b],
    ]
}

pub(super) async fn every_order_of_arrival_ends_with_one_number(subject: Box<dyn Subject>) {
    let store = subject.store();
    for order in 0..6 {
        let tenant = tenant(&format!("order-{order}"));
        let before = store.snapshot().await.unwrap().commit_sequence;
        for (place, row) in orders(&tenant)[order].clone().into_iter().enumerate() {
            assert!(blocks(&store, &tenant).await.is_empty(), "numbered after {place} rows");
            store.insert(vec![row]).await.unwrap();
        }
        let blocks = blocks(&store, &tenant).await;
        assert_eq!(blocks.len(), 1, "order {order}");
        assert_eq!(blocks[0].sequence, before.next());
        assert_eq!(store.snapshot().await.unwrap().commit_sequence, before.next());
        assert!(store.list_waiting_blocks(&[tenant], None, ALL).await.unwrap().is_empty());
    }
}

pub(super) async fn every_order_within_one_group_numbers_at_once(subject: Box<dyn Subject>) {
    let store = subject.store();
    for order in 0..6 {
        let tenant = tenant(&format!("order-{order}"));
        let group = orders(&tenant)[order].to_vec();
        let place = group.iter().position(|row| matches!(row, LakeInsert::Block(_))).unwrap();
        let outcomes = store.insert(group).await.unwrap();
        let expected = CommitSequence::new(order as u64 + 1);
        assert_eq!(outcomes[place], InsertOutcome::Numbered(expected), "order {order}");
        assert_eq!(numbers(&blocks(&store, &tenant).await), [expected.as_u64()]);
    }
}

pub(super) async fn a_waiting_block_tells_what_it_waits_for(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let steps = [
        (block(&tenant, 3, 2, 1), Missing::StreamAndProcess),
        (process(&tenant, 1), Missing::Stream),
    ];
    for (row, missing) in steps {
        store.insert(vec![row]).await.unwrap();
        let waiting =
            store.list_waiting_blocks(std::slice::from_ref(&tenant), None, ALL).await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].missing, missing);
        assert_eq!(waiting[0].payload.key, "segments/3");
    }
    store.insert(vec![stream(&tenant, 5, 4), block(&tenant, 6, 5, 4)]).await.unwrap();
    let waiting = store.list_waiting_blocks(&[tenant], None, ALL).await.unwrap();
    assert_eq!(waiting[1].missing, Missing::Process);
}

pub(super) async fn a_block_of_another_process_than_its_stream_is_never_complete(
    subject: Box<dyn Subject>,
) {
    let (store, tenant) = (subject.store(), tenant("t"));
    let group = vec![
        process(&tenant, 1),
        process(&tenant, 11),
        stream(&tenant, 2, 1),
        block(&tenant, 3, 2, 11),
    ];
    let outcomes = store.insert(group).await.unwrap();
    assert_eq!(outcomes[3], InsertOutcome::Waiting);
    assert!(blocks(&store, &tenant).await.is_empty());
    let waiting = store.list_waiting_blocks(&[tenant], None, ALL).await.unwrap();
    assert_eq!(waiting[0].missing, Missing::MatchingProcess);
}

pub(super) async fn late_rows_number_waiting_blocks_in_order_of_arrival(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    for number in [30, 20, 40, 10] {
        let outcomes = store.insert(vec![block(&tenant, number, 2, 1)]).await.unwrap();
        assert_eq!(outcomes, [InsertOutcome::Waiting]);
    }
    store.insert(vec![stream(&tenant, 2, 1), process(&tenant, 1)]).await.unwrap();
    let order: Vec<i64> =
        blocks(&store, &tenant).await.iter().map(|block| block.begin_ticks).collect();
    assert_eq!(order, [30, 20, 40, 10]);
}

pub(super) async fn waiting_blocks_are_numbered_before_the_blocks_of_the_group(
    subject: Box<dyn Subject>,
) {
    let (store, tenant) = (subject.store(), tenant("t"));
    store.insert(vec![process(&tenant, 1), block(&tenant, 9, 2, 1)]).await.unwrap();
    let group = vec![block(&tenant, 8, 2, 1), stream(&tenant, 2, 1)];
    let outcomes = store.insert(group).await.unwrap();
    let second = InsertOutcome::Numbered(CommitSequence::new(2));
    assert_eq!(outcomes, [second, InsertOutcome::Stored]);
    let order: Vec<i64> =
        blocks(&store, &tenant).await.iter().map(|block| block.begin_ticks).collect();
    assert_eq!(order, [9, 8]);
}

pub(super) async fn concurrent_halves_are_numbered_exactly_once(subject: Box<dyn Subject>) {
    const PROCESSES: u128 = 24;
    let (store, tenant) = (subject.store(), tenant("t"));
    let mut writers = Vec::new();
    for number in 0..PROCESSES {
        let base = number * 10;
        let rows = [
            block(&tenant, base + 3, base + 2, base + 1),
            stream(&tenant, base + 2, base + 1),
            process(&tenant, base + 1),
        ];
        for row in rows {
            let store = Arc::clone(&store);
            writers.push(tokio::spawn(async move { store.insert(vec![row]).await.unwrap() }));
        }
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let expected: Vec<u64> = (1..=PROCESSES as u64).collect();
    assert_eq!(numbers(&blocks(&store, &tenant).await), expected);
    assert!(store.list_waiting_blocks(&[tenant], None, ALL).await.unwrap().is_empty());
}
