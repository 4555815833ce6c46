//! What has to be true of a lake in the end.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use micromegas_lakehouse::{
    BlockFilter, BlockRecord, CommitSequence, Lake, LakeOptions, Lakehouse, ProcessFilter,
    RecordKey, Tenant,
};
use object_store::path::Path;
use uuid::Uuid;

use super::blocks;
use super::place::Place;
use super::told::Told;

const PAGE: usize = 5_000;
/// Payloads that are read at a time.
const READS: usize = 16;

/// Checks a lake whose servers are gone. A reader had seen everything up to `seen` before.
pub(super) async fn check(place: &Place, told: &Told, seen: CommitSequence) -> String {
    let lakehouse = place.view().await;
    let found = list_blocks(&lakehouse).await;
    let told = told.state().clone();

    let stored: HashMap<Uuid, &BlockRecord> =
        found.iter().map(|block| (block.block_id, block)).collect();
    assert_eq!(stored.len(), found.len(), "a block is there twice");
    let lost: Vec<_> = told.answered.iter().filter(|id| !stored.contains_key(id)).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), told.answered.len());
    assert!(seen.as_u64() <= found.len() as u64, "what a reader has seen is gone");
    let newest = lakehouse.store().snapshot().await.unwrap();
    assert_eq!(newest.commit_sequence.as_u64(), found.len() as u64);
    let waiting = lakehouse.store().list_waiting_blocks(&[Tenant::default()], None, 10).await;
    assert_eq!(waiting.unwrap(), [], "blocks wait though streams and processes were stored");

    let mut ends: HashMap<Uuid, i64> = HashMap::new();
    for (block, number) in found.iter().zip(1..) {
        assert_eq!(block.sequence.as_u64(), number, "numbers have a gap");
        let parents = told.sent.get(&block.block_id);
        let parents = *parents.unwrap_or_else(|| panic!("nobody has sent {block:?}"));
        assert_right(block, &blocks::block(block.block_id, parents));
        let end = ends.entry(block.process_id).or_insert(block.end_ticks);
        *end = block.end_ticks.max(*end);
    }
    let times = found.iter().map(|block| block.insert_time);
    assert!(times.is_sorted(), "times of insertion do not follow the numbers");
    check_processes(&lakehouse, &told.processes, &ends).await;
    check_streams(&lakehouse, told.streams.values()).await;

    let swept = sweep(place, &lakehouse, &found).await;
    let reading = futures::stream::iter(&found).for_each_concurrent(READS, async |block| {
        let payload = lakehouse.fetch_payload(block).await.unwrap();
        assert_eq!(payload, blocks::payload(block.block_id), "{block:?}");
    });
    reading.await;
    format!("{} blocks there, each once and right; {swept}", found.len())
}

async fn list_blocks(lakehouse: &Lakehouse) -> Vec<BlockRecord> {
    let mut found: Vec<BlockRecord> = Vec::new();
    loop {
        let after = found.last().map_or(CommitSequence::ZERO, |last| last.sequence);
        let filter = BlockFilter::range(after, CommitSequence::MAX);
        let store = lakehouse.store();
        let page = store.list_blocks(&[Tenant::default()], &filter, PAGE).await.unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

#[track_caller]
fn assert_right(found: &BlockRecord, sent: &micromegas_transit::Block) {
    let parents = (found.process_id, found.stream_id);
    assert_eq!(parents, (sent.process_id, sent.stream_id), "{found:?}");
    let ticks = (found.begin_ticks, found.end_ticks, found.object_offset, found.event_count);
    let expected = (sent.begin_ticks, sent.end_ticks, sent.object_offset, sent.event_count);
    assert_eq!(ticks, expected, "{found:?}");
    assert_eq!((found.begin_time, found.end_time), (sent.begin_time, sent.end_time), "{found:?}");
    assert_eq!(found.payload.length, sent.payload.as_bytes().len() as u64, "{found:?}");
}

/// Every process is there as it was sent, and knows the ends of its newest block.
async fn check_processes(
    lakehouse: &Lakehouse,
    answered: &HashSet<Uuid>,
    ends: &HashMap<Uuid, i64>,
) {
    let mut found = HashSet::new();
    let mut filter = ProcessFilter::default();
    loop {
        let store = lakehouse.store();
        let page = store.list_processes(&[Tenant::default()], &filter, PAGE).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = Some(RecordKey::new(last.tenant.clone(), last.info.process_id));
        for process in page {
            let id = process.info.process_id;
            assert!(found.insert(id), "a process is there twice");
            assert_eq!(process.info, blocks::process(id));
            assert_eq!(process.last_block_end_ticks, ends.get(&id).copied(), "{process:?}");
        }
    }
    assert_eq!(&found, answered, "processes");
}

async fn check_streams(lakehouse: &Lakehouse, sent: impl Iterator<Item = &blocks::Parents>) {
    for parents in sent {
        let store = lakehouse.store();
        let stream = store.fetch_stream(&Tenant::default(), parents.stream_id).await.unwrap();
        let stream = stream.expect("a stream that was stored");
        let expected = blocks::stream(*parents);
        assert_eq!((stream.process_id, &stream.tags), (parents.process_id, &expected.tags));
        let layout = lakehouse.fetch_layout(stream.layout).await.unwrap();
        assert_eq!(*layout, expected.layout.canonical());
    }
}

/// After a sweep there are exactly the objects that rows refer to.
async fn sweep(place: &Place, lakehouse: &Lakehouse, found: &[BlockRecord]) -> String {
    place.hold_commits(Duration::ZERO, 120).await;
    let options = LakeOptions { sweep_period: Duration::ZERO, ..LakeOptions::default() };
    let swept = Lake::new(lakehouse.clone(), options).sweep().await.unwrap();
    let listed = lakehouse.objects().list(Some(&Path::from("segments")));
    let listed: Vec<_> = listed.try_collect().await.unwrap();
    let listed: BTreeSet<&str> = listed.iter().map(|meta| meta.location.as_ref()).collect();
    let referenced: BTreeSet<&str> = found.iter().map(|block| block.payload.key.as_str()).collect();
    let missing: Vec<_> = referenced.difference(&listed).collect();
    assert!(missing.is_empty(), "objects are gone: {missing:?}");
    let left: Vec<_> = listed.difference(&referenced).collect();
    assert!(left.is_empty(), "objects without a row are left: {left:?}");
    format!("{} objects, {} without a row swept in the end", listed.len(), swept.objects)
}
