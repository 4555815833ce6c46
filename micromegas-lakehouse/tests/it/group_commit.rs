//! The write side: grouping, order, limits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use micromegas_lakehouse::{
    Error, Lake, LakeOptions, Lakehouse, MetadataStore, SqliteStore, Tenant,
};
use micromegas_transit::Payload;

use crate::fixture::{block, blocks, process, stream};

/// Rough figures of the write side on SQLite and local files, printed for people.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_inserts_share_groups_and_lose_nothing() {
    const WRITERS: u128 = 16;
    const BLOCKS: u128 = 60;
    let directory = tempfile::tempdir().unwrap();
    let lakehouse = Lakehouse::open_local(directory.path()).await.unwrap();
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    let start = Instant::now();
    let mut writers = Vec::new();
    for writer in 1..=WRITERS {
        let (lake, tenant) = (lake.clone(), tenant.clone());
        writers.push(tokio::spawn(async move {
            let stream_id = writer * 1_000;
            for number in 1..=BLOCKS {
                lake.insert_block(&tenant, block(stream_id + number, stream_id, 1)).await.unwrap();
                if number == BLOCKS / 2 {
                    lake.insert_stream(&tenant, stream(stream_id, 1)).await.unwrap();
                }
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let elapsed = start.elapsed();
    let blocks = blocks(&lakehouse).await;
    assert_eq!(blocks.len() as u128, WRITERS * BLOCKS);
    for (place, block) in blocks.iter().enumerate() {
        assert_eq!(block.sequence.as_u64(), place as u64 + 1);
        lakehouse.fetch_payload(block).await.unwrap();
    }
    let mut times: Vec<_> = blocks.iter().map(|block| block.insert_time).collect();
    times.dedup();
    assert!(times.len() < blocks.len() / 2, "{} groups for {} blocks", times.len(), blocks.len());
    println!(
        "{} blocks in {} numbering groups, {:.0} blocks/s",
        blocks.len(),
        times.len(),
        blocks.len() as f64 / elapsed.as_secs_f64()
    );
}

#[tokio::test]
async fn a_lone_insert_does_not_wait_for_the_window() {
    let options = LakeOptions { segment_window: Duration::from_secs(60), ..LakeOptions::default() };
    let lake = Lake::new(Lakehouse::in_memory(), options);
    let tenant = Tenant::default();
    let insert = lake.insert_process(&tenant, process(1));
    tokio::time::timeout(Duration::from_secs(10), insert).await.unwrap().unwrap();
    let insert = lake.insert_block(&tenant, block(3, 2, 1));
    tokio::time::timeout(Duration::from_secs(10), insert).await.unwrap().unwrap();
}

#[tokio::test]
async fn duplicates_are_accepted_and_stored_once() {
    let lakehouse = Lakehouse::in_memory();
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let tenant = Tenant::default();
    for _ in 0..3 {
        lake.insert_block(&tenant, block(3, 2, 1)).await.unwrap();
        lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
        lake.insert_process(&tenant, process(1)).await.unwrap();
    }
    assert_eq!(blocks(&lakehouse).await.len(), 1);
}

#[tokio::test]
async fn what_does_not_fit_into_memory_is_refused() {
    let options = LakeOptions { in_flight_bytes_max: 10_000, ..LakeOptions::default() };
    let lake = Lake::new(Lakehouse::in_memory(), options);
    let mut large = block(3, 2, 1);
    large.payload =
        Payload { dependencies: vec![0; 20_000].into(), objects: Vec::new().into() }.to_raw();
    let error = lake.insert_block(&Tenant::default(), large).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
    lake.insert_block(&Tenant::default(), block(3, 2, 1)).await.unwrap();
}

#[tokio::test]
async fn overload_is_refused_and_retryable() {
    let options = LakeOptions { in_flight_bytes_max: 4_000, ..LakeOptions::default() };
    let lake = Arc::new(Lake::new(Lakehouse::in_memory(), options));
    let mut inserts = Vec::new();
    for number in 0..50 {
        let lake = Arc::clone(&lake);
        inserts.push(tokio::spawn(async move {
            lake.insert_block(&Tenant::default(), block(number, 2, 1)).await
        }));
    }
    let mut refused = 0;
    for insert in inserts {
        if let Err(error) = insert.await.unwrap() {
            assert!(error.is_retryable(), "{error:?}");
            refused += 1;
        }
    }
    assert!(refused > 0, "nothing was refused");
    assert!(refused < 50, "everything was refused");
    lake.insert_block(&Tenant::default(), block(99, 2, 1)).await.unwrap();
}

#[tokio::test]
async fn everyone_in_a_group_hears_that_the_store_does_not_answer() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("metadata.sqlite")).await.unwrap();
    let store = Arc::new(store);
    let objects = Arc::new(object_store::memory::InMemory::new());
    let lakehouse = Lakehouse::new(Arc::clone(&store) as Arc<dyn MetadataStore>, objects);
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    store.close().await;
    let tenant = Tenant::default();
    let inserts = (1..=8).map(|number| lake.insert_process(&tenant, process(number)));
    for result in futures::future::join_all(inserts).await {
        let error = result.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
    }
    assert!(lakehouse.check_ready().await.unwrap_err().is_retryable());
}

#[tokio::test]
async fn a_time_that_no_store_holds_is_refused_before_its_group() {
    let lakehouse = Lakehouse::in_memory();
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let mut wrong = block(3, 2, 1);
    wrong.begin_time = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    let error = lake.insert_block(&Tenant::default(), wrong).await.unwrap_err();
    assert!(matches!(error, Error::InvalidInput { .. }), "{error:?}");
}
