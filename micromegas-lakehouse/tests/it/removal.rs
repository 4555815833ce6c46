//! What leaves the lake, as a server does it: rows at once, bytes later, and nothing else.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::join_all;
use micromegas_lakehouse::{
    AuditFilter, Error, Housekeeping, HousekeepingOptions, Lake, LakeOptions, Lakehouse,
    MetadataStore, RecordKey, Retention, RetentionPolicy, Tenant, forget_process,
    list_processes_of_user, reclaim_objects,
};
use micromegas_transit::StreamInfo;
use object_store::ObjectStoreExt;
use uuid::Uuid;

use crate::fixture::{block, blocks, payload, process, stream};
use crate::slow_objects::SlowObjects;

const BY: &str = "command line: ada";
const LONG_AGO: Duration = Duration::ZERO;

/// A lake whose blocks share segments, with processes 1 and 3, their streams 2 (log) and 4 (cpu).
async fn lake() -> Lake {
    let objects = Arc::new(SlowObjects::new(Duration::from_millis(50)));
    let store = Arc::new(micromegas_lakehouse::MemoryStore::new());
    let lake = Lake::new(Lakehouse::new(store, objects as _), LakeOptions::default());
    let tenant = Tenant::default();
    for (number, tag) in [(1, "log"), (3, "cpu")] {
        lake.insert_process(&tenant, process(number)).await.unwrap();
        let info = StreamInfo { tags: vec![tag.to_owned()], ..stream(number + 1, number) };
        lake.insert_stream(&tenant, info).await.unwrap();
    }
    lake
}

/// Blocks of both processes, side by side in the same segments.
async fn fill(lake: &Lake, first: u128, count: u128) {
    let tenant = &Tenant::default();
    let sent = (first..first + count).map(|number| {
        let process = if number % 2 == 0 { 1 } else { 3 };
        lake.insert_block(tenant, block(number, process + 1, process))
    });
    join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
}

fn store(lake: &Lake) -> &dyn MetadataStore {
    &**lake.lakehouse().store()
}

/// Proves that every byte of every object belongs to a row, and that no object has `absent` in it.
async fn prove_tidy(lake: &Lake, absent: &[&str]) {
    let objects = lake.lakehouse().objects();
    let found: Vec<_> = objects.list(None).try_collect().await.unwrap();
    let rows = blocks(lake.lakehouse()).await;
    for meta in found {
        let key = meta.location.to_string();
        let mut ranges: Vec<_> = rows
            .iter()
            .filter(|block| block.payload.key == key)
            .map(|block| (block.payload.offset, block.payload.length))
            .collect();
        ranges.sort_unstable();
        let mut end = 0;
        for (offset, length) in ranges {
            assert_eq!(offset, end, "{key} has bytes without a row");
            end += length;
        }
        assert_eq!(end, meta.size, "{key} has bytes without a row");
        let bytes = objects.get(&meta.location).await.unwrap().bytes().await.unwrap();
        for text in absent {
            let is_there = bytes.windows(text.len()).any(|window| window == text.as_bytes());
            assert!(!is_there, "{key} has {text:?}");
        }
    }
    for block in &rows {
        let expected = payload(block.block_id.as_u128());
        assert_eq!(lake.lakehouse().fetch_payload(block).await.unwrap(), expected);
    }
}

