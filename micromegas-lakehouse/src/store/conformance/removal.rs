//! What leaves the lake, and what is not let in again.

use std::slice::from_ref;
use std::sync::Arc;

use chrono::{TimeDelta, Utc};

use super::Subject;
use super::fixture::{
    ALL, block, blocks, id, new_block, new_stream, numbers, process, seed, seed_blocks, sequence,
    stream, tenant,
};
use crate::audit::AuditFilter;
use crate::lake::{
    BlockFilter, InsertOutcome, LakeInsert, PayloadLocation, ProcessFilter, RecordKey,
    StreamFilter, block_key, segment_key,
};
use crate::ledger::{QuarantineFilter, QuarantineKey};
use crate::removal::PayloadMove;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

const BY: &str = "command line: ada";

fn block_at(tenant: &Tenant, number: u128, stream: u128, process: u128, key: &str) -> LakeInsert {
    let mut block = new_block(tenant, number, stream, process);
    let offset = (number % 100) as u64 * 70;
    block.payload = PayloadLocation { key: key.to_owned(), offset, length: 70 };
    LakeInsert::Block(block)
}

async fn reclaimable(store: &Arc<dyn MetadataStore>) -> Vec<String> {
    let found = store.list_reclaimable_objects(None, ALL).await.unwrap();
    assert!(found.iter().all(|object| object.deleted_time.is_none()));
    found.into_iter().map(|object| object.key).collect()
}

async fn new_segment(store: &Arc<dyn MetadataStore>, tenant: &Tenant) -> String {
    segment_key(tenant, store.now().await.unwrap())
}

/// What the audit log says was done to whom.
async fn audited(store: &Arc<dyn MetadataStore>, tenant: &Tenant) -> Vec<(String, String)> {
    let log = store.list_audit(from_ref(tenant), &AuditFilter::default(), ALL).await.unwrap();
    assert!(log.iter().all(|entry| entry.record.actor == BY), "{log:#?}");
    log.into_iter().map(|entry| (entry.record.action, entry.record.target)).collect()
}

pub(super) async fn tenants_are_listed(subject: Box<dyn Subject>) {
    let store = subject.store();
    assert!(store.list_tenants().await.unwrap().is_empty());
    let tenants = ["a", "b", "b-c", "default"].map(tenant);
    for (number, tenant) in (1..).zip(&tenants) {
        let row = match number {
            2 => block(tenant, 100, 2, 1),
            _ => process(tenant, number),
        };
        store.insert(vec![row]).await.unwrap();
    }
    assert_eq!(store.list_tenants().await.unwrap(), tenants);
}

pub(super) async fn removed_blocks_are_gone_and_their_numbers_stay_given(
    subject: Box<dyn Subject>,
) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    seed_blocks(&store, &mine, 6).await;
    let times: Vec<_> = blocks(&store, &mine).await.iter().map(|b| b.insert_time).collect();
    store.insert(vec![block(&mine, 200, 2, 1)]).await.unwrap();
    let last = blocks(&store, &mine).await[6].clone();
    let key =
        QuarantineKey { tenant: mine.clone(), view: "log_entries".to_owned(), block_id: id(101) };
    store.quarantine_block(&key, "why").await.unwrap();
    assert_eq!(store.remove_blocks(&yours, &[sequence(2)]).await.unwrap(), 0);
    let gone = [sequence(2), sequence(3), sequence(99)];
    assert_eq!(store.remove_blocks(&mine, &gone).await.unwrap(), 2);
    assert_eq!(store.remove_blocks(&mine, &gone).await.unwrap(), 0);
    assert_eq!(numbers(&blocks(&store, &mine).await), [1, 4, 5, 6, 7]);
    let filter = QuarantineFilter::default();
    assert!(store.list_quarantined_blocks(from_ref(&mine), &filter, ALL).await.unwrap().is_empty());
    let range = BlockFilter::range(sequence(1), sequence(4));
    let found = store.list_blocks(from_ref(&mine), &range, ALL).await.unwrap();
    assert_eq!(numbers(&found), [4]);
    assert_eq!(store.sequence_at(times[0]).await.unwrap(), sequence(6));
    assert_eq!(store.remove_blocks(&mine, &[sequence(7)]).await.unwrap(), 1);
    assert_eq!(store.snapshot().await.unwrap().commit_sequence, sequence(7));
    assert_eq!(store.sequence_at(last.insert_time).await.unwrap(), sequence(7));
    let outcomes = store.insert(vec![block(&mine, 200, 2, 1)]).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Numbered(sequence(8))]);
}

