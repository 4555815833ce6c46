//! Rows to insert, by small numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use micromegas_transit::{MemberLayout, ProcessInfo, StreamInfo, StreamLayout, TypeLayout};
use uuid::Uuid;

use crate::coverage::Coverage;
use crate::lake::{
    BlockFilter, BlockRecord, InsertOutcome, LakeInsert, NewBlock, NewProcess, NewStream,
    PayloadLocation,
};
use crate::ledger::{NewPartition, PartitionCommit, PartitionId, Scope, TimeRange};
use crate::sequence::CommitSequence;
use crate::store::MetadataStore;
use crate::tenant::Tenant;

/// More than any list of the suite.
pub(super) const ALL: usize = 100_000;

pub(super) fn tenant(name: &str) -> Tenant {
    Tenant::new(name).unwrap()
}

pub(super) fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

pub(super) fn moment(nanos: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_nanos(1_700_000_000_000_000_000 + nanos)
}

pub(super) fn new_process(tenant: &Tenant, process: u128) -> NewProcess {
    let info = ProcessInfo {
        process_id: id(process),
        exe: format!("exe-{process}"),
        username: "user".to_owned(),
        realname: "Real Näme".to_owned(),
        computer: "computer".to_owned(),
        distro: "distro".to_owned(),
        cpu_brand: "cpu".to_owned(),
        tsc_frequency: 3_000_000_000,
        start_time: moment(123_456_789),
        start_ticks: -77,
        parent_process_id: Some(id(process + 1_000_000)),
        properties: BTreeMap::from([("key".to_owned(), "va\"lue".to_owned())]),
    };
    NewProcess { tenant: tenant.clone(), info }
}

pub(super) fn layout(type_name: &str) -> StreamLayout {
    let objects = vec![TypeLayout {
        name: type_name.to_owned(),
        size: 8,
        members: vec![MemberLayout {
            name: "time".to_owned(),
            type_name: "i64".to_owned(),
            offset: 0,
            size: 8,
            is_reference: false,
        }],
        is_reference: false,
    }];
    StreamLayout { dependencies: Vec::new(), objects }
}

pub(super) fn new_stream(tenant: &Tenant, stream: u128, process: u128, tag: &str) -> NewStream {
    let info = StreamInfo {
        process_id: id(process),
        stream_id: id(stream),
        layout: layout("Event"),
        tags: vec![tag.to_owned(), "second".to_owned()],
        properties: BTreeMap::from([("thread-name".to_owned(), "main".to_owned())]),
    };
    NewStream::new(tenant.clone(), info)
}

pub(super) fn new_block(tenant: &Tenant, block: u128, stream: u128, process: u128) -> NewBlock {
    let number = i64::try_from(block).unwrap();
    NewBlock {
        tenant: tenant.clone(),
        block_id: id(block),
        stream_id: id(stream),
        process_id: id(process),
        begin_time: moment(number),
        begin_ticks: number,
        end_time: moment(number + 10),
        end_ticks: number + 10,
        object_offset: number * 100,
        event_count: 100,
        payload: PayloadLocation { key: format!("segments/{block}"), offset: 7, length: 70 },
        event_ticks: None,
        skipped_events: 0,
    }
}

pub(super) fn process(tenant: &Tenant, process: u128) -> LakeInsert {
    LakeInsert::Process(new_process(tenant, process))
}

pub(super) fn stream(tenant: &Tenant, stream: u128, process: u128) -> LakeInsert {
    LakeInsert::Stream(new_stream(tenant, stream, process, "log"))
}

pub(super) fn block(tenant: &Tenant, block: u128, stream: u128, process: u128) -> LakeInsert {
    LakeInsert::Block(new_block(tenant, block, stream, process))
}

/// Process 1 with stream 2.
pub(super) async fn seed(store: &Arc<dyn MetadataStore>, tenant: &Tenant) {
    let rows = vec![process(tenant, 1), stream(tenant, 2, 1)];
    let outcomes = store.insert(rows).await.unwrap();
    assert_eq!(outcomes, [InsertOutcome::Stored; 2]);
}

/// Process 1 with stream 2 and complete blocks 100, 101, and so on; they have numbers 1, 2, …
pub(super) async fn seed_blocks(store: &Arc<dyn MetadataStore>, tenant: &Tenant, count: u128) {
    seed(store, tenant).await;
    let rows = (100..100 + count).map(|number| block(tenant, number, 2, 1)).collect();
    store.insert(rows).await.unwrap();
}

/// A store with forty complete blocks, so that partitions can cover the numbers 1 to 40.
pub(super) async fn covered_store(
    subject: &dyn super::Subject,
    tenant: &Tenant,
) -> Arc<dyn MetadataStore> {
    let store = subject.store();
    seed_blocks(&store, tenant, 40).await;
    store
}

/// All complete blocks of a tenant.
pub(super) async fn blocks(store: &Arc<dyn MetadataStore>, tenant: &Tenant) -> Vec<BlockRecord> {
    let tenants = std::slice::from_ref(tenant);
    store.list_blocks(tenants, &BlockFilter::default(), ALL).await.unwrap()
}

/// Numbers of blocks, as plain numbers.
pub(super) fn numbers(blocks: &[BlockRecord]) -> Vec<u64> {
    blocks.iter().map(|block| block.sequence.as_u64()).collect()
}

pub(super) fn sequence(number: u64) -> CommitSequence {
    CommitSequence::new(number)
}

/// A partition without a file that covers `(after, up_to]`.
pub(super) fn partition(number: u128, after: u64, up_to: u64) -> NewPartition {
    NewPartition {
        id: PartitionId(id(number)),
        scope: Scope::All,
        schema_version: 1,
        coverage: Coverage::from_range(sequence(after), sequence(up_to)),
        file: None,
        event_time: None,
        insert_time: TimeRange::new(moment(0), moment(1)),
    }
}

/// A commit to the view `log_entries` without a lease.
pub(super) fn commit(tenant: &Tenant, add: Vec<NewPartition>, retire: &[u128]) -> PartitionCommit {
    PartitionCommit {
        tenant: tenant.clone(),
        view: "log_entries".to_owned(),
        lease: None,
        add,
        retire: retire.iter().map(|number| PartitionId(id(*number))).collect(),
    }
}