async fn audited(lake: &Lake) -> Vec<String> {
    let tenants = [Tenant::default()];
    let log = store(lake).list_audit(&tenants, &AuditFilter::default(), 100).await.unwrap();
    log.into_iter().map(|entry| entry.record.action).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_a_forgotten_process_is_left_and_nothing_of_it_is_taken() {
    let lake = lake().await;
    let tenant = Tenant::default();
    fill(&lake, 100, 40).await;
    // The same blocks again, beside new ones: their bytes are in segments without a row.
    let (again, new) = futures::join!(fill(&lake, 100, 20), fill(&lake, 140, 20));
    let ((), ()) = (again, new);
    // A block whose stream never came.
    lake.insert_block(&tenant, block(900, 9, 1)).await.unwrap();
    let key = RecordKey::new(tenant.clone(), Uuid::from_u128(1));
    let done = forget_process(store(&lake), &key, BY).await.unwrap();
    assert_eq!((done.blocks, done.waiting_blocks, done.streams, done.processes), (30, 1, 1, 1));
    for late in [block(901, 2, 1), block(100, 2, 1)] {
        let error = lake.insert_block(&tenant, late).await.unwrap_err();
        assert!(matches!(error, Error::Forgotten { .. }), "{error:?}");
        assert!(!error.is_retryable());
    }
    let error = lake.insert_process(&tenant, process(1)).await.unwrap_err();
    assert!(matches!(error, Error::Forgotten { .. }), "{error:?}");
    fill_only_third(&lake).await;

    // Whoever looked before can read for a while.
    let kept = reclaim_objects(lake.lakehouse(), Duration::from_secs(600)).await.unwrap();
    assert!(kept.rewritten > 0, "{kept:?}");
    assert_eq!(kept.deleted, 0);
    let first = reclaim_objects(lake.lakehouse(), LONG_AGO).await.unwrap();
    assert!(first.deleted >= kept.rewritten && first.bytes > 0, "{first:?}");
    let left = blocks(lake.lakehouse()).await;
    assert_eq!(left.len(), 31);
    assert!(left.iter().all(|block| block.process_id == Uuid::from_u128(3)));
    // Segments that never had a row are the sweeper's; here they are young, so they are looked for.
    delete_orphans(&lake).await;
    let of_one: Vec<String> = (100..160).step_by(2).map(|n| format!("objects of {n}")).collect();
    let mut absent: Vec<&str> = of_one.iter().map(String::as_str).collect();
    absent.extend(["objects of 900", "objects of 901"]);
    prove_tidy(&lake, &absent).await;
    assert_eq!(audited(&lake).await, ["process.forget", "process.forgotten"]);
    let again = reclaim_objects(lake.lakehouse(), LONG_AGO).await.unwrap();
    assert_eq!((again.deleted, again.rewritten), (0, 0));
}

async fn fill_only_third(lake: &Lake) {
    lake.insert_block(&Tenant::default(), block(161, 4, 3)).await.unwrap();
}

/// Deletes segments without any row, as the sweeper does after an hour.
async fn delete_orphans(lake: &Lake) {
    let objects = lake.lakehouse().objects();
    let found: Vec<_> = objects.list(None).try_collect().await.unwrap();
    let keys: Vec<String> = found.iter().map(|meta| meta.location.to_string()).collect();
    for key in store(lake).list_unreferenced_objects(&keys).await.unwrap() {
        objects.delete(&key.as_str().into()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_all_processes_with_the_name() {
    let lake = lake().await;
    let tenant = Tenant::default();
    let mut other = process(5);
    other.username = "other".to_owned();
    lake.insert_process(&tenant, other).await.unwrap();
    let found = list_processes_of_user(store(&lake), &tenant, "user").await.unwrap();
    let ids: Vec<_> = found.iter().map(|key| key.id.as_u128()).collect();
    assert_eq!(ids, [1, 3]);
    assert!(list_processes_of_user(store(&lake), &tenant, "use").await.unwrap().is_empty());
}

fn policy(cpu: Option<Duration>, age: Option<Duration>) -> RetentionPolicy {
    RetentionPolicy {
        age,
        ages_by_tag: BTreeMap::from([("cpu".to_owned(), cpu)]),
        process_silence_min: Some(Duration::ZERO),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_old_goes_by_tag_and_a_dry_run_removes_nothing() {
    let lake = lake().await;
    fill(&lake, 100, 40).await;
    lake.insert_block(&Tenant::default(), block(900, 9, 1)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(3_200)).await;
    fill(&lake, 140, 10).await;
    let day = Duration::from_secs(86_400);
    let young = Duration::from_secs(3);

    let endless = Retention::new(policy(None, None), BY).apply(store(&lake)).await.unwrap();
    assert_eq!(endless, micromegas_lakehouse::Expired::default());
    let mut cpu = Retention::new(policy(Some(young), Some(day)), BY);
    let preview = cpu.preview(store(&lake)).await.unwrap();
    assert_eq!((preview.blocks, preview.waiting_blocks), (20, 0));
    assert!(preview.bytes > 0);
    assert_eq!(blocks(lake.lakehouse()).await.len(), 50);
    assert!(audited(&lake).await.is_empty());

    let done = cpu.apply(store(&lake)).await.unwrap();
    assert_eq!((done.blocks, done.bytes), (preview.blocks, preview.bytes));
    assert_eq!(blocks(lake.lakehouse()).await.len(), 30);
    assert_eq!(audited(&lake).await, ["lake.expire"]);
    assert_eq!(cpu.apply(store(&lake)).await.unwrap().blocks, 0);
    // Segments that the log is in as well stay whole.
    let kept = reclaim_objects(lake.lakehouse(), LONG_AGO).await.unwrap();
    assert_eq!(kept.rewritten, 0);
    for block in blocks(lake.lakehouse()).await {
        lake.lakehouse().fetch_payload(&block).await.unwrap();
    }

    let mut all = Retention::new(
        RetentionPolicy {
            process_silence_min: Some(Duration::ZERO),
            ..RetentionPolicy::of_age(Duration::ZERO)
        },
        BY,
    );
    let done = all.apply(store(&lake)).await.unwrap();
    let counts = (done.blocks, done.waiting_blocks, done.processes, done.streams);
    assert_eq!(counts, (30, 1, 2, 2));
    reclaim_objects(lake.lakehouse(), LONG_AGO).await.unwrap();
    prove_tidy(&lake, &["objects of"]).await;
    assert!(store(&lake).list_tenants().await.unwrap().is_empty());
}

/// A silent process is not a dead one: it stays for as long as the policy says.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_process_may_go_on_for_days() {
    let lake = lake().await;
    fill(&lake, 100, 4).await;
    let mut all = Retention::new(RetentionPolicy::of_age(Duration::ZERO), BY);
    let done = all.apply(store(&lake)).await.unwrap();
    assert_eq!((done.blocks, done.processes, done.streams), (4, 0, 0));
    fill(&lake, 104, 4).await;
    assert_eq!(blocks(lake.lakehouse()).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_beside_inserts_loses_nothing_that_is_young() {
    let lake = lake().await;
    let writing = lake.clone();
    let writer = tokio::spawn(async move {
        for round in 0..20 {
            fill(&writing, 1_000 + round * 20, 20).await;
        }
    });
    let mut retention = Retention::new(RetentionPolicy::of_age(Duration::from_millis(200)), BY);
    let mut removed = 0;
    while !writer.is_finished() {
        removed += retention.apply(store(&lake)).await.unwrap().blocks;
        reclaim_objects(lake.lakehouse(), LONG_AGO).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    writer.await.unwrap();
    let left = blocks(lake.lakehouse()).await;
    assert_eq!(removed + left.len() as u64, 400);
    for block in left {
        let expected = payload(block.block_id.as_u128());
        assert_eq!(lake.lakehouse().fetch_payload(&block).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_servers_keeps_house() {
    let lake = lake().await;
    fill(&lake, 100, 4).await;
    let options = HousekeepingOptions {
        policy: RetentionPolicy::of_age(Duration::ZERO),
        reader_age: Duration::ZERO,
        period: Duration::from_secs(2),
    };
    let mut servers = [0, 1].map(|_| Housekeeping::new(lake.lakehouse().clone(), options.clone()));
    let (expired, reclaimed) = servers[0].round().await.unwrap().unwrap();
    assert_eq!(expired.blocks, 4);
    assert!(reclaimed.deleted > 0);
    assert!(servers[1].round().await.unwrap().is_none());
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    assert!(servers[1].round().await.unwrap().is_some());
}