pub(super) async fn an_object_is_reclaimable_with_its_last_row(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let own = block_key(&tenant, id(1), id(2), id(103));
    let group = vec![
        block_at(&tenant, 100, 2, 1, "segments/a"),
        block_at(&tenant, 101, 2, 1, "segments/a"),
        // This one waits.
        block_at(&tenant, 102, 9, 1, "segments/b"),
        block_at(&tenant, 103, 2, 1, &own),
        block_at(&tenant, 104, 2, 1, "segments/b"),
    ];
    store.insert(group).await.unwrap();
    store.remove_blocks(&tenant, &[sequence(1), sequence(3), sequence(4)]).await.unwrap();
    assert_eq!(reclaimable(&store).await, from_ref(&own));
    assert_eq!(store.remove_waiting_blocks(&tenant, &[id(102), id(100)]).await.unwrap(), 1);
    assert_eq!(store.remove_blocks(&tenant, &[sequence(2)]).await.unwrap(), 1);
    let (a, b) = ("segments/a".to_owned(), "segments/b".to_owned());
    assert_eq!(reclaimable(&store).await, [a.clone(), b.clone(), own.clone()]);
    let page = store.list_reclaimable_objects(Some(&a), 1).await.unwrap();
    assert_eq!((page.len(), &page[0].key), (1, &b));
    assert!(page[0].since <= Utc::now() && page[0].since > Utc::now() - TimeDelta::minutes(1));
    store.finish_reclaimable_object(&a).await.unwrap();
    assert_eq!(reclaimable(&store).await, [b, own]);
}

pub(super) async fn no_row_is_made_for_an_object_that_is_being_deleted(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let own = block_key(&tenant, id(1), id(2), id(100));
    let again = || block_at(&tenant, 100, 2, 1, &own);
    store.insert(vec![again()]).await.unwrap();
    store.remove_blocks(&tenant, &[sequence(1)]).await.unwrap();
    for _ in 0..2 {
        let group = vec![again(), block(&tenant, 101, 2, 1)];
        let outcomes = store.insert(group).await.unwrap();
        assert_eq!(outcomes[0], InsertOutcome::Later);
        store.note_deleted_object(&own).await.unwrap();
    }
    let found = store.list_reclaimable_objects(None, ALL).await.unwrap();
    assert!(found[0].deleted_time.unwrap() >= found[0].since);
    store.finish_reclaimable_object(&own).await.unwrap();
    let outcomes = store.insert(vec![again()]).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Numbered(sequence(3))]);
}

pub(super) async fn only_idle_and_empty_processes_are_removed(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    let rows = vec![
        process(&mine, 1),
        stream(&mine, 11, 1),
        stream(&mine, 12, 1),
        process(&mine, 2),
        stream(&mine, 21, 2),
        block(&mine, 100, 21, 2),
        process(&mine, 3),
        block(&mine, 101, 99, 3),
        process(&mine, 4),
        process(&yours, 1),
        stream(&yours, 11, 1),
    ];
    store.insert(rows).await.unwrap();
    let ids = [1, 2, 3, 5].map(id);
    let early = store.snapshot().await.unwrap().insert_time;
    let removed = store.remove_idle_processes(&mine, &ids, early).await.unwrap();
    assert_eq!((removed.processes, removed.streams), (0, 0));
    let late = early + TimeDelta::seconds(1);
    let removed = store.remove_idle_processes(&mine, &ids, late).await.unwrap();
    assert_eq!((removed.processes, removed.streams), (1, 2));
    let all = [mine, yours];
    let left = store.list_processes(&all, &ProcessFilter::default(), ALL).await.unwrap();
    let left: Vec<_> = left.iter().map(|p| p.info.process_id).collect();
    assert_eq!(left, [2, 3, 4, 1].map(id));
    let left = store.list_streams(&all, &StreamFilter::default(), ALL).await.unwrap();
    assert_eq!(left.len(), 2);
    // What had a block is idle since that block came.
    store.remove_blocks(&all[0], &[sequence(1)]).await.unwrap();
    let removed = store.remove_idle_processes(&all[0], &ids, late).await.unwrap();
    assert_eq!((removed.processes, removed.streams), (1, 1));
}

