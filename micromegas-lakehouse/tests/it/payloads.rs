//! Payloads: what was sent is read, and what cannot be read is told apart.

use std::time::Duration;

use micromegas_lakehouse::{Error, Lake, LakeOptions, Lakehouse, Tenant};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};

use crate::fixture::{block, blocks, payload, process, stream};

/// Each block has an object of its own.
fn single_blocks() -> LakeOptions {
    LakeOptions { segment_window: Duration::ZERO, ..LakeOptions::default() }
}

async fn lakehouse_with_a_block() -> Lakehouse {
    let lakehouse = Lakehouse::in_memory();
    let lake = Lake::new(lakehouse.clone(), single_blocks());
    let tenant = Tenant::default();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    lake.insert_block(&tenant, block(3, 2, 1)).await.unwrap();
    lakehouse
}

#[tokio::test]
async fn a_payload_is_read_as_it_was_sent() {
    let lakehouse = lakehouse_with_a_block().await;
    let block = blocks(&lakehouse).await.remove(0);
    assert_eq!(lakehouse.fetch_payload(&block).await.unwrap(), payload(3));
    let bytes = lakehouse.fetch_payload_bytes(&block.payload).await.unwrap();
    assert_eq!(bytes, payload(3).to_raw().into_bytes());
    assert_eq!(block.payload.length, bytes.len() as u64);
}

#[tokio::test]
async fn a_lost_object_is_not_found_and_a_damaged_one_corrupt() {
    let lakehouse = lakehouse_with_a_block().await;
    let block = blocks(&lakehouse).await.remove(0);
    let path = Path::from(block.payload.key.as_str());
    let length = usize::try_from(block.payload.length).unwrap();

    lakehouse.objects().put(&path, PutPayload::from(vec![0xff; length])).await.unwrap();
    let error = lakehouse.fetch_payload(&block).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");

    lakehouse.objects().put(&path, PutPayload::from(vec![0xff; length - 1])).await.unwrap();
    let error = lakehouse.fetch_payload(&block).await.unwrap_err();
    assert!(matches!(error, Error::Corrupt { .. }), "{error:?}");

    lakehouse.objects().delete(&path).await.unwrap();
    let error = lakehouse.fetch_payload(&block).await.unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error:?}");
}

#[tokio::test]
async fn an_object_whose_row_was_never_committed_is_adopted() {
    let lakehouse = Lakehouse::in_memory();
    let lake = Lake::new(lakehouse.clone(), single_blocks());
    let tenant = Tenant::default();
    let sent = block(3, 2, 1);
    let key = format!("blobs/{}/{}/{}", sent.process_id, sent.stream_id, sent.block_id);
    let orphan = PutPayload::from(sent.payload.as_bytes().clone());
    lakehouse.objects().put(&Path::from(key), orphan).await.unwrap();
    lake.insert_process(&tenant, process(1)).await.unwrap();
    lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
    lake.insert_block(&tenant, sent).await.unwrap();
    let block = blocks(&lakehouse).await.remove(0);
    assert_eq!(lakehouse.fetch_payload(&block).await.unwrap(), payload(3));
}

#[tokio::test]
async fn tenants_have_objects_of_their_own() {
    let lakehouse = Lakehouse::in_memory();
    let lake = Lake::new(lakehouse.clone(), single_blocks());
    for name in ["default", "eu"] {
        let tenant = Tenant::new(name).unwrap();
        lake.insert_process(&tenant, process(1)).await.unwrap();
        lake.insert_stream(&tenant, stream(2, 1)).await.unwrap();
        lake.insert_block(&tenant, block(3, 2, 1)).await.unwrap();
    }
    let tenants = [Tenant::default(), Tenant::new("eu").unwrap()];
    let filter = micromegas_lakehouse::BlockFilter::default();
    let blocks = lakehouse.store().list_blocks(&tenants, &filter, 10).await.unwrap();
    let keys: Vec<&str> = blocks.iter().map(|block| block.payload.key.as_str()).collect();
    assert!(keys[0].starts_with("blobs/"), "{keys:?}");
    assert!(keys[1].starts_with("tenants/eu/blobs/"), "{keys:?}");
    for block in &blocks {
        assert_eq!(lakehouse.fetch_payload(block).await.unwrap(), payload(3));
    }
}

#[tokio::test]
async fn a_layout_is_read_from_the_store_once_and_shared() {
    let lakehouse = lakehouse_with_a_block().await;
    let hash = stream(2, 1).layout.canonical().hash();
    let first = lakehouse.fetch_layout(hash).await.unwrap();
    let second = lakehouse.fetch_layout(hash).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    lakehouse.check_ready().await.unwrap();
}
