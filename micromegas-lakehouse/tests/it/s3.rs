//! Payloads in S3, whatever the network and the server do.

use std::sync::Arc;
use std::time::{Duration, Instant};

use micromegas_lakehouse::{
    Error, Lake, LakeOptions, Lakehouse, MemoryStore, ObjectStoreOptions, Tenant, open_object_store,
};
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};

use crate::fixture::{block, blocks, payload, process, stream};
use crate::s3_server::{Fault, S3Server};

fn open(url: &str, retry_timeout: Duration) -> Arc<dyn ObjectStore> {
    let options = ObjectStoreOptions { retry_timeout, ..ObjectStoreOptions::default() };
    open_object_store(url, &options).unwrap()
}

fn lakehouse(objects: Arc<dyn ObjectStore>) -> Lakehouse {
    Lakehouse::new(Arc::new(MemoryStore::new()), objects)
}

/// A lake with process 1 and its stream 2.
async fn seeded(lakehouse: &Lakehouse) -> Lake {
    let lake = Lake::new(lakehouse.clone(), LakeOptions::default());
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    lake
}

/// Sends blocks as clients do: again, until they are taken.
async fn send(lake: &Lake, numbers: std::ops::Range<u128>) {
    let deadline = Instant::now() + Duration::from_secs(60);
    let sent = numbers.map(|number| async move {
        while let Err(error) = lake.insert_block(&Tenant::default(), block(number, 2, 1)).await {
            assert!(error.is_retryable(), "{error:?}");
            assert!(Instant::now() < deadline, "{error:?}");
        }
    });
    futures::future::join_all(sent).await;
}

/// Every block is there once, with its own payload.
async fn check(lakehouse: &Lakehouse, numbers: std::ops::Range<u128>) {
    let mut found = blocks(lakehouse).await;
    found.sort_by_key(|block| block.block_id);
    let ids: Vec<u128> = found.iter().map(|block| block.block_id.as_u128()).collect();
    assert_eq!(ids, numbers.collect::<Vec<_>>());
    for block in &found {
        let expected = payload(block.block_id.as_u128());
        assert_eq!(lakehouse.fetch_payload(block).await.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payloads_lie_in_the_bucket_under_the_folder() {
    let server = S3Server::start().await;
    let lakehouse = lakehouse(open(&server.url(), Duration::from_secs(5)));
    lakehouse.check_ready().await.unwrap();
    let lake = seeded(&lakehouse).await;
    send(&lake, 100..110).await;
    check(&lakehouse, 100..110).await;
    let root = open(&server.url().replace("/some/folder", ""), Duration::from_secs(5));
    let key = &blocks(&lakehouse).await[0].payload.key;
    root.head(&Path::from(format!("some/folder/{key}"))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_object_is_written_once_with_and_without_conditional_writes() {
    let server = S3Server::start().await;
    let url = server.url();
    for (round, url) in [(0u128, url.clone()), (1, format!("{url}&conditional_put=disabled"))] {
        let lakehouse = lakehouse(open(&url, Duration::from_secs(5)));
        let options = LakeOptions { segment_window: Duration::ZERO, ..LakeOptions::default() };
        seeded(&lakehouse).await;
        let lake = Lake::new(lakehouse.clone(), options);
        let number = 100 + round;
        send(&lake, number..number + 1).await;
        let mut other = block(number, 2, 1);
        other.payload = payload(999_999).to_raw();
        lake.insert_block(&Tenant::default(), other).await.unwrap();
        check(&lakehouse, number..number + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_of_fault_is_outlived() {
    let server = S3Server::start().await;
    let lakehouse = lakehouse(open(&server.url(), Duration::from_secs(10)));
    let lake = seeded(&lakehouse).await;
    let faults = [
        Fault::Latency(Duration::from_millis(200)),
        Fault::InternalError,
        Fault::SlowDown,
        Fault::ResetBefore,
        Fault::ResetAfter,
    ];
    for (first, fault) in (0u128..).step_by(4).zip(faults) {
        // Every other request fails, so each that fails is followed by one that does not.
        server.set_faults(move |number| if number % 2 == 0 { fault } else { Fault::None });
        for number in first..first + 4 {
            send(&lake, number..number + 1).await;
        }
        assert!(server.request_count() >= 4, "{fault:?} hit nothing");
        check(&lakehouse, 0..first + 4).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_among_all_faults_lose_and_double_nothing() {
    let server = S3Server::start().await;
    let lakehouse = lakehouse(open(&server.url(), Duration::from_secs(2)));
    let lake = seeded(&lakehouse).await;
    server.set_faults(|number| {
        // A fixed sequence without a short period.
        let mixed = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        match mixed {
            0 | 1 => Fault::Latency(Duration::from_millis(50)),
            2 | 3 => Fault::InternalError,
            4 | 5 => Fault::SlowDown,
            6 => Fault::ResetBefore,
            7 => Fault::ResetAfter,
            _ => Fault::None,
        }
    });
    send(&lake, 0..200).await;
    server.set_faults(|_| Fault::None);
    check(&lakehouse, 0..200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_down_is_said_and_used_again() {
    let server = S3Server::start().await;
    let lakehouse = lakehouse(open(&server.url(), Duration::from_millis(300)));
    let lake = seeded(&lakehouse).await;
    for fault in [Fault::SlowDown, Fault::InternalError, Fault::ResetBefore] {
        server.set_faults(move |_| fault);
        let started = Instant::now();
        let error = lake.insert_block(&Tenant::default(), block(100, 2, 1)).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        let error = lakehouse.check_ready().await.unwrap_err();
        assert!(error.to_string().contains("object store"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    }
    server.set_faults(|_| Fault::None);
    lakehouse.check_ready().await.unwrap();
    assert!(blocks(&lakehouse).await.is_empty(), "a refused block is half there");
    send(&lake, 100..101).await;
    check(&lakehouse, 100..101).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_is_not_taken_for_a_missing_object() {
    let server = S3Server::start().await;
    let right = lakehouse(open(&server.url(), Duration::from_secs(1)));
    let lake = seeded(&right).await;
    send(&lake, 100..101).await;
    let block = blocks(&right).await.remove(0);
    let url = server.url().replace("secret_access_key=secret", "secret_access_key=wrong");
    let wrong = lakehouse(open(&url, Duration::from_secs(1)));
    let error = wrong.fetch_payload(&block).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(wrong.check_ready().await.is_err());
}