pub(super) async fn a_forgotten_process_is_gone_and_stays_out(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    let (shared, mixed) = (new_segment(&store, &mine).await, new_segment(&store, &mine).await);
    for tenant in [&mine, &yours] {
        let rows = vec![process(tenant, 1), stream(tenant, 2, 1), process(tenant, 3)];
        store.insert(rows).await.unwrap();
        store.insert(vec![stream(tenant, 4, 3)]).await.unwrap();
    }
    let mut rows: Vec<_> =
        (100..105).map(|number| block_at(&mine, number, 2, 1, &shared)).collect();
    rows.push(block_at(&mine, 105, 4, 3, &shared));
    // A block that waits.
    rows.push(block_at(&mine, 106, 9, 1, "segments/waiting"));
    rows.push(block(&yours, 100, 2, 1));
    store.insert(rows).await.unwrap();

    let key = RecordKey::new(mine.clone(), id(1));
    let first = store.forget_process(&key, BY, 2).await.unwrap();
    assert_eq!((first.blocks, first.streams, first.is_complete), (2, 0, false));
    // From the first step on, nothing is let in.
    let late = vec![
        process(&mine, 1),
        LakeInsert::Stream(new_stream(&mine, 50, 1, "log")),
        block_at(&mine, 107, 2, 1, &mixed),
        block_at(&mine, 108, 4, 3, &mixed),
        block_at(&mine, 109, 50, 1, "segments/alone"),
    ];
    let outcomes = store.insert(late.clone()).await.unwrap();
    let forgotten = InsertOutcome::Forgotten;
    assert_eq!(outcomes[..3], [forgotten; 3]);
    assert!(matches!(outcomes[3], InsertOutcome::Numbered(_)), "{outcomes:?}");
    assert_eq!(outcomes[4], forgotten);
    assert_eq!(store.insert(late[..3].to_vec()).await.unwrap(), [forgotten; 3]);
    let second = store.forget_process(&key, BY, 2).await.unwrap();
    assert_eq!((second.blocks, second.is_complete), (2, false));
    let third = store.forget_process(&key, BY, 2).await.unwrap();
    assert!(third.is_complete);
    let counts = (third.blocks, third.waiting_blocks, third.streams, third.processes);
    assert_eq!(counts, (1, 1, 1, 1));
    let nothing = store.forget_process(&key, BY, 2).await.unwrap();
    assert_eq!((nothing.blocks, nothing.processes, nothing.is_complete), (0, 0, true));

    let left = blocks(&store, &mine).await;
    assert!(left.iter().all(|block| block.process_id == id(3)), "{left:#?}");
    assert_eq!(left.len(), 2);
    assert!(store.fetch_process(&mine, id(1)).await.unwrap().is_none());
    assert!(store.list_waiting_blocks(from_ref(&mine), None, ALL).await.unwrap().is_empty());
    assert_eq!(blocks(&store, &yours).await.len(), 1);
    // The segment that other rows refer to as well, and that with bytes that got no row.
    let mut expected = vec![shared, mixed, "segments/waiting".to_owned()];
    expected.sort();
    assert_eq!(reclaimable(&store).await, expected);

    let target = id(1).to_string();
    assert_eq!(audited(&store, &mine).await, [("process.forget".to_owned(), target.clone())]);
    assert!(store.allow_process(&key, BY).await.unwrap());
    assert!(!store.allow_process(&key, BY).await.unwrap());
    assert_eq!(audited(&store, &mine).await[1], ("process.allow".to_owned(), target));
    assert_eq!(store.insert(vec![process(&mine, 1)]).await.unwrap(), [InsertOutcome::Stored]);
    assert!(store.forget_process(&key, "", 2).await.is_err());
}

