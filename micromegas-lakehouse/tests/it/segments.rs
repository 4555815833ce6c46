//! Segments: blocks that arrive together share an object, and nothing is lost or left over.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use futures::future::join_all;
use micromegas_lakehouse::{
    BlockFilter, BlockRecord, Lake, LakeOptions, Lakehouse, MemoryStore, MetadataStore,
    RetentionPolicy, SqliteStore, Tenant,
};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use sqlx::Connection;

use crate::fixture::{block, blocks, payload, process, stream};
use crate::slow_objects::SlowObjects;

/// A lake on objects whose writes take `delay`, with process 1 and stream 2.
async fn lake(delay: Duration, options: LakeOptions) -> (Lake, Arc<SlowObjects>) {
    let objects = Arc::new(SlowObjects::new(delay));
    let shared = Arc::clone(&objects) as Arc<dyn ObjectStore>;
    let lake = Lake::new(Lakehouse::new(Arc::new(MemoryStore::new()), shared), options);
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    (lake, objects)
}

async fn insert(lake: &Lake, number: u128) {
    lake.insert_block(&Tenant::default(), block(number, 2, 1)).await.unwrap();
}

/// The different keys of objects that blocks refer to.
fn keys(blocks: &[BlockRecord]) -> Vec<&str> {
    let mut keys: Vec<_> = blocks.iter().map(|block| block.payload.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

async fn check_payloads(lakehouse: &Lakehouse, blocks: &[BlockRecord]) {
    for block in blocks {
        let expected = payload(block.block_id.as_u128());
        assert_eq!(lakehouse.fetch_payload(block).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_arrive_together_share_an_object() {
    let (lake, _) = lake(Duration::from_millis(200), LakeOptions::default()).await;
    join_all((100..300).map(|number| insert(&lake, number))).await;
    let blocks = blocks(lake.lakehouse()).await;
    assert_eq!(blocks.len(), 200);
    assert!(keys(&blocks).len() <= 4, "{:?}", keys(&blocks));
    check_payloads(lake.lakehouse(), &blocks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_has_blocks_of_one_tenant() {
    let (lake, _) = lake(Duration::from_millis(50), LakeOptions::default()).await;
    let tenants = ["a", "b", "c"].map(|name| Tenant::new(name).unwrap());
    for tenant in &tenants {
        lake.insert_process(tenant, process(1)).await.unwrap();
        lake.insert_stream(tenant, stream(2, 1)).await.unwrap();
    }
    let sent = (100..130).flat_map(|number| tenants.iter().map(move |tenant| (number, tenant)));
    let sent = sent.map(|(number, tenant)| lake.insert_block(tenant, block(number, 2, 1)));
    join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    let store = lake.lakehouse().store();
    for tenant in &tenants {
        let asked = std::slice::from_ref(tenant);
        let found = store.list_blocks(asked, &BlockFilter::default(), 1000).await.unwrap();
        assert_eq!(found.len(), 30);
        let folder = format!("segments/{tenant}/");
        assert!(keys(&found).iter().all(|key| key.starts_with(&folder)), "{:?}", keys(&found));
        check_payloads(lake.lakehouse(), &found).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_has_blocks_that_are_kept_for_as_long() {
    let day = Duration::from_secs(86_400);
    let retention = RetentionPolicy {
        age: Some(30 * day),
        ages_by_tag: BTreeMap::from([("cpu".to_owned(), Some(7 * day)), ("log".to_owned(), None)]),
        process_silence_min: None,
    };
    let options = LakeOptions { retention, ..LakeOptions::default() };
    let (first, objects) = lake(Duration::from_millis(50), options.clone()).await;
    let tenant = Tenant::default();
    let tagged = |id, tags: &[&str]| {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        micromegas_transit::StreamInfo { tags, ..stream(id, 1) }
    };
    for (id, tags) in [(11, &["cpu"][..]), (12, &["log", "cpu"]), (13, &["net"]), (14, &["cpu"])] {
        first.insert_stream(&tenant, tagged(id, tags)).await.unwrap();
    }
    // A server that has not seen the streams asks the store.
    let lakehouse =
        Lakehouse::new(Arc::clone(first.lakehouse().store()), objects as Arc<dyn ObjectStore>);
    let second = Lake::new(lakehouse, options);
    for (lake, begin) in [(&first, 1_000), (&second, 2_000)] {
        let sent = (0..80).map(|number| {
            let stream = 11 + number % 4;
            lake.insert_block(&tenant, block(begin + number, stream, 1))
        });
        join_all(sent).await.into_iter().collect::<Result<Vec<_>, _>>().unwrap();
    }
    let mut streams: BTreeMap<String, BTreeSet<u128>> = BTreeMap::new();
    for block in blocks(first.lakehouse()).await {
        streams.entry(block.payload.key).or_default().insert(block.stream_id.as_u128());
    }
    let kept_alike = [BTreeSet::from([11, 14]), BTreeSet::from([12]), BTreeSet::from([13])];
    for (key, streams) in &streams {
        assert!(kept_alike.iter().any(|class| streams.is_subset(class)), "{key}: {streams:?}");
    }
    assert!(streams.values().any(|streams| streams.len() == 2), "nothing shared an object");
    // How many groups 160 blocks make hangs on how fast the machine is.
    assert!(streams.len() < 80, "{streams:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_of_zero_gives_each_block_an_object_of_its_own() {
    let options = LakeOptions { segment_window: Duration::ZERO, ..LakeOptions::default() };
    let (lake, _) = lake(Duration::from_millis(20), options).await;
    join_all((100..150).map(|number| insert(&lake, number))).await;
    let blocks = blocks(lake.lakehouse()).await;
    assert_eq!(keys(&blocks).len(), 50);
    for block in &blocks {
        let published =
            format!("blobs/{}/{}/{}", block.process_id, block.stream_id, block.block_id);
        assert_eq!((block.payload.key.as_str(), block.payload.offset), (&*published, 0));
    }
    check_payloads(lake.lakehouse(), &blocks).await;
}

/// A block waits for others for the window, not for the write before it.
#[tokio::test(flavor = "multi_thread")]
async fn writes_to_a_slow_store_overlap() {
    let delay = Duration::from_millis(600);
    let (lake, objects) = lake(delay, LakeOptions::default()).await;
    let started = Instant::now();
    let sent = (0..8).map(|place| {
        let lake = lake.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(50) * place).await;
            let sent = Instant::now();
            insert(&lake, 100 + u128::from(place)).await;
            sent.elapsed()
        }
    });
    let slowest = join_all(sent).await.into_iter().max().unwrap();
    assert!(slowest < delay * 3 / 2, "{slowest:?}");
    assert!(started.elapsed() < delay * 3, "{:?}", started.elapsed());
    assert!(objects.writing_max() > 2, "{}", objects.writing_max());
}

#[tokio::test(flavor = "multi_thread")]
async fn segments_are_bounded_in_size_and_number() {
    let size = payload(100).to_raw().as_bytes().len();
    let options = LakeOptions {
        segment_window: Duration::from_millis(1),
        segment_bytes_max: size * 10,
        segment_writes_max: 3,
        ..LakeOptions::default()
    };
    let (lake, objects) = lake(Duration::from_millis(20), options).await;
    join_all((100..300).map(|number| insert(&lake, number))).await;
    let blocks = blocks(lake.lakehouse()).await;
    assert_eq!(blocks.len(), 200);
    for key in keys(&blocks) {
        let meta = objects.head(&Path::from(key)).await.unwrap();
        assert!(meta.size <= size as u64 * 10, "{}", meta.size);
    }
    assert!(objects.writing_max() <= 3, "{}", objects.writing_max());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_fails_refuses_its_blocks_and_stores_nothing() {
    let (lake, objects) = lake(Duration::from_millis(5), LakeOptions::default()).await;
    objects.set_failing(true);
    let tenant = Tenant::default();
    let sent = (100..120).map(|number| lake.insert_block(&tenant, block(number, 2, 1)));
    for result in join_all(sent).await {
        assert!(result.unwrap_err().is_retryable());
    }
    assert!(blocks(lake.lakehouse()).await.is_empty());
    objects.set_failing(false);
    join_all((100..120).map(|number| insert(&lake, number))).await;
    let blocks = blocks(lake.lakehouse()).await;
    assert_eq!(blocks.len(), 20);
    check_payloads(lake.lakehouse(), &blocks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_handed_over_is_stored_and_counted_though_nobody_waits() {
    let options = LakeOptions { in_flight_bytes_max: 4_000, ..LakeOptions::default() };
    let (lake, _) = lake(Duration::from_millis(300), options).await;
    let mut waiting = Vec::new();
    while let Err(_elapsed) =
        tokio::time::timeout(Duration::from_millis(20), insert_or_refused(&lake, &mut waiting))
            .await
    {}
    // Three blocks are on their way, and nobody listens; a fourth has no room before they are done.
    let tenant = Tenant::default();
    let error = lake.insert_block(&tenant, block(500, 2, 1)).await.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    let lakehouse = lake.lakehouse().clone();
    drop(lake);
    tokio::time::sleep(Duration::from_millis(900)).await;
    assert_eq!(blocks(&lakehouse).await.len(), 3);
}

/// Sends one more block; returns when it is refused, else waits for the answer.
async fn insert_or_refused(lake: &Lake, sent: &mut Vec<u128>) {
    let number = 100 + sent.len() as u128;
    sent.push(number);
    let _ = lake.insert_block(&Tenant::default(), block(number, 2, 1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sweeper_takes_old_segments_without_a_row_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("metadata.sqlite");
    let store = Arc::new(SqliteStore::open(&path).await.unwrap());
    let objects = Arc::new(object_store::memory::InMemory::new());
    let shared = Arc::clone(&objects) as Arc<dyn ObjectStore>;
    let lakehouse = Lakehouse::new(Arc::clone(&store) as Arc<dyn MetadataStore>, shared);
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    insert(&lake, 100).await;
    // A duplicate's segment has no row, but is young; a waiting block's has one.
    insert(&lake, 100).await;
    lake.insert_block(&tenant, block(101, 9, 1)).await.unwrap();
    let key = |minutes: i64, name: &str| {
        let time = Utc::now() - TimeDelta::minutes(minutes);
        let micros = time.timestamp_micros();
        format!("segments/default/{}/{micros}-{name}", time.format("%Y-%m-%d/%H"))
    };
    let (old, older, young) = (key(62, "old"), key(60 * 24 * 40, "older"), key(58, "young"));
    let (used, waiting) = (key(70, "used"), key(300, "waiting"));
    let others = [
        used.clone(),
        waiting.clone(),
        young,
        "segments/default/2020-01-01/00/no-time".to_owned(),
        "segments/stray".to_owned(),
        "blobs/1/2/3".to_owned(),
        "views/default/log_entries/2020-01-01/1.parquet".to_owned(),
    ];
    for key in others.iter().chain([&old, &older]) {
        objects.put(&Path::from(key.as_str()), PutPayload::from("four")).await.unwrap();
    }
    // These rows were committed in time, long ago.
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(&path);
    let mut beside = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    for (table, key) in [("blocks", &used), ("waiting_blocks", &waiting)] {
        let statement = format!("UPDATE {table} SET object_key = ?");
        let statement = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(key);
        assert_eq!(statement.execute(&mut beside).await.unwrap().rows_affected(), 1);
    }
    let swept = lake.sweep().await.unwrap();
    assert_eq!((swept.objects, swept.bytes), (2, 8));
    for key in &others {
        objects.head(&Path::from(key.as_str())).await.unwrap();
    }
    assert_eq!(lake.sweep().await.unwrap().objects, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_sweeps_by_itself() {
    let options = LakeOptions { sweep_period: Duration::from_millis(50), ..LakeOptions::default() };
    let (lake, objects) = lake(Duration::ZERO, options).await;
    let time = Utc::now() - TimeDelta::hours(2);
    let folder = time.format("%Y-%m-%d/%H");
    let orphan = Path::from(format!("segments/eu/{folder}/{}-orphan", time.timestamp_micros()));
    objects.put(&orphan, PutPayload::from("bytes")).await.unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while objects.head(&orphan).await.is_ok() {
        assert!(Instant::now() < deadline, "nothing is swept");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(lake);
}