pub(super) async fn a_repeated_block_makes_its_segment_reclaimable(subject: Box<dyn Subject>) {
    let (store, tenant) = (subject.store(), tenant("t"));
    seed(&store, &tenant).await;
    let (first, second) = (new_segment(&store, &tenant).await, new_segment(&store, &tenant).await);
    store.insert(vec![block_at(&tenant, 100, 2, 1, &first)]).await.unwrap();
    // All of it has no row: this is for the sweeper.
    store.insert(vec![block_at(&tenant, 100, 2, 1, &second)]).await.unwrap();
    assert!(reclaimable(&store).await.is_empty());
    let group = vec![block_at(&tenant, 100, 2, 1, &second), block_at(&tenant, 101, 2, 1, &second)];
    store.insert(group).await.unwrap();
    assert_eq!(reclaimable(&store).await, [second]);
}

pub(super) async fn payloads_are_found_and_moved(subject: Box<dyn Subject>) {
    let (store, mine, yours) = (subject.store(), tenant("mine"), tenant("yours"));
    seed(&store, &mine).await;
    let own = block_key(&mine, id(1), id(2), id(103));
    let group = vec![
        block_at(&mine, 100, 2, 1, "segments/a"),
        block_at(&mine, 101, 9, 1, "segments/a"),
        block_at(&yours, 102, 9, 1, "segments/a"),
        block_at(&mine, 103, 2, 1, &own),
    ];
    store.insert(group).await.unwrap();
    let found = store.list_payloads("segments/a").await.unwrap();
    let mut ids: Vec<_> = found.iter().map(|payload| payload.block_id).collect();
    ids.sort();
    assert_eq!(ids, [100, 101, 102].map(id));
    assert!(found.iter().all(|payload| payload.location.length == 70), "{found:?}");
    assert_eq!(store.list_payloads(&own).await.unwrap()[0].block_id, id(103));
    assert!(store.list_payloads("segments/none").await.unwrap().is_empty());

    let new = new_segment(&store, &mine).await;
    let to = |offset| PayloadLocation { key: new.clone(), offset, length: 70 };
    let moves: Vec<_> = found
        .iter()
        .filter(|payload| payload.tenant == mine)
        .zip([0, 70])
        .map(|(from, offset)| PayloadMove { from: from.clone(), to: to(offset) })
        .collect();
    // Block 101 is complete by the time that it moves.
    store.insert(vec![stream(&mine, 9, 1)]).await.unwrap();
    store.move_payloads(&moves).await.unwrap();
    assert_eq!(reclaimable(&store).await, ["segments/a"]);
    assert_eq!(store.list_payloads("segments/a").await.unwrap().len(), 1);
    let moved = store.list_payloads(&new).await.unwrap();
    assert_eq!(moved.len(), 2);
    // What is no longer where it was stays where it is, and the copy is of no use.
    store.move_payloads(&moves[..1]).await.unwrap();
    assert_eq!(store.list_payloads(&new).await.unwrap(), moved);
    assert_eq!(reclaimable(&store).await, ["segments/a".to_owned(), new.clone()]);

    let old = segment_key(&mine, store.now().await.unwrap() - TimeDelta::minutes(11));
    let from = moved[0].clone();
    let late = PayloadMove { to: PayloadLocation { key: old, offset: 0, length: 70 }, from };
    assert!(store.move_payloads(&[late]).await.unwrap_err().is_retryable());
    assert_eq!(store.list_payloads(&new).await.unwrap(), moved);
}

pub(super) async fn removals_survive_a_restart(subject: Box<dyn Subject>) {
    let tenant = tenant("t");
    let store = subject.store();
    seed_blocks(&store, &tenant, 3).await;
    store.remove_blocks(&tenant, &[sequence(3)]).await.unwrap();
    let key = RecordKey::new(tenant.clone(), id(7));
    store.forget_process(&key, BY, 10).await.unwrap();
    let before = store.list_reclaimable_objects(None, ALL).await.unwrap();
    drop(store);
    let Some(subject) = subject.reopen().await else {
        return;
    };
    let store = subject.store();
    assert_eq!(store.list_reclaimable_objects(None, ALL).await.unwrap(), before);
    assert_eq!(store.insert(vec![process(&tenant, 7)]).await.unwrap(), [InsertOutcome::Forgotten]);
    let outcomes = store.insert(vec![block(&tenant, 102, 2, 1)]).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Numbered(sequence(4))]);
}
